/** The history: a listbox whose focus stays on the list while the arrow keys move through the options. */
import { visibleName } from '../../src/core/encode';
import type { HistoryEntry } from '../../src/protocol/result-page';
import { h, warningIcon } from '../dom';
import { bucketMark } from './bucket-mark';
import { STATUS_WORDS } from './words';

export class HistoryList {
  readonly element: HTMLElement;
  private readonly list = h('ul', {
    role: 'listbox',
    tabindex: 0,
    class: 'history',
    'aria-label': 'History, newest first',
  });
  private entries: readonly HistoryEntry[] = [];
  private activeId: number | undefined;
  private shownId: number | undefined;

  /**
   * @param onShow an entry was clicked, or Enter or Space pressed on it
   * @param onReveal an entry was double-clicked
   */
  constructor(
    private readonly onShow: (id: number) => void,
    onReveal: (id: number) => void,
  ) {
    this.element = h('section', { class: 'history-section' }, h('h3', {}, 'History'), this.list);
    this.list.addEventListener('keydown', (event) => this.onKey(event));
    this.list.addEventListener('click', (event) => {
      const id = entryId(event);
      if (id === undefined) return;
      this.activate(id);
      this.onShow(id);
    });
    this.list.addEventListener('dblclick', (event) => {
      const id = entryId(event);
      if (id !== undefined) onReveal(id);
    });
  }

  update(entries: readonly HistoryEntry[], shownId: number | undefined): void {
    this.element.hidden = entries.length === 0;
    // A new result takes the place in the list with it, unless the person is just moving through the list.
    const isNew = shownId !== this.shownId;
    const kept = entries.some((entry) => entry.id === this.activeId);
    if (!kept || (isNew && document.activeElement !== this.list)) this.activeId = shownId;
    this.entries = entries;
    this.shownId = shownId;
    this.list.replaceChildren(...entries.map((entry) => option(entry, entry.id === shownId)));
    this.markActive();
    if (isNew) this.list.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }

  private onKey(event: KeyboardEvent): void {
    const index = this.entries.findIndex((entry) => entry.id === this.activeId);
    const last = this.entries.length - 1;
    const target: Partial<Record<string, number>> = {
      ArrowDown: Math.min(last, index + 1),
      ArrowUp: Math.max(0, index - 1),
      Home: 0,
      End: last,
      PageDown: Math.min(last, index + 10),
      PageUp: Math.max(0, index - 10),
    };
    const next = target[event.key];
    if (next !== undefined) {
      const entry = this.entries[next];
      if (entry !== undefined) this.activate(entry.id);
    } else if ((event.key === 'Enter' || event.key === ' ') && this.activeId !== undefined) {
      this.onShow(this.activeId);
    } else {
      return;
    }
    event.preventDefault();
  }

  private activate(id: number): void {
    this.activeId = id;
    this.markActive();
    this.list.querySelector('.active')?.scrollIntoView({ block: 'nearest' });
  }

  private markActive(): void {
    for (const element of this.list.children)
      element.classList.toggle('active', element.id === optionId(this.activeId));
    if (this.activeId === undefined) this.list.removeAttribute('aria-activedescendant');
    else this.list.setAttribute('aria-activedescendant', optionId(this.activeId));
  }
}

function option(entry: HistoryEntry, shown: boolean): HTMLElement {
  return h(
    'li',
    {
      id: optionId(entry.id),
      role: 'option',
      'data-id': entry.id,
      'aria-selected': String(shown),
      class: entry.status === 'edited' ? 'stale' : undefined,
      title: entry.status === 'live' ? entry.place : `${entry.place}, ${STATUS_WORDS[entry.status]}`,
    },
    h('span', { class: 'history-text', dir: 'auto' }, entry.excerpt),
    h(
      'span',
      { class: 'history-result' },
      entry.doubtful ? warningIcon() : undefined,
      entry.doubtful ? h('span', { class: 'unseen' }, 'doubtful: ') : undefined,
      h('span', { class: 'history-label', dir: 'auto' }, visibleName(entry.label)),
      h('span', { class: 'history-percent' }, entry.percent),
      entry.bucket === undefined ? undefined : bucketMark(entry.bucket, { nameless: true }),
      entry.status === 'live' ? undefined : h('span', { class: 'edited' }, STATUS_WORDS[entry.status]),
    ),
  );
}

function optionId(id: number | undefined): string {
  return `history-${id ?? 'none'}`;
}

function entryId(event: MouseEvent): number | undefined {
  if (!(event.target instanceof Element)) return undefined;
  const id = event.target.closest('[role=option]')?.getAttribute('data-id') ?? null;
  return id === null ? undefined : Number(id);
}
