/**
 * The confidence methods of one table: its columns under each `<method>/` prefix, on the same rows.
 */
import { selectRows } from '../../core/model/rows';
import type { PredictionData, RejectedRow, Warning } from '../../core/model/predictions';
import { canCombine, type ColumnOptions, COMBINED, prefixesOf } from '../../core/data/columns';
import { UserError } from '../../core/user-error';
import { inspectTable } from './inspect';
import { type LabelledTable, readLabelled } from './labelled';
import { readScoreMeta, type ScoreMeta } from './score-meta';

export interface MethodTable {
  /** Column prefix, without the slash. */
  readonly prefix: string;
  /** The rows that every method has scores for. */
  readonly data: PredictionData;
  readonly warnings: readonly Warning[];
  readonly rejected: readonly RejectedRow[];
  /** Answers of the model that a row takes; null if nothing records how the table was scored. */
  readonly answersPerRow: number | null;
  /** Seconds that a row took; null if nothing records it. */
  readonly secondsPerRow: number | null;
}

export interface MethodTables {
  /** In the order of the columns. */
  readonly methods: readonly MethodTable[];
  /**
   * Token probability and agreement together, under the prefix that a combination of both writes; null where the
   * table lacks one of them, or is calibrated.
   */
  readonly combined: MethodTable | null;
  /** Rows that every method has. At least one. */
  readonly rows: number;
  /** Rows that some method cannot be scored on; none of them is compared. */
  readonly leftOut: number;
}

/**
 * @param columns their method is ignored
 * @param labelsFrom a file with the labels that people gave, in place of those of the table
 * @throws UserError everything of `readLabelled` and `readScoreMeta`; no-common-rows
 */
export async function readMethods(
  file: string,
  columns: ColumnOptions,
  labelsFrom?: string,
): Promise<MethodTables> {
  const { header } = await inspectTable(file);
  const meta = await readScoreMeta(file);
  const read: { prefix: string; input: LabelledTable }[] = [];
  for (const prefix of prefixesOf(header))
    read.push({ prefix, input: await readLabelled(file, { ...columns, prefix }, [], labelsFrom) });
  const inAll = new Map<number, number>();
  for (const { input } of read)
    for (const line of input.table.lines) inAll.set(line, (inAll.get(line) ?? 0) + 1);
  const isCommon = (line: number): boolean => inAll.get(line) === read.length;
  const rows = [...inAll.keys()].filter(isCommon).length;
  const [first] = read;
  if (first === undefined || rows === 0)
    throw new UserError(
      'no-common-rows',
      'No row has scores of every confidence method, so the methods cannot be compared. Choose one of them.',
    );
  const { n, rejectedCount, calibratedBy } = first.input.table;
  const total = n + rejectedCount;
  const tableOf = (
    prefix: string,
    { table, data, warnings }: LabelledTable,
    parts: readonly string[],
  ): MethodTable => ({
    prefix,
    data: selectRows(data, rowsOf(table.lines, isCommon)),
    warnings,
    rejected: table.rejected,
    answersPerRow: sum(parts.map((part) => answersOf(meta, part))),
    secondsPerRow: sum(parts.map((part) => secondsOf(meta, part, total))),
  });
  const combined =
    calibratedBy === null && canCombine(header, columns)
      ? await readLabelled(file, { ...columns, combine: true }, [], labelsFrom)
      : null;
  return {
    methods: read.map(({ prefix, input }) => tableOf(prefix, input, [prefix])),
    combined: combined && tableOf(COMBINED.out, combined, [COMBINED.token, COMBINED.agreement]),
    rows,
    leftOut: total - rows,
  };
}

function rowsOf(lines: Int32Array, isWanted: (line: number) => boolean): Uint32Array {
  return Uint32Array.from([...lines.keys()].filter((row) => isWanted(lines[row] ?? 0)));
}

/** One for the token probability; as many as are drawn for consistency; both for the ensemble. */
function answersOf(meta: ScoreMeta | null, prefix: string): number | null {
  const scoring = meta?.scoring[prefix];
  if (scoring === undefined) return null;
  const drawn = scoring.sampling?.samples ?? 0;
  return scoring.method === 'consistency' ? drawn : drawn + 1;
}

/** As {@link answersOf}. */
function secondsOf(meta: ScoreMeta | null, prefix: string, rows: number): number | null {
  const scoring = meta?.scoring[prefix];
  if (scoring === undefined) return null;
  const { token, drawn } = meta?.seconds ?? {};
  const isDrawn = scoring.sampling !== undefined;
  const spent = [...(isDrawn ? [drawn] : []), ...(scoring.method === 'consistency' ? [] : [token])];
  return sum(spent.map((seconds) => (seconds === undefined ? null : seconds / rows)));
}

/** Null where a part is not known. */
function sum(parts: readonly (number | null)[]): number | null {
  return parts.reduce((total, part) => (total === null || part === null ? null : total + part), 0);
}
