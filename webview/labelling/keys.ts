/** The keys of the labelling page, and the filter of the labels that letters open. */
import { h, replaceContent } from '../dom';
import type { Page, Section } from './page';
import { KEYED } from './session';

/** Labels that the filter lists. */
const MOST_LISTED = 20;

/** The filter; while it is open, keys go into it. */
export function filterSection(page: Page): Section {
  const input = h('input', {
    type: 'text',
    class: 'filter-input',
    'aria-label': 'Filter the labels',
    'data-key': 'filter',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const list = h('ul', { class: 'filter-list', 'aria-live': 'polite' });
  const element = h('div', { class: 'filter', hidden: true }, input, list);
  const found = (): readonly string[] => matching(page.state?.session?.labels ?? [], input.value);
  const close = (): void => {
    element.hidden = true;
    input.value = '';
    input.blur();
  };
  const take = (label: string): void => {
    close();
    page.answer({ kind: 'label', label });
  };
  const draw = (): void => {
    if (input.value === '') {
      close();
      return;
    }
    const labels = found();
    replaceContent(
      list,
      ...(labels.length === 0
        ? [h('li', { class: 'quiet' }, 'No label has these letters.')]
        : labels.slice(0, MOST_LISTED).map((label, at) => {
            const choice = h(
              'button',
              { type: 'button', class: 'answer' },
              at === 0 ? h('kbd', {}, 'Enter') : undefined,
              h('span', {}, label),
            );
            choice.addEventListener('click', () => take(label));
            return h('li', {}, choice);
          })),
    );
  };
  input.addEventListener('input', draw);
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Escape') close();
    if (event.key !== 'Enter') return;
    event.preventDefault();
    const [first] = found();
    if (first !== undefined) take(first);
  });
  addEventListener('keydown', (event) => {
    if (!isOpen(page) || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    // A key that is held down is one answer.
    if (act(page, event)) event.preventDefault();
    else if (event.key.length === 1 && /\p{L}/u.test(event.key)) {
      element.hidden = false;
      // The letter goes where the focus is by then.
      input.focus();
    }
  });
  return {
    element,
    // Another row is another answer.
    dependsOn: ({ setup, session }) => [setup === null, session?.row?.at, session?.labels],
    draw: close,
  };
}

/** Whether the labels are on their keys. */
function isOpen({ state }: Page): boolean {
  return state?.setup === null && state.session !== null && state.busy === null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, select, textarea');
}

/** Whether Space and Enter are those of the element itself. */
function hasOwnKeys(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('button, a, vscode-button, [role="button"]');
}

/** @returns whether the key has a meaning here */
function act(page: Page, { key, target, repeat }: KeyboardEvent): boolean {
  const { host, state } = page;
  const digit = /^[0-9]$/u.test(key) ? Number(key) : undefined;
  if (digit !== undefined) {
    const label = digit === 0 ? undefined : state?.session?.labels.slice(0, KEYED)[digit - 1];
    if (repeat || (digit > 0 && label === undefined)) return true;
    page.answer(label === undefined ? { kind: 'unsure' } : { kind: 'label', label });
    return true;
  }
  switch (key) {
    case ' ':
      if (hasOwnKeys(target)) return false;
      if (!repeat) page.answer({ kind: 'skip' });
      return true;
    case 'Backspace':
      if (!repeat) host.undo();
      return true;
    case 'ArrowLeft':
      host.back();
      return true;
    case 'ArrowRight':
      host.forward();
      return true;
    default:
      return false;
  }
}

/** Labels that begin with what was typed, then those that hold it. */
function matching(labels: readonly string[], typed: string): readonly string[] {
  const wanted = typed.trim().toLowerCase();
  const begins = labels.filter((label) => label.toLowerCase().startsWith(wanted));
  return [
    ...begins,
    ...labels.filter((label) => label.toLowerCase().includes(wanted) && !begins.includes(label)),
  ];
}
