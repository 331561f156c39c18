/**
 * Tables and scores of labels that do not exclude each other. Each label is looked at by itself, as a pair of labels that
 * do: it, and not it. All that works with two labels then works with it.
 */
import { pairOf } from '../model/pair';
import { listed, quoted } from '../quote';
import { UserError } from '../user-error';
import { flag } from './cells';
import { isAlike, saysNothing } from './vocabulary';

/** What the columns of such a table begin with: a probability, and whether the label is right (1 or 0). */
export const YES = 'yes:';
export const TRUTH_OF = 'label:';
/** What begins the column that names the calibrator of a label's probabilities. */
export const CALIBRATOR_OF = 'calibrator_sha256:';

/** The columns of one label; numbers are column indexes from 0. */
export interface LabelColumn {
  readonly label: string;
  readonly yes: number;
  readonly truth: number | undefined;
  readonly calibrator: number | undefined;
}

/** The label whose probability a column holds, by the column's name. */
export function yesLabel(column: string): string | undefined {
  return labelAfter(YES, column);
}

/** The label of a column that begins so, in any case; undefined for any other column. */
export function labelAfter(start: string, column: string): string | undefined {
  const label = column.slice(start.length).trim();
  return column.slice(0, start.length).toLowerCase() === start && label !== '' ? label : undefined;
}

/** Reads the truth of one label: 1 or true is it, 0 or false is not it. What is neither stays as it is. */
export function truthNames(label: string): (cell: string) => string {
  const [own, other] = pairOf(label);
  return (cell) => {
    const value = flag(cell);
    return value === undefined ? cell : value === 1 ? own : other;
  };
}

/**
 * Where a truth is 1 or −1 and never 0, −1 may say that the label is wrong, or that nobody knows.
 *
 * @param names different truths, as `truthNames` reads them
 * @throws UserError no-truth
 */
export function refuseSigned(label: string, names: readonly string[]): void {
  const [own] = pairOf(label);
  const said = names.filter((name) => !saysNothing(name));
  if (!said.includes(own) || said.length === 1) return;
  if (said.every((name) => name === own || isAlike(name, '-1')))
    throw new UserError(
      'no-truth',
      `The truth of ${quoted(label)} is 1 or −1 and never 0, so −1 may say that it is not right, or that nobody knows. Write 0 where it is not right, and nothing where nobody knows.`,
    );
}

/** @returns the label, if it is one of them */
export function labelToShow(labels: readonly string[], wanted: string | undefined): string {
  if (wanted === undefined)
    throw new UserError(
      'which-label',
      `The labels of this table do not exclude each other, so each is looked at by itself: ${listed(labels)}. Choose one of them.`,
      { data: { labels } },
    );
  if (labels.includes(wanted)) return wanted;
  throw new UserError(
    'no-such-label',
    `${quoted(wanted)} is none of the labels of this table: ${listed(labels)}.`,
  );
}

/** One label was asked for, of labels that exclude each other. */
export function notIndependent(label: string): UserError {
  return new UserError(
    'no-such-label',
    `The table has no column "${YES}${label}". One label is chosen only where labels do not exclude each other.`,
  );
}
