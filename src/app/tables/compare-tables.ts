/** Compares the scores that several runs gave to the same rows: tables of two prompts, models, or a base and a tuned one. */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { compareRuns, type CompareRunsOptions, type RunComparison } from '../../core/comparison/compare-runs';
import {
  compareSlices,
  type CompareSlicesOptions,
  type SliceComparison,
} from '../../core/comparison/compare-slices';
import { type DifferingRow, differingRows } from '../../core/comparison/differing-rows';
import { type ComparisonReport, reportedSlices, reportedStage } from '../../core/comparison/report';
import { type ColumnOptions, rawMapping } from '../../core/data/columns';
import { type LeftOut, type SharedRows, sharedRows } from '../../core/data/pairing';
import { predictedNames } from '../../core/decisions/slices';
import { DEFAULT_BINS } from '../../core/metrics/bins';
import type { PredictionData, RowColumns, Warning } from '../../core/model/predictions';
import { confidenceOf, selectRows } from '../../core/model/rows';
import { listed, quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { count, labelName } from '../../core/words/calibration';
import { sourceInWords } from '../../core/words/origin';
import { csvLine, type CellStyle } from '../../store/tables/csv-line';
import {
  type LabelledTable,
  PREDICTED,
  readLabelled,
  refuseCalibrated,
  sliceNames,
} from '../../store/tables/labelled';
import { cellsAt } from '../../store/tables/rows';
import { bindingOf, readScoreMeta } from '../../store/tables/score-meta';

/** From which confidence on decisions are usually made without a person. */
export const DEFAULT_THRESHOLD = 0.9;

export interface CompareOrder
  extends Omit<CompareRunsOptions, 'threshold' | 'bins'>, Pick<CompareSlicesOptions, 'onSlice'> {
  /** At least two, each with the roles of its columns; the others are compared with the first. */
  readonly tables: readonly { readonly file: string; readonly columns: ColumnOptions }[];
  /** Of the runs, as many as tables; undefined: after the files. */
  readonly names?: readonly string[] | undefined;
  /** {@link DEFAULT_THRESHOLD}. */
  readonly threshold?: number | undefined;
  /** A number, or one for the number of compared rows. */
  readonly bins?: number | undefined | ((rows: number) => number);
  /** A file with the labels that people gave to the rows, in place of those of the tables. */
  readonly labelsFrom?: string | undefined;
  /** Columns of the first table by whose values the comparison is sliced. */
  readonly slices?: readonly string[] | undefined;
  /** With more values than these a column is not compared by them; undefined: all are compared. */
  readonly sliceLimit?: number | undefined;
}

export interface ComparedTables {
  readonly report: ComparisonReport;
  /** What diagrams are drawn from. */
  readonly comparison: RunComparison;
  /** For each column by which the comparison is sliced. */
  readonly slices: readonly SliceComparison[];
  readonly inputs: readonly LabelledTable[];
  /** For each table its compared rows. */
  readonly rows: readonly Uint32Array[];
  /** Rows on which runs differ, worst first; their numbers are places among the compared rows. */
  readonly differing: readonly DifferingRow[];
}

/**
 * @throws UserError same-file, bad-name, labels-differ, no-label-scores, already-calibrated, no-common-rows, unpaired,
 *   bad-split; everything of `readLabelled` and `readScoreMeta`
 */
export async function compareTables(order: CompareOrder): Promise<ComparedTables> {
  const { threshold = DEFAULT_THRESHOLD, slices = [], sliceLimit: limit, onStage, onSlice } = order;
  const names = runNames(
    order.tables.map(({ file }) => file),
    order.names,
  );
  const inputs = await readTables(order, slices);
  const shared = pair(inputs);
  const { tables, warnings } = alike(inputs, shared, names);
  const rows = shared.rows[0]?.length ?? 0;
  const bins = typeof order.bins === 'function' ? order.bins(rows) : order.bins;
  const { binning, seed = 0, rounds, nullDraws } = order;
  const options = { bins, binning, seed, rounds, nullDraws, threshold };
  const comparison = await compareRuns(tables, { ...options, onStage });
  const compared = tables.map((table) => selectRows(table, comparison.rows));
  const rowsOfTables = shared.rows.map((own) => comparison.rows.map((row) => own[row] ?? 0));
  const differing = differingRows(
    compared,
    inputs.map((input, at) => predictedIn(input, rowsOfTables[at] ?? new Uint32Array(0))),
  );
  const [first] = inputs;
  const sliced: SliceComparison[] = [];
  for (const column of slices) {
    const values = slicedBy(column, first, rowsOfTables[0]);
    sliced.push(await compareSlices(compared, values, { ...options, limit, onSlice }));
  }
  const bounds = await Promise.all(
    inputs.map(async ({ source, table }) =>
      bindingOf(await readScoreMeta(source.file), table.columns.prefix),
    ),
  );
  const total = (change: DifferingRow['change']): number =>
    differing.reduce((sum, row) => sum + Number(row.change === change), 0);
  const report: ComparisonReport = {
    schema: 1,
    names,
    on: comparison.on,
    labels: tables[0]?.kind === 'labels' ? tables[0].labels : null,
    threshold,
    seed,
    binning: { kind: binning ?? 'width', count: bins ?? DEFAULT_BINS },
    tables: inputs.map(({ source, table }, at) => ({
      name: names[at] ?? '',
      file: path.basename(source.file),
      sha256: source.sha256,
      rows: table.n,
      ...(shared.leftOut[at] ?? NOTHING),
      origin: sourceInWords(bounds[at] ?? null),
    })),
    pairing: { by: shared.by, rows, compared: comparison.rows.length },
    warnings: [...warningsOf(inputs, comparison, names), ...warnings, ...withoutIds(inputs, shared, names)],
    folds: comparison.folds,
    recommended: comparison.recommended,
    stages: comparison.stages.map(reportedStage),
    excluded: comparison.excluded,
    slices: sliced.map((own, at) => reportedSlices(slices[at] ?? '', own)),
    differing: { lost: total('lost'), 'both-wrong': total('both-wrong'), gained: total('gained') },
  };
  return { report, comparison, slices: sliced, inputs, rows: rowsOfTables, differing };
}

const NOTHING: LeftOut = { missing: 0, repeated: 0, differing: 0 };

/** @throws UserError bad-name */
function runNames(files: readonly string[], given: readonly string[] | undefined): string[] {
  if (given === undefined) return namesOfFiles(files);
  const names = given.map((name) => name.trim());
  if (names.length !== files.length)
    throw new UserError(
      'bad-name',
      `There are ${count(files.length, 'table')}, but ${count(names.length, 'name')}: ${listed(names)}.`,
    );
  if (names.includes('') || new Set(names).size < names.length)
    throw new UserError('bad-name', `Each run needs a name of its own; the names are ${listed(names)}.`);
  return names;
}

/** After the files, with their folders where names are the same. */
function namesOfFiles(files: readonly string[]): string[] {
  const plain = files.map((file) => path.basename(file, path.extname(file)));
  if (new Set(plain).size === plain.length) return plain;
  return files.map((file, at) =>
    plain.filter((name) => name === plain[at]).length === 1 ? (plain[at] ?? '') : file,
  );
}

async function readTables(
  { tables, labelsFrom }: Pick<CompareOrder, 'tables' | 'labelsFrom'>,
  slices: readonly string[],
): Promise<LabelledTable[]> {
  const inputs: LabelledTable[] = [];
  for (const { file, columns } of tables) {
    const isFirst = inputs.length === 0;
    const own = isFirst ? slices.filter((name) => name !== PREDICTED) : [];
    const [first] = inputs;
    const labels = first?.data.kind === 'labels' ? first.data.labels : undefined;
    const input = await named(file, readLabelled(file, { ...columns, labels }, own, labelsFrom));
    const twin = inputs.find(({ source }) => source.sha256 === input.source.sha256);
    if (twin !== undefined)
      throw new UserError(
        'same-file',
        `${path.basename(twin.source.file)} and ${path.basename(file)} hold the same, so there is nothing to compare.`,
      );
    inputs.push(input);
  }
  refuseCopies(inputs);
  const [without] = inputs.filter(({ data }) => data.kind === 'confidence');
  const [having] = inputs.filter(({ data }) => data.kind === 'labels');
  if (without !== undefined && having !== undefined)
    throw new UserError(
      'no-label-scores',
      `${path.basename(without.source.file)} has no score for every label, and ${path.basename(having.source.file)} has them: only their confidences can be compared.`,
      { data: { instead: 'confidence' } },
    );
  return inputs;
}

/**
 * The raw predictions that copies keep are of use where every table is a copy that keeps them under the same names: an
 * option for columns is one for all tables.
 */
function refuseCopies(inputs: readonly LabelledTable[]): void {
  const copies = inputs.filter(({ table }) => table.calibratedBy !== null);
  const [copy] = copies;
  if (copy === undefined) return;
  const raw = rawMapping(copy.table.columns);
  const areAlike = inputs.every((input) => isDeepStrictEqual(rawMapping(input.table.columns), raw));
  const { file } = copy.source;
  if (copies.length === inputs.length && areAlike) refuseCalibrated(copy.table, file);
  throw new UserError(
    'already-calibrated',
    `${path.basename(file)} already holds calibrated predictions. Compare the table that it was made from.`,
  );
}

/** An error says of which table it is. */
async function named<T>(file: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = error.message.replace(/^The table has/u, `${path.basename(file)} has`);
    const data = error.code === 'labels-differ' ? { ...error.data, instead: 'confidence' } : error.data;
    throw new UserError(error.code, message, { cause: error, data });
  }
}

