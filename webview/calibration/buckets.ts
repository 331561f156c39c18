/**
 * The table of the buckets: the rows and the accuracy of each, raw and calibrated. While it is edited, buckets can be
 * split and removed, and fields hold the name and the lower end of each.
 */
import { count, labelName, calibratorTitle, numberBelow, signed } from '../../src/core/words/calibration';
import type { BucketCount } from '../../src/core/decisions/bucket-counts';
import { type BucketTone, bucketTone } from '../../src/core/decisions/bucket-mark';
import { type Bucket, type BucketProblem, bucketProblems } from '../../src/core/model/buckets';
import type { Decided, DecisionState } from '../../src/protocol/calibration-decisions';
import { button } from '../button';
import { h, svg } from '../dom';
import { field, parseNumber } from './fields';
import { link, metricCell } from './tables';

export interface BucketActions {
  /** Saves the buckets; null for the default ones. */
  save(buckets: readonly Bucket[] | null): void;
  /** Draws the section again. */
  redraw(): void;
  /** Lists the rows of a bucket. */
  list(method: Decided['method'], counted: BucketCount): void;
}

interface DraftRow {
  name: string;
  low: string;
  /** Name of the bucket in force whose numbers stand beside it; null for a new one. */
  readonly of: string | null;
}

interface Draft {
  readonly rows: DraftRow[];
  problems: readonly BucketProblem[];
}

/** The buckets between the second and the last look alike: with more of them only the names would differ. */
const MOST_BUCKETS = 8;

/** Keeps what is being typed while new numbers arrive. */
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
        h('caption', { class: 'unseen' }, 'Buckets of confidence'),
        head(shown.length > 1, draft !== undefined),
        ...(draft === undefined
          ? buckets.map(({ name, low }, at) =>
              rowsOf(
                {
                  tone: bucketTone(at, buckets.length),
                  name: labelName(name),
                  range: bucketRange(low, buckets[at - 1]?.low),
                  of: name,
                },
                shown,
                (method, counted) => this.actions.list(method, counted),
              ),
            )
          : draft.rows.map((row, at) => this.edited(draft, row, at, shown))),
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
      h(
        'p',
        { class: 'quiet' },
        draft.rows.length < MOST_BUCKETS
          ? 'Split gives the upper half of a range to a new bucket. Remove gives the range to the neighbouring bucket.'
          : `No more than ${MOST_BUCKETS} buckets can be distinguished here.`,
      ),
      note ??
        h(
          'p',
          { class: 'quiet' },
          'Buckets are saved in the setting promptConfidence.buckets of the table’s folder, if that can be written.',
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
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.save();
    });
    form.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.close();
    });
    return form;
  }

  private edit(buckets: readonly Bucket[]): void {
    this.draft = {
      rows: buckets.map(({ name, low }) => ({ name, low: String(low), of: name })),
      problems: [],
    };
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

  /** A new bucket above this one takes the upper half of its range. */
  private split({ rows }: Draft, at: number): void {
    rows.splice(at, 0, { name: '', low: halfway(rows[at]?.low ?? '', rows[at - 1]?.low ?? '1'), of: null });
    this.changed(`bucket-${at}-name`);
  }

  /** Its range goes to the one below; that of the last one to the one above. */
  private remove({ rows }: Draft, at: number): void {
    const [removed] = rows.splice(at, 1);
    const last = rows.at(-1);
    if (at === rows.length && last !== undefined && removed !== undefined) last.low = removed.low;
    this.changed(rows.length === 1 ? 'bucket-0-name' : `bucket-${Math.min(at, rows.length - 1)}-remove`);
  }

  /** @param key what gets the focus */
  private changed(key: string): void {
    // The problems belong to rows that have moved.
    if (this.draft !== undefined) this.draft.problems = [];
    this.actions.redraw();
    focus(key);
  }

  private edited(draft: Draft, row: DraftRow, at: number, shown: readonly Decided[]): HTMLElement {
    const { rows } = draft;
    const change = (verb: 'Split' | 'Remove', isPossible: boolean, act: () => void): HTMLElement => {
      const element = h(
        'button',
        {
          class: 'link',
          type: 'button',
          'data-key': `bucket-${at}-${verb.toLowerCase()}`,
          'aria-label': `${verb} bucket ${at + 1}`,
          disabled: !isPossible,
        },
        verb,
      );
      element.addEventListener('click', act);
      return element;
    };
    return rowsOf(
      {
        tone: bucketTone(at, rows.length),
        // A field is not part of the header's text.
        name: h(
          'span',
          {},
          h('span', { class: 'unseen' }, `Bucket ${at + 1}`),
          input(draft, row, at, 'name'),
        ),
        range: input(draft, row, at, 'low'),
        of: row.of,
        changes: [
          change('Split', rows.length < MOST_BUCKETS, () => this.split(draft, at)),
          change('Remove', rows.length > 1, () => this.remove(draft, at)),
        ],
      },
      shown,
    );
  }
}

