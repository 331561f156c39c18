/**
 * A calibrated copy of a table: every column kept, its predictions moved to `raw:*`, the calibrated ones added.
 */
import path from 'node:path';
import { applyCalibrator } from '../../core/calibration/calibrator';
import { needs } from '../../core/calibration/registry';
import { confidenceOf, confidenceOnly, labelProbability, type Predicted } from '../../core/model/rows';
import {
  type CalibrateOn,
  type PredictionData,
  type RejectedRow,
  UNKNOWN_CORRECT,
  type Warning,
} from '../../core/model/predictions';
import {
  columnName,
  type ColumnOptions,
  findColumns,
  predictionColumns,
  RAW,
  type Role,
  type TableColumns,
} from '../../core/data/columns';
import { CALIBRATOR_OF, YES } from '../../core/data/multi-label';
import { type PredictionTable, TableBuilder } from '../../core/data/table';
import { type Bucket, bucketOf } from '../../core/model/buckets';
import { quoted } from '../../core/quote';
import { cancelledError, UserError } from '../../core/user-error';
import type { LoadedCalibrator } from '../calibrators';
import type { TruthReading } from '../../core/data/vocabulary';
import { truthOf } from './truth';
import { AS_IS, type CellStyle, csvLine } from './csv-line';
import type { TableFile } from './inspect';
import { writeWithMeta } from './write-with-meta';
import { type TableRow, tableRows } from './rows';

export interface CopyOptions {
  readonly columns: ColumnOptions;
  readonly on: CalibrateOn;
  /** Calibrates the rows of one batch: label scores, or confidence if the calibrator is on confidence. */
  readonly calibrate: (data: PredictionData) => PredictionData;
  /** The bucket of each calibrated confidence is written beside it. */
  readonly buckets: readonly Bucket[];
  /** SHA-256 of the calibrator's file, written into every calibrated row. */
  readonly calibratorSha256: string;
  /** How the true labels of the whole table are read; undefined if it has none. */
  readonly reading?: TruthReading | undefined;
}

/** How a saved calibrator turns rows into calibrated ones. */
export function copyBy(
  { sha256, saved: { calibrator } }: LoadedCalibrator,
  columns: ColumnOptions,
  buckets: readonly Bucket[],
): CopyOptions {
  return {
    columns,
    on: calibrator.on,
    calibrate: (data) => applyCalibrator(calibrator, data),
    buckets,
    calibratorSha256: sha256,
  };
}

/**
 * How a saved calibrator turns the rows that `score` writes into calibrated ones.
 *
 * @throws UserError calibrator-combination: it needs the columns of two methods
 */
export function copyOfScores(loaded: LoadedCalibrator, buckets: readonly Bucket[]): CopyOptions {
  const { calibrator } = loaded.saved;
  if (needs(calibrator.method, 'agreement'))
    throw new UserError(
      'calibrator-combination',
      `${path.basename(loaded.file)} is a combination, which needs the columns of both confidence methods. It can be applied to a scored table, but not while the table is ` +
        `scored.`,
    );
  return copyBy(loaded, calibrator.on === 'labels' ? { labels: calibrator.labels } : {}, buckets);
}

export interface CopyReport {
  readonly rows: number;
  /** Rows with calibrated cells; the rest are copied with empty ones. */
  readonly calibrated: number;
  /** The first 10,000 rows that could not be calibrated; `rejectedCount` counts all of them. */
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
  readonly warnings: readonly Warning[];
}

/** What a row needs to be calibrated. A doubtful weight or split is no reason to leave it out. */
const NEEDED: ReadonlySet<string> = new Set<Role>([
  'label',
  'predicted',
  'correct',
  'confidence',
  'labelMass',
]);

/** Turns rows of a table into rows of its calibrated copy, chunk by chunk. */
export class RowCalibrator {
  /** Header of the copy. */
  readonly header: readonly string[];
  private readonly builder: TableBuilder;
  private readonly missing: readonly string[];
  private readonly namesPrediction: boolean;
  private calibrated = 0;

  /**
   * @param source header of the table
   * @param name the table, for messages
   * @throws UserError everything of `findColumns`; already-calibrated, column-exists
   */
  constructor(
    private readonly source: readonly string[],
    name: string,
    private readonly options: CopyOptions,
  ) {
    const columns = findColumns(source, { ...options.columns, on: options.on });
    if (columns.roles.calibrator !== undefined)
      throw new UserError(
        'already-calibrated',
        `${name} already holds calibrated predictions (column ${quoted(columnName(columns, columns.roles.calibrator))}). Use the table that it was made from.`,
      );
    const added = addedColumns(columns, options.on);
    this.header = [...keptColumns(columns, added, name), ...added];
    this.builder = new TableBuilder(withoutExtras(columns), {
      truth: 'optional',
      reading: options.reading,
    });
    this.missing = added.map(() => '');
    this.namesPrediction = columns.roles.predicted !== undefined;
  }

  /**
   * The cells of the copy, one row for each; a row that cannot be calibrated keeps its cells and gets empty ones.
   *
   * @param batch rows without predictions are not listed as bad where that is known
   */
  rows(batch: readonly (TableRow & { readonly hasNone?: boolean })[]): string[][] {
    const accepted = batch.map(
      ({ cells, line, hasNone }) => hasNone !== true && this.builder.add(cells, line),
    );
    const cellsOf = calibratedCells(this.builder.take(), this.options, this.namesPrediction);
    let next = 0;
    const rows = batch.map(({ cells }, i) => {
      const kept = this.source.map((_, column) => cells[column] ?? '');
      const surplus = cells.slice(kept.length);
      return [...kept, ...(accepted[i] ? cellsOf(next++) : this.missing), ...surplus];
    });
    this.calibrated += next;
    return rows;
  }

