/** The table of the buckets: what each holds, raw and calibrated, and their names and lower ends to edit. */
import { interval, labelName, methodName, number, signed } from '../../src/core/calibration/words';
import type { BucketCount } from '../../src/core/decisions/bucket-counts';
import { type BucketTone, bucketTone } from '../../src/core/decisions/bucket-mark';
import { type Bucket, type BucketProblem, bucketProblems } from '../../src/core/decisions/buckets';
import type { Decided, DecisionState } from '../../src/protocol/calibration-decisions';
import { button } from '../button';
import { h, svg } from '../dom';
import { field, parseNumber } from './fields';

export interface BucketActions {
  /** Null: the default ones. */
  save(buckets: readonly Bucket[] | null): void;
  /** Draws the section anew. */
  redraw(): void;
}

interface Draft {
  readonly rows: { name: string; low: string }[];
  problems: readonly BucketProblem[];
}

/** Keeps what is being typed while new numbers come. */
export class BucketTable {
  private draft: Draft | undefined;

  constructor(private readonly actions: BucketActions) {}

  draw({ buckets, bucketNote }: DecisionState, shown: readonly Decided[]): HTMLElement {
    const { draft } = this;
    const table = h(
      'div',
      { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': 'Buckets' },
      h(
        'table',
        { class: 'buckets' },
        h('caption', { class: 'unseen' }, 'Buckets: what to do from which confidence on'),
        head(shown.length > 1),
        ...buckets.map((bucket, at) => this.bucket(bucket, at, buckets, shown)),
      ),
    );
    const note = bucketNote === null ? undefined : h('p', { class: 'quiet' }, bucketNote);
    if (draft === undefined)
      return h(
        'div',
        {},
        table,
        note,
        h(
          'div',
          { class: 'buttons' },
          button('Edit Buckets', { key: 'edit-buckets', secondary: true }, () => this.edit(buckets)),
        ),
      );
    const form = h(
      'form',
      { 'aria-label': 'Edit buckets' },
      table,
      note ??
        h(
          'p',
          { class: 'quiet' },
          'Saved as the setting promptConfidence.buckets of the table’s folder, where that can be written.',
        ),
      h(
        'div',
        { class: 'buttons' },
        button('Save Buckets', { key: 'save-buckets' }, () => this.save()),
        button('Reset to Defaults', { key: 'reset-buckets', secondary: true }, () => {
          this.draft = undefined;
          this.actions.save(null);
          this.actions.redraw();
        }),
        button('Cancel', { key: 'cancel-buckets', secondary: true }, () => this.close()),
      ),
    );
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
      else if (event.key === 'Enter' && event.target instanceof HTMLInputElement) this.save();
      else return;
      event.preventDefault();
    });
    return form;
  }

  private edit(buckets: readonly Bucket[]): void {
    this.draft = { rows: buckets.map(({ name, low }) => ({ name, low: String(low) })), problems: [] };
    this.actions.redraw();
    focus('bucket-0-name');
  }

  private close(): void {
    this.draft = undefined;
    this.actions.redraw();
    focus('edit-buckets');
  }

  private save(): void {
    if (this.draft === undefined) return;
    const edited = this.draft.rows.map(({ name, low }) => ({ name: name.trim(), low: parseNumber(low) }));
    const problems = bucketProblems(edited);
    const [first] = problems;
    if (first !== undefined) {
      this.draft.problems = problems;
      this.actions.redraw();
      focus(`bucket-${first.at}-${first.field}`);
      return;
    }
    this.actions.save(edited);
    this.close();
  }

  private bucket(
    bucket: Bucket,
    at: number,
    buckets: readonly Bucket[],
    shown: readonly Decided[],
  ): HTMLElement {
    const tone = bucketTone(at, buckets.length);
    const shape = svg(
      'svg',
      { class: 'key', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
      bucketShape(tone, 8, 8),
    );
    const rows = Math.max(1, shown.length);
    const name = h(
      'th',
      { scope: 'rowgroup', rowspan: rows },
      h('span', { class: 'bucket-name' }, shape, this.input(at, 'name') ?? labelName(bucket.name)),
    );
    const range = h(
      'td',
      { rowspan: rows },
      this.input(at, 'low') ?? bucketRange(bucket.low, buckets[at - 1]?.low),
    );
    return h(
      'tbody',
      {},
      ...Array.from({ length: rows }, (_, index) =>
        h(
          'tr',
          {},
          ...(index === 0 ? [name, range] : []),
          ...numbers(shown[index], shown[index]?.buckets[at], shown.length > 1),
        ),
      ),
    );
  }

  private input(at: number, part: 'name' | 'low'): HTMLElement | undefined {
    const draft = this.draft;
    const row = draft?.rows[at];
    if (draft === undefined || row === undefined) return undefined;
    const words = part === 'name' ? 'Name' : 'Lower end';
    const { element, input } = field({
      name: `${words} of bucket ${at + 1}`,
      key: `bucket-${at}-${part}`,
      value: row[part],
      isNumber: part === 'low',
      problem: draft.problems.find((problem) => problem.at === at && problem.field === part)?.message,
    });
    input.addEventListener('input', () => {
      row[part] = input.value;
    });
    return element;
  }
}

function focus(key: string): void {
  const found = document.querySelector(`[data-key="${key}"]`);
  if (found instanceof HTMLElement) found.focus();
}

function head(isCompared: boolean): HTMLElement {
  const names = [
    'Bucket',
    'Confidence',
    ...(isCompared ? ['Of'] : []),
    'Rows',
    'Mean confidence',
    'Accuracy',
    '95% interval',
    'Gap',
  ];
  const firstNumber = names.indexOf('Rows');
  return h(
    'thead',
    {},
    h(
      'tr',
      {},
      ...names.map((name, index) =>
        h('th', { scope: 'col', class: index >= firstNumber ? 'number' : undefined }, name),
      ),
    ),
  );
}

function numbers(
  decided: Decided | undefined,
  counted: BucketCount | undefined,
  isCompared: boolean,
): HTMLElement[] {
  if (decided === undefined || counted === undefined) return [];
  const { rows, meanConfidence, accuracy, accuracyLow, accuracyHigh } = counted;
  return [
    ...(isCompared ? [h('td', {}, methodName(decided.method))] : []),
    ...[
      rows.toLocaleString('en-US'),
      number(meanConfidence),
      number(accuracy),
      interval({ low: accuracyLow, high: accuracyHigh }) || '–',
      accuracy === null || meanConfidence === null ? '–' : signed(accuracy - meanConfidence),
    ].map((text) => h('td', { class: 'number' }, text)),
  ];
}

/** [low, high), the highest closed. */
function bucketRange(low: number, above: number | undefined): string {
  return above === undefined ? `[${low}, 1]` : `[${low}, ${above})`;
}

/** A bucket by its shape, whatever its colour: the shapes of BUCKET_SHAPES, about a point. */
export function bucketShape(tone: BucketTone, x: number, y: number): SVGElement {
  const className = `bucket bucket-${tone}`;
  if (tone === 'green') return svg('circle', { class: className, cx: x, cy: y, r: 5.5 });
  const outline = {
    yellow: `M${x} ${y - 6}l6.5 11.5h-13Z`,
    orange: `M${x} ${y - 6.5}l6.5 6.5l-6.5 6.5l-6.5 -6.5Z`,
    red: `M${x - 5} ${y - 5}h10v10h-10Z`,
  }[tone];
  return svg('path', { class: className, d: outline });
}
