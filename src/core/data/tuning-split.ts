/** How the rows of a labelled table are divided for fine-tuning. */
import { assignFolds } from '../model/folds';
import { seededRandom } from '../random';
import { UserError } from '../user-error';

/** Hold-out that nothing sees before the end; rows that training stops by; and the rest. */
export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** 20% of the rows are held out. */
const HOLD_OUT_FOLDS = 5;
/** Of the rest 15%: 3 of 20 folds. */
const VALIDATION_FOLDS = { of: 20, taken: 3 };

export interface SplitRequest {
  /** (n) label of each row. */
  readonly labels: Int32Array;
  /** (n) or undefined: each row its own group. */
  readonly group: Int32Array | undefined;
  readonly seed: number;
}

/** Divides rows: by label, groups whole, the same for the same seed. */
export function splitRows({ labels, group, seed }: SplitRequest): Split[] {
  const random = seededRandom(seed);
  const n = labels.length;
  const outer = assignFolds({ n, strata: labels, group, count: HOLD_OUT_FOLDS, random });
  const rest = Array.from(outer.folds.keys()).filter((row) => outer.folds[row] !== 0);
  const inner = assignFolds({
    n: rest.length,
    strata: Int32Array.from(rest, (row) => labels[row] ?? 0),
    group: group && Int32Array.from(rest, (row) => group[row] ?? 0),
    count: VALIDATION_FOLDS.of,
    random,
  });
  const split = Array.from({ length: n }, (): Split => 'test');
  rest.forEach((row, at) => {
    split[row] = (inner.folds[at] ?? 0) < VALIDATION_FOLDS.taken ? 'validation' : 'train';
  });
  return split;
}

/** Rows of a label that each part must have: with fewer, nothing that training says about the label means anything. */
const FEWEST_OF_A_LABEL = 2;
/** Rows without which no part is worth its name. */
const FEWEST_ROWS: Readonly<Record<Split, number>> = { train: 20, validation: 8, test: 10 };

/**
 * Refuses a division with which a model cannot be tuned or its gain not be seen.
 *
 * @param names of the labels
 * @param groups how many groups stayed whole; undefined where each row is one, or the table divides its rows itself
 * @throws UserError too-few-rows, too-few-labels
 */
export function checkSplit(
  split: readonly Split[],
  labels: Int32Array,
  names: readonly string[],
  groups?: number,
): void {
  const present = new Set(labels);
  if (present.size < 2)
    throw new UserError(
      'too-few-labels',
      `All rows have the label ${names[labels[0] ?? 0] ?? ''}. A model is tuned on rows of at least two labels.`,
    );
  const [why, where] =
    groups === undefined
      ? ['', '']
      : [
          ` Rows with the same group or the same text stay together, and all rows make ${groups} ${groups === 1 ? 'group' : 'groups'}.`,
          ' in other groups',
        ];
  for (const part of SPLITS) {
    const rows = split.filter((own) => own === part).length;
    if (rows < FEWEST_ROWS[part])
      throw new UserError(
        'too-few-rows',
        `Of ${split.length} rows, ${rows} are in the part "${part}"; it needs at least ${FEWEST_ROWS[part]}.${why} Label more rows${where}.`,
      );
    for (const label of present) {
      const own = split.filter((each, row) => each === part && labels[row] === label).length;
      if (own < FEWEST_OF_A_LABEL)
        throw new UserError(
          'too-few-rows',
          `The part "${part}" has ${own} rows of the label ${names[label] ?? ''}; it needs at least ${FEWEST_OF_A_LABEL}.${why} Label more of them${where}.`,
        );
    }
  }
}

/** What rows have in common that stay together, with its value. */
export type Shared = readonly ['text' | 'group', string];

/** A row that its table has put into a part. */
export interface GivenRow {
  /** Physical line on which it begins. */
  readonly line: number;
  readonly part: Split;
  readonly shared: readonly Shared[];
}

/**
 * Refuses a division of the table's own in which a row was seen before it is held out, or stops the training, itself or
 * in another row of its group.
 *
 * @param file its name
 * @throws UserError bad-split
 */
export function checkGivenSplit(rows: readonly GivenRow[], file: string): void {
  const first = new Map<string, GivenRow>();
  const divided = new Set<string>();
  let example = '';
  for (const row of rows)
    for (const [what, value] of row.shared) {
      const name = sharedName([what, value]);
      const other = first.get(name);
      if (other === undefined) first.set(name, row);
      if (other === undefined || other.part === row.part) continue;
      divided.add(name);
      const same =
        what === 'group'
          ? 'are of one group'
          : 'have one text, without regard to case, spaces and punctuation';
      example ||= `Lines ${other.line} (${other.part}) and ${row.line} (${row.part}) ${same}, for example.`;
    }
  if (divided.size === 0) return;
  const torn = rows.filter(({ shared }) => shared.some((each) => divided.has(sharedName(each)))).length;
  throw new UserError(
    'bad-split',
    `${file}: the column "split" divides ${torn} rows from others with the same text or group. ${example} Put them into one part, or rename the column to have the rows divided.`,
  );
}

export function sharedName([what, value]: Shared): string {
  return `${what}\0${value}`;
}

/** Rows on which two classifiers usually disagree, as a share: what the forecast below assumes. */
export const ASSUMED_DISAGREEMENT = 0.2;

/**
 * The smallest difference of two accuracies that a hold-out can show: at a level of 5%, with a power of 80%, in a paired
 * test. A difference is at least as large as the disagreement that makes it.
 */
export function smallestDifference(holdOut: number): number {
  const needed = (1.959964 + 0.841621) ** 2 / holdOut;
  // δ = (z₁ + z₂) √(ψ / n), with ψ the share of rows on which they disagree, at least δ.
  return Math.min(1, Math.max(Math.sqrt(needed * ASSUMED_DISAGREEMENT), needed));
}