  /** The report so far. */
  report(): Omit<CopyReport, 'rows'> {
    const { rejected, rejectedCount, warnings } = this.builder.take();
    return { calibrated: this.calibrated, rejected, rejectedCount, warnings };
  }
}

export interface CopyRun {
  readonly style?: CellStyle | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of rows that are written so far. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

/**
 * Streams a table into its calibrated copy, in bounded memory. The copy appears under its name when it is whole.
 *
 * @throws UserError everything of `tableRows` and `RowCalibrator`; no-rows, cancelled
 */
export async function writeCalibrated(
  source: TableFile,
  out: string,
  options: CopyOptions,
  { style = AS_IS, signal, onRows }: CopyRun = {},
): Promise<CopyReport> {
  const name = path.basename(source.file);
  const columns = findColumns(source.header, { ...options.columns, on: options.on });
  const reading = await truthOf(source, columns, undefined);
  const calibrator = new RowCalibrator(source.header, name, { ...options, reading });
  let rows = 0;

  async function* lines(): AsyncGenerator<string> {
    yield csvLine(calibrator.header, source.separator, style);
    for await (const batch of tableRows(source)) {
      if (signal?.aborted === true) throw cancelledError();
      rows += batch.length;
      onRows?.(rows);
      yield calibrator
        .rows(batch)
        .map((cells) => csvLine(cells, source.separator, style))
        .join('');
    }
    if (rows === 0) throw new UserError('no-rows', `${name} has a header but no rows.`);
    if (signal?.aborted === true) throw cancelledError();
  }

  await writeWithMeta(out, lines(), null);
  const report = calibrator.report();
  return { ...report, rows, warnings: [...source.warnings, ...report.warnings] };
}

/** The table's own columns as they are called in the copy. */
function keptColumns(columns: TableColumns, added: readonly string[], name: string): readonly string[] {
  const moved = new Set(predictionColumns(columns));
  const raw = (index: number) => `${RAW}${(columns.header[index] ?? '').trim()}`;
  const kept = columns.header.map((column, index) => (moved.has(index) ? raw(index) : column));
  const introduced = new Set([...added, ...[...moved].map(raw)]);
  const clash = [...kept, ...added].find(
    (column, at, all) => introduced.has(column) && all.indexOf(column) < at,
  );
  if (clash !== undefined)
    throw new UserError('column-exists', `${name} already has a column "${clash}". Rename it first.`);
  return kept;
}

function addedColumns({ scores, prefix, roles, ofLabel }: TableColumns, on: CalibrateOn): readonly string[] {
  if (ofLabel !== null) return [`${YES}${ofLabel}`, `${CALIBRATOR_OF}${ofLabel}`];
  const numbers =
    on === 'confidence' || scores === null
      ? ['confidence']
      : scores.labels.map((label) => `prob:${label ?? ''}`);
  const predicted = scores === null && roles.predicted === undefined ? [] : ['predicted'];
  const start = prefix === null ? '' : `${prefix}/`;
  return [
    ...[...numbers, ...predicted, 'correct', 'bucket'].map((name) => start + name),
    'calibrator_sha256',
  ];
}

function withoutExtras(columns: TableColumns): TableColumns {
  const roles = Object.fromEntries(Object.entries(columns.roles).filter(([role]) => NEEDED.has(role)));
  return { ...columns, roles };
}

/** (n) P(label) of a pair of labels; a calibrator on confidence gives that of the predicted one. */
function pairProbabilities(out: PredictionData, { predicted }: Predicted): Float64Array {
  if (out.kind === 'labels') return labelProbability(out.probs, 2, 0);
  return out.confidence.map((confidence, row) => (predicted?.[row] === 0 ? confidence : 1 - confidence));
}

/** The cells of `addedColumns` for the i-th row of a batch. */
function calibratedCells(
  table: PredictionTable,
  { on, calibrate, buckets, calibratorSha256 }: CopyOptions,
  namesPrediction: boolean,
): (row: number) => readonly string[] {
  const raw = confidenceOf(table.data);
  const out = calibrate(on === 'confidence' ? confidenceOnly(table.data) : table.data);
  const winner = confidenceOf(out);
  const { ofLabel } = table.columns;
  if (ofLabel !== null) {
    const yes = pairProbabilities(out, raw);
    return (row) => [String(yes[row] ?? 0), calibratorSha256];
  }
  const numbers = (row: number): readonly string[] => {
    if (out.kind === 'confidence') return [String(out.confidence[row])];
    const K = out.labels.length;
    return out.labels.map((_, k) => String(out.probs[row * K + k] ?? 0));
  };
  const predicted = (row: number): readonly string[] => {
    if (table.data.kind === 'labels')
      return [table.data.labels[(winner.predicted ?? raw.predicted)?.[row] ?? -1] ?? ''];
    return namesPrediction ? [table.predicted?.names[table.predicted.index[row] ?? -1] ?? ''] : [];
  };
  const correct = (row: number) =>
    winner.correct[row] === UNKNOWN_CORRECT ? '' : String(winner.correct[row]);
  const bucket = (row: number) => bucketOf(winner.confidence[row] ?? 0, buckets).name;
  return (row) => [...numbers(row), ...predicted(row), correct(row), bucket(row), calibratorSha256];
}
