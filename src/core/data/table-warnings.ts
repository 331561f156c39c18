/** What a person should know about a table before its numbers. */
import { SPLIT_FIT, type Warning } from '../model/predictions';
import { listed, quoted } from '../quote';
import type { LongCells } from './long-cells';
import { columnName, type Role, type TableColumns } from './columns';
import { SPLITS } from './row-parser';
import type { Reading } from './vocabulary';

/** Share of rows with a probability of 0 above which a table is suspected to be rounded. */
const ZERO_WARNING = 0.01;
/** A larger share of rows with a bound in place of a score than this gets a warning. */
const BOUND_WARNING = 0.01;
/** What a column does that is taken for its name. */
const TAKEN_BY_NAME = {
  weight: 'Rows are weighted by',
  group: 'Rows are grouped by',
  split: 'Rows are divided into fit and test by',
} as const satisfies Partial<Record<Role, string>>;

/** Ways of saying that there is no label which are named. */
const SHOWN_MARKERS = 6;
/** Bad rows that are listed one by one; beyond, they are only counted, so that memory stays bounded. */
export const LISTED_ROWS = 10_000;

/** Numbers of rows, counted while a table is read. */
interface Seen {
  accepted: number;
  /** Rows that nobody has labelled. */
  unlabelled: number;
  /** Rows with a probability of 0. */
  zeros: number;
  /** Rows with an upper bound in place of a score. */
  bounded: number;
  /** Rows with a label that was not shown. */
  hidden: number;
  /** Base of the logarithms, if it is not e. */
  base: number | null;
  /** Rows whose label mass is below one half. */
  lowMass: number;
  otherPrediction: number;
  otherCorrect: number;
  groups: number;
  /** Rows whose text an earlier row has too. */
  sameTexts: number;
  /** Rows whose id another row has too. */
  repeatedIds: number;
}

export function nothingSeen(): Seen {
  return {
    accepted: 0,
    unlabelled: 0,
    zeros: 0,
    bounded: 0,
    hidden: 0,
    base: null,
    lowMass: 0,
    otherPrediction: 0,
    otherCorrect: 0,
    groups: 0,
    sameTexts: 0,
    repeatedIds: 0,
  };
}

interface TableFacts extends Readonly<Seen> {
  readonly rejectedCount: number;
  /** Empty, or a sentence on the reason that many rejected rows share. */
  readonly sharedReason: string;
  readonly reading: Reading;
  /** How cells say that there is no label ("" for empty ones), and in how many rows. */
  readonly notLabelled: ReadonlyMap<string, number>;
  /** Predicted labels of a table of confidence that no true label is. */
  readonly neverTrue: readonly string[];
  readonly otherSplits: readonly string[];
  readonly longCells: Pick<LongCells, 'rows' | 'first' | 'longest'>;
}

