/** The columns of a file: by their names, and where these do not tell, by what the rows hold. */
import * as z from 'zod';
import { kindOfList, plainNumber } from '../../core/data/cells';
import {
  areNumbered,
  type ColumnOptions,
  findColumns,
  namedColumns,
  requireTruth,
  scoreKey,
  type TableColumns,
} from '../../core/data/columns';
import { guessColumns } from '../../core/data/guess-columns';
import { readLabels } from '../../core/data/vocabulary';
import type { Warning } from '../../core/model/predictions';
import type { ReadOptions } from '../../core/data/table';
import { listed, quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import type { TableFile } from './inspect';
import { firstRows, type TableRow, tableRows } from './rows';

/** How far from 1 the probabilities of a row may sum. */
const TOLERANCE = 0.01;

type Options = ColumnOptions & Partial<Pick<ReadOptions, 'truth'>>;

interface ColumnsOfFile {
  readonly columns: TableColumns;
  /** By which `findColumns` finds them. */
  readonly options: ColumnOptions;
  readonly warnings: readonly Warning[];
}

/**
 * Columns that are called like the labels and sum to 1 are their probabilities; of two columns for one role that hold
 * the same, either will do.
 *
 * @throws UserError no-truth, and everything of `findColumns`; `data.columns` is a guess, the mapping to add
 */
export async function columnsOf(source: TableFile, options: Options): Promise<ColumnsOfFile> {
  const warnings: Warning[] = [];
  for (let whole = options; ;) {
    try {
      const columns = findColumns(source.header, whole);
      if (options.truth === 'required') requireTruth(columns);
      return { columns, options: whole, warnings: [...warnings, ...truthByName(columns, whole)] };
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'which-label') throw error;
      const found = await byContent(source, error);
      if (found === undefined) throw await withGuess(error, source, options);
      whole = {
        ...whole,
        mapping: { ...whole.mapping, ...found.mapping },
        repeated: [...(whole.repeated ?? []), ...(found.repeated ?? [])],
      };
      warnings.push(found.warning);
    }
  }
}

/** A column with the name of a label and nothing else is its truth, which is said. */
function truthByName({ header, roles, ofLabel }: TableColumns, { mapping }: ColumnOptions): Warning[] {
  const column = header[roles.label ?? -1]?.trim();
  if (ofLabel === null || column !== ofLabel || mapping?.label !== undefined) return [];
  return [
    {
      code: 'truth-column',
      message: `The column ${quoted(column)} was read as the truth of the label ${quoted(ofLabel)}, because there is no column ${quoted(`label:${ofLabel}`)}.`,
    },
  ];
}

/** The error with a guess about the columns, where one is seen. */
async function withGuess(
  { code, message, data }: UserError,
  source: TableFile,
  options: Options,
): Promise<UserError> {
  const rows = (await firstRows(source)).map(({ cells }) => cells);
  const columns = guessColumns(source.header, rows, options);
  const lists = code === 'no-columns' ? listsIn(source.header, rows) : '';
  return new UserError(code, `${message}${lists}`, {
    data: { ...data, ...(columns === undefined ? {} : { columns }) },
  });
}

/** The columns whose cells hold several numbers, in a sentence. */
function listsIn(header: readonly string[], rows: readonly (readonly string[])[]): string {
  for (const [column, name] of header.entries()) {
    const cells = rows.map((row) => (row[column] ?? '').trim());
    const kind = kindOfList(cells[0] ?? '');
    if (kind !== null && cells.every((cell) => kindOfList(cell) !== null))
      return ` Each cell of the column ${quoted(name.trim())} is ${kind} (${quoted(cells[0] ?? '')}). Write each of its numbers into a column of its own.`;
  }
  return '';
}

interface Found extends Pick<ColumnOptions, 'mapping' | 'repeated'> {
  readonly warning: Warning;
}

/** What the rows say about columns that their names leave open. */
async function byContent(source: TableFile, error: UserError): Promise<Found | undefined> {
  if (error.code === 'no-columns') return classColumns(source.header, await firstRows(source));
  return error.code === 'ambiguous-column' ? repeatedColumns(source, error) : undefined;
}

/** Two columns or more whose numbers are shares that sum to 1 in every row; undefined if there are none. */
function classColumns(header: readonly string[], rows: readonly TableRow[]): Found | undefined {
  const isShare = (cell: string | undefined): boolean => {
    const value = plainNumber((cell ?? '').trim());
    return value >= 0 && value <= 1;
  };
  // A constant 0 adds to no sum.
  const isUsed = (column: number): boolean => rows.some(({ cells }) => Number(cells[column]) !== 0);
  const hasRole = new Set(['', ...Object.values(namedColumns(header, null).roles).flat()]);
  const candidates = [...header.keys()].filter(
    (column) =>
      !hasRole.has(header[column]?.trim() ?? '') &&
      rows.every(({ cells }) => isShare(cells[column])) &&
      isUsed(column),
  );
  const labels = candidates.map((column) => header[column]?.trim() ?? '');
  const truths = truthsIn(header, rows);
  // Numbers may stand for names that a model's `id2label` tells.
  const isNamed =
    truths === undefined || areNumbered(labels) || readLabels(truths, labels).others.length === 0;
  if (!isNamed) return undefined;
  const sumsToOne = rows.every(({ cells }) => {
    const sum = candidates.reduce((total, column) => total + Number(cells[column]), 0);
    return Math.abs(sum - 1) <= TOLERANCE;
  });
  if (rows.length === 0 || candidates.length < 2 || !sumsToOne) return undefined;
  return {
    mapping: Object.fromEntries(labels.map((name) => [scoreKey('prob', name), name])),
    warning: {
      code: 'class-columns',
      message: `The columns ${listed(labels)} sum to 1 in every row, so they were read as the probabilities of labels with these names.`,
    },
  };
}

/** The true labels of the first rows; undefined without a column that is called so. */
function truthsIn(header: readonly string[], rows: readonly TableRow[]): readonly string[] | undefined {
  const [name] = namedColumns(header, null).roles.label ?? [];
  if (name === undefined) return undefined;
  const index = header.findIndex((other) => other.trim() === name);
  return [...new Set(rows.map(({ cells }) => (cells[index] ?? '').trim()))];
}

const ambiguity = z.object({ role: z.string().optional(), candidates: z.array(z.number()).min(2) });

/** The columns that an error calls ambiguous, where every row holds the same in all of them. */
async function repeatedColumns(source: TableFile, { data }: UserError): Promise<Found | undefined> {
  const { data: ambiguous } = ambiguity.safeParse(data);
  if (ambiguous === undefined) return undefined;
  const { role, candidates } = ambiguous;
  const [first = 0, ...others] = candidates;
  for await (const batch of tableRows(source))
    for (const { cells } of batch)
      if (others.some((other) => cells[other]?.trim() !== cells[first]?.trim())) return undefined;
  const names = candidates.map((column) => source.header[column]?.trim() ?? '');
  const [name = ''] = names;
  const found = role === undefined ? { repeated: [name] } : { mapping: { [role]: name } };
  const read = role === undefined ? 'The first was read' : `${quoted(name)} was read as the ${role}`;
  return {
    ...found,
    warning: {
      code: 'repeated-column',
      message: `The columns ${listed(names)} hold the same in every row. ${read}.`,
    },
  };
}