/** @throws UserError no-common-rows, unpaired */
function pair(inputs: readonly LabelledTable[]): SharedRows {
  const shared = sharedRows(inputs.map(({ table }) => table));
  if (shared !== null && shared.rows[0]?.length !== 0) return shared;
  const have = (key: 'id' | 'text'): boolean => inputs.every(({ table }) => table[key] !== undefined);
  const files = listed(inputs.map(({ source }) => path.basename(source.file)));
  if (!have('id') && !have('text'))
    throw new UserError(
      'unpaired',
      `Rows are paired by a column "id" or "text", but not all of ${files} have one of them.`,
      { data: { role: 'id' } },
    );
  throw new UserError(
    'no-common-rows',
    `${files} have no rows in common: they share no ids and no texts, or more than a tenth of those that they share have different true labels, or none of those that share a text has the same group.`,
    { data: { role: 'id' } },
  );
}

interface Alike {
  /** The shared rows, with the same groups, weights and split. */
  readonly tables: readonly PredictionData[];
  readonly warnings: readonly Warning[];
}

/** Groups, weights and split are those of the first table that has them. */
function alike(inputs: readonly LabelledTable[], shared: SharedRows, names: readonly string[]): Alike {
  const tables = inputs.map(({ data }, at) => selectRows(data, shared.rows[at] ?? new Uint32Array(0)));
  const byColumn = inputs.findIndex(({ table }) => table.columns.roles.group !== undefined);
  const grouped = byColumn < 0 ? tables.find(({ group }) => group !== undefined) : tables[byColumn];
  const common: RowColumns = {
    group: grouped?.group,
    weight: tables.find(({ weight }) => weight !== undefined)?.weight,
    split: tables.find(({ split }) => split !== undefined)?.split,
  };
  const columns = {
    // By their names: the numbers of groups are those of one table.
    group: inputs.map(
      ({ table: { group } }, at) =>
        group && Float64Array.from(shared.rows[at] ?? [], (row) => group[row] ?? NaN),
    ),
    weight: tables.map(({ weight }) => weight),
    split: tables.map(({ split }) => split),
  };
  const warnings = Object.entries(columns).flatMap(([column, values]): Warning[] => {
    const owner = values.findIndex((own) => own !== undefined);
    const other = values.findIndex((own) =>
      own?.some((value, row) => !Object.is(value, values[owner]?.[row])),
    );
    if (other < 0) return [];
    return [
      {
        code: `other-${column}`,
        message: `${labelName(names[other] ?? '')} has another ${column} than ${labelName(names[owner] ?? '')} in some rows; that of ${labelName(names[owner] ?? '')} counts.`,
      },
    ];
  });
  return { tables: tables.map((table) => ({ ...table, ...common })), warnings };
}

