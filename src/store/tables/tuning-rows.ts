/** The labelled rows that a model is tuned on. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { columnNamed, columnOfRole } from '../../core/data/columns';
import { normaliseText } from '../../core/data/hash';
import { SPLITS, type Split } from '../../core/data/tuning-split';
import { NOT_LABELLED, readLabels } from '../../core/data/vocabulary';
import { listed, quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { inspectTable, type TableFile } from './inspect';
import { tableRows, type TableRow } from './rows';

export interface TuningRow {
  /** Physical line on which the row begins. */
  readonly line: number;
  readonly text: string;
  /** Index of a label of the classifier. */
  readonly label: number;
  /** Empty: a group of its own. */
  readonly group: string;
  /** As the table has it; undefined where it has no such column. */
  readonly split: Split | undefined;
  /** Distribution over labels that the table gives; undefined where it gives none. */
  readonly soft: readonly number[] | undefined;
  /** Whether the person who labelled it was unsure. */
  readonly isUnsure: boolean;
}

export interface TuningRows {
  readonly source: TableFile;
  readonly rows: readonly TuningRow[];
  readonly isGrouped: boolean;
  readonly isSplit: boolean;
  /** Rows without a text or a label, which are left out. */
  readonly leftOut: number;
}

/** Columns with a distribution over labels: "soft:positive". */
const SOFT = 'soft:';
const UNSURE = 'unsure';

/** What a cell says that is not a no. */
const NO: ReadonlySet<string> = new Set(['', '0', 'false', 'no', 'n']);

interface Columns {
  readonly text: number;
  readonly label: number;
  readonly group: number | undefined;
  readonly split: number | undefined;
  /** (K) in the classifier's order; undefined where the table has none of them. */
  readonly soft: readonly number[] | undefined;
  readonly unsure: number | undefined;
}

/**
 * Reads a table for tuning.
 *
 * @param labels of the classifier
 * @throws UserError of the table: everything of `inspectTable` and `tableRows`; no-such-column, no-truth, no-such-label,
 *   bad-split, not-probabilities, no-usable-rows
 */
export async function readTuningRows(
  file: string,
  labels: readonly string[],
  textColumn: string,
): Promise<TuningRows> {
  const source = await inspectTable(file);
  const columns = columnsOf(source, labels, textColumn);
  const values = new Map<string, number>();
  const raw: TableRow[] = [];
  for await (const batch of tableRows(source))
    for (const row of batch) {
      const value = (row.cells[columns.label] ?? '').trim();
      if (!values.has(value)) values.set(value, row.line);
      raw.push(row);
    }
  const reading = readLabels([...values.keys()], labels);
  const [other] = reading.others;
  if (other !== undefined)
    throw new UserError(
      'no-such-label',
      `${path.basename(file)}, line ${values.get(other) ?? 0}: the label ${quoted(other)} is none of the classifier's labels, which are ${listed(labels)}. Correct the row, or add the label to the classifier.`,
    );
  const rows = raw.flatMap((row): TuningRow[] => {
    const text = row.cells[columns.text] ?? '';
    const label = reading.of((row.cells[columns.label] ?? '').trim());
    if (text.trim() === '' || label === NOT_LABELLED || label < 0) return [];
    return [rowOf(row, text, label, columns, path.basename(file))];
  });
  if (rows.length === 0)
    throw new UserError('no-usable-rows', `${path.basename(file)} has no row with a text and a label.`);
  return {
    source,
    rows,
    isGrouped: columns.group !== undefined,
    isSplit: columns.split !== undefined,
    leftOut: raw.length - rows.length,
  };
}

function columnsOf({ header, file }: TableFile, labels: readonly string[], textColumn: string): Columns {
  const named = header.map((name) => name.trim());
  if (!named.includes(textColumn.trim()))
    throw new UserError(
      'no-such-column',
      `${path.basename(file)} has no column ${quoted(textColumn)} with the texts. Its columns are ${listed(named)}.`,
      { data: { role: 'text' } },
    );
  const label = columnOfRole(header, 'label');
  if (label === undefined)
    throw new UserError(
      'no-truth',
      `${path.basename(file)} has no column "label" with the true labels. Its columns are ${listed(named)}.`,
    );
  const soft = labels.map((name) => named.indexOf(`${SOFT}${name}`));
  const missing = labels.filter((_, at) => soft[at] === -1);
  if (missing.length > 0 && missing.length < labels.length)
    throw new UserError(
      'no-such-column',
      `${path.basename(file)} has a column "${SOFT}LABEL" for some labels only; those of ${listed(missing)} are missing. Add them, or remove the others.`,
      { data: { role: 'votes' } },
    );
  const unsure = named.indexOf(UNSURE);
  return {
    text: columnNamed(named, textColumn),
    label,
    group: columnOfRole(header, 'group'),
    split: columnOfRole(header, 'split'),
    soft: missing.length === 0 ? soft : undefined,
    unsure: unsure === -1 ? undefined : unsure,
  };
}

function rowOf(
  { line, cells }: TableRow,
  text: string,
  label: number,
  { group, split, soft, unsure }: Columns,
  file: string,
): TuningRow {
  const cell = (index: number | undefined): string =>
    index === undefined ? '' : (cells[index] ?? '').trim();
  return {
    line,
    text,
    label,
    group: cell(group),
    split: split === undefined ? undefined : splitOf(cell(split), file, line),
    soft: soft && distribution(soft.map(cell), file, line),
    isUnsure: !NO.has(cell(unsure).toLowerCase()),
  };
}

function splitOf(value: string, file: string, line: number): Split {
  const found = SPLITS.find((part) => part === value.toLowerCase());
  if (found !== undefined) return found;
  throw new UserError(
    'bad-split',
    `${file}, line ${line}: the split ${quoted(value)} is none of ${listed(SPLITS)}. Correct it, or rename the column to have the rows divided.`,
  );
}

/** Votes or probabilities of several people, which need not sum to 1; undefined where all cells are empty. */
function distribution(cells: readonly string[], file: string, line: number): number[] | undefined {
  if (cells.every((cell) => cell === '')) return undefined;
  const votes = cells.map((cell) => (cell === '' ? 0 : Number(cell)));
  const sum = votes.reduce((total, vote) => total + vote, 0);
  if (!votes.every((vote) => Number.isFinite(vote) && vote >= 0) || sum <= 0)
    throw new UserError(
      'not-probabilities',
      `${file}, line ${line}: the columns "${SOFT}LABEL" must hold numbers of at least 0, not all of them 0.`,
    );
  return votes.map((vote) => vote / sum);
}

/**
 * Tells a row again in another table, also where its text has other case, spaces or punctuation: the first 64 bits of a
 * hash of its text and label.
 */
export function rowHash(text: string, label: string): string {
  return createHash('sha256')
    .update(JSON.stringify([normaliseText(text), label]))
    .digest('hex')
    .slice(0, 16);
}
