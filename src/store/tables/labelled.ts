/**
 * A labelled table: evaluation and calibration work on it, on the command line and in the panel.
 */
import path from 'node:path';
import * as z from 'zod';
import { weightedMean } from '../../core/metrics/losses';
import { confidenceOf, confidenceOnly, normalisedWeights } from '../../core/model/rows';
import { sharesWarnings } from '../../core/calibration/deployment';
import type { CalibrateOn, PredictionData, Warning } from '../../core/model/predictions';
import { columnName, type ColumnOptions, rawMapping } from '../../core/data/columns';
import { type Doubt, doubtsOf } from '../../core/data/doubts';
import type { PredictionTable } from '../../core/data/table';
import { predictedNames } from '../../core/decisions/slices';
import { shortHash } from '../../core/model/binding';
import { quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import type { TableFile } from './inspect';
import { type ReadTable, readTable } from './read-table';
import { type CalibratedBy, readCalibratedBy, readScoreMeta, tablesBefore } from './score-meta';

export interface LabelledTable {
  readonly source: TableFile;
  readonly table: PredictionTable;
  /** The table's data, reduced to confidence if the evaluation is on confidence. */
  readonly data: PredictionData;
  /** Reasons to conclude nothing from the table. */
  readonly doubts: readonly Doubt[];
  /** All of them, the doubts first. */
  readonly warnings: readonly Warning[];
  readonly missing: ReadTable['missing'];
}

/**
 * Reads a labelled table.
 *
 * @param slices columns whose values rows are to be sliced by
 * @param labelsFrom a file with the labels that people gave, in place of those of the table
 * @throws UserError everything of `readTable`; no-label-scores
 */
export async function readLabelled(
  file: string,
  columns: ColumnOptions,
  slices: readonly string[] = [],
  labelsFrom?: string,
): Promise<LabelledTable> {
  const read = await readTable(file, { ...columns, truth: 'required', slices }, labelsFrom);
  const { source, table, missing } = read;
  const doubts = doubtsOf(table);
  const data = dataOn(table, columns.on, file);
  return {
    source,
    table,
    data,
    doubts,
    warnings: [...doubts, ...table.warnings, ...missingWarnings(missing, data)],
    missing,
  };
}

/** Where rows that were drawn have no label, every number is of the others. */
function missingWarnings(missing: LabelledTable['missing'], data: PredictionData): Warning[] {
  if (missing === null || missing.rows === 0) return [];
  const { correct } = confidenceOf(data);
  const { share } = missing;
  const among = weightedMean(correct, normalisedWeights(data, correct.length)) * (1 - share);
  return [
    {
      code: 'missing-answers',
      message: `${missing.rows} rows that were drawn have no label (unsure, skipped, or people differ): ${(100 * share).toFixed(1)}% of the table. Every number is of texts that people could label. The accuracy of all is ${among.toFixed(3)} if all of the others are wrong, and ${(among + share).toFixed(3)} if all are right.`,
    },
  ];
}

function dataOn(table: PredictionTable, on: CalibrateOn | undefined, file: string): PredictionData {
  const { data } = table;
  if (on === 'confidence') return confidenceOnly(data);
  if (on === 'labels' && data.kind !== 'labels')
    throw new UserError(
      'no-label-scores',
      `${path.basename(file)} has no score for every label: add columns prob:LABEL, logprob:LABEL or logit:LABEL, ` +
        `or evaluate its confidence alone.`,
      { data: { instead: 'confidence' } },
    );
  return data;
}

/** Slices by the predicted label, whatever its column. */
export const PREDICTED = 'predicted';

/**
 * (n) the slice of each row by a column that the table was read with, or by {@link PREDICTED}.
 *
 * @returns null if the table does not contain the predicted label
 */
export function sliceNames(name: string, { table, data }: LabelledTable): readonly (string | null)[] | null {
  if (name === PREDICTED && data.kind === 'labels') return predictedNames(data);
  const column = (name === PREDICTED ? table.predicted : table.slices.get(name)) ?? null;
  return column === null ? null : Array.from(column.index, (at) => column.names[at] ?? null);
}

/**
 * Refuses calibrated tables: their numbers are too optimistic if the calibrator was fitted on these rows, and a table
 * does not show whether it was.
 */
export function refuseCalibrated(table: PredictionTable, file: string): void {
  if (table.calibratedBy === null) return;
  const raw = rawMapping(table.columns);
  throw new UserError(
    'already-calibrated',
    `${path.basename(file)} already holds calibrated predictions (column ${quoted(columnName(table.columns, table.columns.roles.calibrator))}). Use the table that it ` +
      `was made from${raw === undefined ? '' : ', or the raw predictions that it keeps (columns raw:…)'}.`,
    { data: raw === undefined ? {} : { columns: raw } },
  );
}

/** Warnings about a calibrated table: whether its calibrator was fitted on it, and for which label shares. */
export async function calibratedWarnings(
  { calibratedBy: calibrator, columns, data }: PredictionTable,
  file: string,
): Promise<Warning[]> {
  if (calibrator === null) return [];
  const meta = await readCalibratedBy(file, columns.ofLabel);
  const by = await calibratorName(calibrator, file, meta);
  const name = `The table holds predictions calibrated by ${by}`;
  const instead = rawMapping(columns);
  const raw = instead === undefined ? {} : { instead };
  if (meta?.calibratorSha256 !== calibrator)
    return [
      {
        code: 'calibrated-table',
        message: `${name}. If that calibrator was fitted on these rows, the numbers are too optimistic.`,
        ...raw,
      },
    ];
  const { labelShares } = meta;
  const shares =
    labelShares === undefined || data.kind !== 'labels'
      ? []
      : sharesWarnings(
          data,
          data.labels.map((label) => labelShares[label] ?? 0),
        );
  const sameRows = [meta.tableSha256, ...(await tablesBefore(file))];
  const inSample = sameRows.includes(meta.fittedOnSha256);
  return [
    ...(inSample
      ? [
          {
            code: 'in-sample',
            message: `${name}, which was fitted on these rows: the numbers are in-sample and too optimistic.`,
            ...raw,
          },
        ]
      : []),
    ...shares,
  ];
}

/** Name of the calibrator that a table's predictions come from; null for raw ones. */
export async function calibratorOf(
  { calibratedBy, columns }: Pick<PredictionTable, 'calibratedBy' | 'columns'>,
  file: string,
): Promise<string | null> {
  if (calibratedBy === null) return null;
  return calibratorName(calibratedBy, file, await readCalibratedBy(file, columns.ofLabel));
}

/** By its name where `apply` or `score` recorded it; otherwise by the beginning of its hash. */
async function calibratorName(sha256: string, file: string, meta: CalibratedBy | undefined): Promise<string> {
  if (meta?.calibratorSha256 === sha256 && meta.calibrator !== undefined) return meta.calibrator;
  const run = await readScoreMeta(file).catch((error: unknown) => {
    if (error instanceof UserError) return null; // whoever needs the record is told
    throw error;
  });
  const scoredBy = scoredBySchema.safeParse(run).data?.calibrator;
  return scoredBy?.sha256 === sha256 ? path.basename(scoredBy.file, '.json') : shortHash(sha256);
}

/** The calibrator in the record of a run that calibrated what it scored. */
const scoredBySchema = z.object({ calibrator: z.object({ file: z.string(), sha256: z.string() }) });
