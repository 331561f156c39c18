/** The person's own label of a classified text: every label costs one key, the predicted one too. */
import type { ResultDetail } from '../../src/protocol/result-page';
import { visibleName } from '../../src/core/encode';
import { h } from '../dom';
import type { ResultActions } from './result-section';

/** Labels that have a key of their own. */
const KEYED = 9;

type Actions = Pick<ResultActions, 'label'>;

export function labelPart({ id, said, score }: ResultDetail, actions: Actions): HTMLElement {
  const chosen = said === null ? undefined : said === 'unsure' ? 'unsure' : said.label;
  return h(
    'div',
    { class: 'own-label', role: 'group', 'aria-labelledby': 'own-label-title' },
    h(
      'p',
      { id: 'own-label-title', class: 'fact' },
      said === null
        ? 'Which label is right? Your answer is kept in .prompt-confidence/labels.'
        : `Your label: ${said === 'unsure' ? 'unsure' : visibleName(said.label)}. Backspace takes it back.`,
    ),
    ...score.labels.map(({ label }, at) =>
      choice(at < KEYED ? String(at + 1) : undefined, label, chosen === label, () =>
        actions.label(id, { label }),
      ),
    ),
    choice('0', 'Unsure', said === 'unsure', () => actions.label(id, 'unsure')),
  );
}

function choice(key: string | undefined, text: string, isSaid: boolean, onClick: () => void): HTMLElement {
  const element = h(
    'button',
    { type: 'button', 'data-key': `own-${text}`, 'aria-pressed': String(isSaid), title: visibleName(text) },
    key === undefined ? undefined : h('kbd', {}, key),
    h('span', { dir: 'auto' }, visibleName(text)),
  );
  element.addEventListener('click', onClick);
  return element;
}

/** Answers by a key: 1 to 9, 0 for unsure, Backspace to take it back. */
export function labelByKey(
  event: KeyboardEvent,
  { id, place, said, score }: ResultDetail,
  actions: Actions,
): void {
  const { key, target, ctrlKey, metaKey, altKey, repeat } = event;
  if (place === '' || score.mode === 'multi-label' || ctrlKey || metaKey || altKey || repeat) return;
  if (target instanceof HTMLElement && target.matches('input, textarea, select')) return;
  if (key === 'Backspace') {
    if (said !== null) actions.label(id, null);
    return;
  }
  if (!/^[0-9]$/u.test(key)) return;
  const label = key === '0' ? undefined : score.labels.slice(0, KEYED)[Number(key) - 1]?.label;
  if (key === '0') actions.label(id, 'unsure');
  else if (label !== undefined) actions.label(id, { label });
}