/** Ids that are missing in some rows of a table whose other rows are paired by them. */
function withoutIds(
  inputs: readonly LabelledTable[],
  shared: SharedRows,
  names: readonly string[],
): Warning[] {
  if (shared.by !== 'id') return [];
  return inputs.flatMap(({ table: { id } }, at) => {
    const hasNone = (row: number): boolean => Number.isNaN(id?.[row] ?? 0);
    const rows = id?.filter(Number.isNaN).length ?? 0;
    const paired = shared.rows[at]?.filter(hasNone).length ?? 0;
    if (rows === 0) return [];
    return [
      {
        code: 'rows-without-id',
        message: `${labelName(names[at] ?? '')}: ${count(rows, 'row')} without an id. ${paired === 0 ? 'None' : paired.toLocaleString('en-US')} of them could be paired by text.`,
      },
    ];
  });
}

/** Those of the tables and of their raw numbers, each once. */
function warningsOf(
  inputs: readonly LabelledTable[],
  { stages }: RunComparison,
  names: readonly string[],
): Warning[] {
  const found = new Map<string, { readonly warning: Warning; readonly of: string[] }>();
  const runs = stages.find(({ stage }) => stage === 'raw')?.runs ?? [];
  inputs.forEach(({ warnings }, at) => {
    for (const warning of [...warnings, ...(runs[at]?.evaluation.warnings ?? [])]) {
      const known = found.get(warning.message) ?? { warning, of: [] };
      found.set(warning.message, known);
      known.of.push(labelName(names[at] ?? ''));
    }
  });
  return Array.from(found.values(), ({ warning: { code, message }, of }) => ({
    code,
    message: `${of.join(', ')}: ${message}`,
  }));
}