export function tableWarnings(columns: TableColumns, seen: TableFacts): Warning[] {
  const warnings: Warning[] = [];
  const warn = (code: string, message: string, instead?: Warning['instead']) =>
    warnings.push({ code, message, ...(instead === undefined ? {} : { instead }) });
  const { accepted, zeros, rejectedCount } = seen;
  if (seen.unlabelled > 0)
    warn(
      'unlabelled-rows',
      `${seen.unlabelled} of ${accepted + rejectedCount + seen.unlabelled} rows are not labelled (${notLabelledInWords(seen.notLabelled)}), and only the others count.`,
    );
  for (const { code, message } of seen.reading.warnings) warn(code, message);
  if (seen.otherSplits.length > 0)
    warn(
      'split-names',
      `In the column "${columnName(columns, columns.roles.split)}", ${listed(seen.otherSplits)} ${seen.otherSplits.length === 1 ? 'was' : 'were'} read as ` +
        `${seen.otherSplits.map((name) => (SPLITS.get(name) === SPLIT_FIT ? 'fit' : 'test')).join(', ')}.`,
    );
  if (columns.scores === null && seen.reading.others.length > 0)
    warn(
      'never-predicted',
      `True labels that are never predicted count as wrong answers: ${listed(seen.reading.others)}.`,
    );
  if (seen.neverTrue.length > 0)
    warn('never-true', `Predicted labels that are never true: ${listed(seen.neverTrue)}.`);
  if (rejectedCount > 0)
    warn(
      'rejected-rows',
      `${rejectedCount} of ${accepted + rejectedCount} rows were not used; see their reasons.${seen.sharedReason}`,
    );
  if (rejectedCount > LISTED_ROWS)
    warn('rejected-not-listed', `Only the first ${LISTED_ROWS} of ${rejectedCount} bad rows are listed.`);
  if (zeros > ZERO_WARNING * accepted)
    warn(
      'clipped',
      `${zeros} of ${accepted} rows have a probability of 0, which counts as 1e-12: the table seems to be ` +
        `rounded, so its most confident rows cannot be distinguished. Log-probabilities (logprob:LABEL) keep their order.`,
    );
  if (seen.bounded > BOUND_WARNING * accepted)
    warn(
      'bounded-scores',
      `In ${seen.bounded} of ${accepted} rows the server did not show every label among its likeliest tokens. The ` +
        `labels in the column "${columnName(columns, columns.roles.bound)}" have an upper bound instead of a score. ` +
        `Numbers and calibrators of this table are approximate; ask the server for more tokens, or use consistency.`,
    );
  if (seen.base !== null)
    warn(
      'log-base',
      `The log-probabilities are logarithms to the base ${seen.base}: to that base every row sums to 1. They were read as such.`,
    );
  if (seen.hidden > 0)
    warn(
      'hidden-scores',
      `In ${seen.hidden} of ${accepted} rows a label has no score (−inf, or a number like −9999): it was not shown. An upper bound stands for it, so the numbers of these rows are approximate.`,
    );
  if (seen.lowMass > 0)
    warn(
      'low-label-mass',
      `In ${seen.lowMass} of ${accepted} rows the label mass is below one half: the model tends to answer something ` +
        `else there, so these confidences mean little. Specify in the instruction or by examples how to answer.`,
    );
  if (seen.otherPrediction > 0)
    warn(
      'other-prediction',
      `In ${seen.otherPrediction} rows the column "${columnName(columns, columns.roles.predicted)}" names a ` +
        `label that does not have the highest score. The scores were used.`,
    );
  if (seen.otherCorrect > 0)
    warn(
      'other-correct',
      `In ${seen.otherCorrect} rows "${columnName(columns, columns.roles.correct)}" contradicts the ` +
        `predicted and the true label. The column was used.`,
    );
  const { rows, first, longest } = seen.longCells;
  if (rows > 0)
    warn(
      'long-rows',
      `${rows} of ${accepted + rejectedCount + seen.unlabelled} rows have a cell of several lines, the first on line ${first}, the longest (${longest.lines} lines) on line ${longest.line}. If that is not so, a quote (") in it is not closed.`,
    );
  for (const [role, words] of Object.entries(TAKEN_BY_NAME))
    sayTaken(columns, role as Role, words, seen.groups, warn);
  if (seen.sameTexts > 0)
    warn(
      'same-texts',
      seen.sameTexts === accepted - 1 && accepted > 1
        ? `All rows have the same text in the column "${columnName(columns, columns.roles.text)}", so they count as one group. If that is a prompt and not the text that was classified, assign no column as the text.`
        : `${seen.sameTexts} of ${accepted} rows have a text that an earlier row has too, but for case, spaces and punctuation. Rows of ` +
            `the same text count as one group: they are kept together in folds, and intervals count groups.`,
    );
  if (seen.repeatedIds > 0)
    warn('repeated-ids', `${seen.repeatedIds} rows have the id of another row; such rows cannot be paired.`);
  return warnings;
}

function notLabelledInWords(cells: ReadonlyMap<string, number>): string {
  const shown = [...cells].sort(([, left], [, right]) => right - left).slice(0, SHOWN_MARKERS);
  const more = cells.size - shown.length;
  const words = shown.map(([cell, rows]) => `${cell === '' ? 'empty' : quoted(cell)}: ${rows}`);
  return `${words.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A column that changes numbers because of its name is said. */
function sayTaken(
  columns: TableColumns,
  role: Role,
  words: string,
  groups: number,
  warn: (code: string, message: string, instead: Warning['instead']) => void,
): void {
  const { roles, found } = columns;
  if (!found.includes(role)) return;
  const counted = role === 'group' && groups > 0 ? ` (${groups.toLocaleString('en-US')} groups)` : '';
  warn(
    `${role}-by-name`,
    `${words} the column "${columnName(columns, roles[role])}"${counted}, which was found by its name. Assign no column as the ${role} to switch that off.`,
    { [role]: '' },
  );
}