function input({ problems }: Draft, row: DraftRow, at: number, part: 'name' | 'low'): HTMLElement {
  const words = part === 'name' ? 'Name' : 'Lower end';
  const { element, input } = field({
    name: `${words} of bucket ${at + 1}`,
    key: `bucket-${at}-${part}`,
    value: row[part],
    isNumber: part === 'low',
    problem: problems.find((problem) => problem.at === at && problem.field === part)?.message,
  });
  input.addEventListener('input', () => {
    row[part] = input.value;
  });
  return element;
}

function focus(key: string): void {
  const found = document.querySelector(`[data-key="${key}"]`);
  if (found instanceof HTMLElement) found.focus();
}

/** A number between two lower ends, in hundredths if there is room; empty if one of them is not a number. */
function halfway(low: string, high: string): string {
  const [from, to] = [parseNumber(low), parseNumber(high)];
  if (!(from < to)) return '';
  const middle = (from + to) / 2;
  const rounded = Math.round(middle * 100) / 100;
  return String(rounded > from && rounded < to ? rounded : middle);
}

interface BucketRow {
  readonly tone: BucketTone;
  readonly name: HTMLElement | string;
  readonly range: HTMLElement | string;
  /** Name of the bucket whose numbers stand beside it. */
  readonly of: string | null;
  /** Buttons while the bucket is edited. */
  readonly changes?: readonly HTMLElement[];
}

/** A bucket, in a row for each method. */
function rowsOf(
  { tone, name, range, of, changes }: BucketRow,
  shown: readonly Decided[],
  onList?: BucketActions['list'],
): HTMLElement {
  const shape = svg(
    'svg',
    { class: 'key', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    bucketShape(tone, 8, 8),
  );
  const rowspan = shown.length;
  return h(
    'tbody',
    {},
    ...shown.map((decided, index) =>
      h(
        'tr',
        {},
        ...(index > 0
          ? []
          : [
              h(
                'th',
                { scope: 'rowgroup', rowspan },
                h('span', { class: 'bucket-name' }, shape, name),
                changes === undefined ? h('span', { class: 'interval' }, range) : undefined,
              ),
              ...(changes === undefined
                ? []
                : [
                    h('td', { rowspan }, range),
                    h('td', { rowspan }, h('span', { class: 'bucket-changes' }, ...changes)),
                  ]),
            ]),
        ...numbers(
          decided,
          decided.buckets.find((counted) => counted.name === of),
          shown.length > 1,
          onList,
        ),
      ),
    ),
  );
}

function head(isCompared: boolean, isEdited: boolean): HTMLElement {
  const names = [
    'Bucket',
    ...(isEdited ? ['Confidence', 'Change'] : []),
    ...(isCompared ? ['Calibrator'] : []),
    'Rows',
    'Mean confidence',
    'Accuracy',
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

/** @param counted undefined for a bucket that is not in force yet */
function numbers(
  { method }: Decided,
  counted: BucketCount | undefined,
  isCompared: boolean,
  onList: BucketActions['list'] | undefined,
): HTMLElement[] {
  const { meanConfidence = null, accuracy = null, accuracyLow = null, accuracyHigh = null } = counted ?? {};
  const rows = counted?.rows.toLocaleString('en-US') ?? '–';
  return [
    ...(isCompared ? [h('td', {}, calibratorTitle(method))] : []),
    ...[
      counted === undefined || counted.rows === 0 || onList === undefined
        ? rows
        : link(
            rows,
            `bucket-rows-${method}-${counted.low}`,
            () => onList(method, counted),
            `${count(counted.rows, 'row')} of ${labelName(counted.name)}: list them`,
          ),
      numberBelow(meanConfidence, counted?.high),
      metricCell({ value: accuracy, low: accuracyLow, high: accuracyHigh }),
      accuracy === null || meanConfidence === null ? '–' : signed(accuracy - meanConfidence),
    ].map((cell) => h('td', { class: 'number' }, cell)),
  ];
}

/** [low, high), the highest closed. */
export function bucketRange(low: number, above: number | undefined): string {
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