function slicedBy(
  column: string,
  input: LabelledTable | undefined,
  rows: Uint32Array | undefined,
): readonly (string | null)[] {
  const names = input === undefined ? null : sliceNames(column, input);
  if (names === null)
    throw new UserError('no-predicted', `${quoted(column)}: the first table has no predicted labels.`);
  return Array.from(rows ?? [], (row) => names[row] ?? null);
}

/** The predicted labels of some rows; null where a table does not name them. */
function predictedIn({ table }: LabelledTable, rows: Uint32Array): (string | null)[] {
  const names = table.data.kind === 'labels' ? predictedNames(table.data) : null;
  return Array.from(
    rows,
    (row) => names?.[row] ?? table.predicted?.names[table.predicted.index[row] ?? -1] ?? null,
  );
}

/** A row on which runs differ. */
export interface ListedDifference {
  readonly change: DifferingRow['change'];
  readonly truth: string | null;
  /** Null where no table has texts. */
  readonly text: string | null;
  readonly runs: readonly {
    /** Line of the run's table. */
    readonly line: number;
    readonly predicted: string | null;
    readonly confidence: number;
    readonly correct: boolean;
  }[];
}

/**
 * The worst rows on which runs differ, with their texts.
 *
 * @throws UserError everything of `tableRows`
 */
export async function listDifferences(
  { inputs, rows, differing }: ComparedTables,
  limit: number,
): Promise<ListedDifference[]> {
  const wanted = differing.slice(0, limit);
  const predictions = inputs.map((input, at) => {
    const own = rows[at] ?? new Uint32Array(0);
    const chosen = Uint32Array.from(wanted, ({ row }) => own[row] ?? 0);
    return {
      ...confidenceOf(selectRows(input.data, chosen)),
      rows: chosen,
      names: predictedIn(input, chosen),
    };
  });
  const texts = await textsOf(inputs, predictions);
  const [first] = inputs;
  return wanted.map(({ change }, i) => ({
    change,
    truth: first === undefined ? null : truthOf(first, predictions[0]?.rows[i] ?? 0),
    text: texts?.[i] ?? null,
    runs: predictions.map(({ names, confidence, correct, rows: own }, at) => ({
      line: inputs[at]?.table.lines[own[i] ?? 0] ?? 0,
      predicted: names[i] ?? null,
      confidence: confidence[i] ?? 0,
      correct: correct[i] === 1,
    })),
  }));
}

/** (listed rows) of the first table that has texts; null where none has. */
async function textsOf(
  inputs: readonly LabelledTable[],
  chosen: readonly { readonly rows: Uint32Array }[],
): Promise<string[] | null> {
  const at = inputs.findIndex(({ table }) => table.columns.roles.text !== undefined);
  const input = inputs[at];
  const column = input?.table.columns.roles.text;
  if (input === undefined || column === undefined) return null;
  const lines = Array.from(chosen[at]?.rows ?? [], (row) => input.table.lines[row] ?? 0);
  const found = await cellsAt(input.source, column, new Set(lines));
  return lines.map((line) => found.get(line) ?? '');
}

function truthOf({ table: { data, label } }: LabelledTable, row: number): string | null {
  if (data.kind === 'labels') return data.labels[data.truth[row] ?? -1] ?? null;
  return label?.names[label.index[row] ?? -1] ?? null;
}

/** The rows on which runs differ as a CSV, worst first, numbers in full precision. */
export function differencesCsv(
  names: readonly string[],
  rows: readonly ListedDifference[],
  style: CellStyle,
): string {
  const ofRuns = (column: string): string[] => names.map((name) => `${name}/${column}`);
  const header = [
    'change',
    'label',
    ...ofRuns('line'),
    ...ofRuns('predicted'),
    ...ofRuns('confidence'),
    'text',
  ];
  const lines = rows.map(({ change, truth, text, runs }) => [
    change,
    truth ?? '',
    ...runs.map(({ line }) => String(line)),
    ...runs.map(({ predicted }) => predicted ?? ''),
    ...runs.map(({ confidence }) => String(confidence)),
    text ?? '',
  ]);
  return [header, ...lines].map((cells) => csvLine(cells, ',', style)).join('');
}
