/** Fits a calibrator on a table and measures it on rows that it did not see: what `calibrate` saves. */
import { leftOut } from '../../core/data/table';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { calibrate } from '../../core/calibration/calibrate';
import type { CalibrationReport } from '../../core/calibration/calibrate';
import type { Given } from '../../core/calibration/calibrator-kind';
import { type CombinationGain, combinationGain, gainWarnings } from '../../core/calibration/combination-gain';
import { forShares } from '../../core/calibration/deployment';
import { fitRecommended, type Recommendation, recommend } from '../../core/calibration/recommend';
import { type CalibratorId, needs } from '../../core/calibration/registry';
import type { SavedCalibrator } from '../../core/calibration/saved';
import type { Acceptable } from '../../core/data/doubts';
import { evaluate } from '../../core/metrics/evaluate';
import type { EvaluateOptions, Evaluation } from '../../core/model/evaluation';
import type { PredictionData } from '../../core/model/predictions';
import { UserError } from '../../core/user-error';
import { describeCalibrator } from '../../store/tables/describe-calibrator';
import { type LabelledTable, refuseCalibrated } from '../../store/tables/labelled';
import { readTable } from '../../store/tables/read-table';
import { bindingOf, readScoreMeta } from '../../store/tables/score-meta';

export interface FitOrder extends Pick<EvaluateOptions, 'bins' | 'binning'>, Given {
  readonly method: CalibratorId;
  /** The recommendation that chose `method`; each fold then repeats that choice. Null if a person chose. */
  readonly recommendation?: Recommendation | null;
  /** (K) the share of each label where the calibrator will be used, in label order; undefined: as in the table. */
  readonly deployed?: readonly number[] | undefined;
  /** Doubts about the table that a person accepts. */
  readonly accept?: readonly Acceptable[] | undefined;
  /** Version of this program and the time, saved with the calibrator. */
  readonly made: { readonly version: string; readonly time: Date };
}

export interface FittedOnTable {
  readonly saved: SavedCalibrator;
  readonly report: CalibrationReport;
  /** What sampling answers adds; null unless it is a combination. */
  readonly gain: CombinationGain | null;
}

export interface CalibrateOrder extends Omit<FitOrder, 'method' | 'recommendation'> {
  /** Auto: the recommended one. */
  readonly method: CalibratorId | 'auto';
}

export type CalibratedTable =
  | (FittedOnTable & {
      /** Null if a person chose. */
      readonly recommendation: Recommendation | null;
    })
  /** Nothing is better than the raw scores. */
  | { readonly saved: null; readonly recommendation: Recommendation; readonly before: Evaluation };

/**
 * Fits the calibrator that was asked for, or chooses one.
 *
 * @throws UserError as `fitOnTable`
 */
export async function calibrateTable(
  input: LabelledTable,
  { method, ...order }: CalibrateOrder,
): Promise<CalibratedTable> {
  if (method !== 'auto') return { ...(await fitOnTable(input, { ...order, method })), recommendation: null };
  const { table, data, source, warnings } = input;
  refuseCalibrated(table, source.file);
  const { bins, binning, seed = 0 } = order;
  const recommendation = recommend(data, { on: data.kind, seed });
  const { choice } = recommendation;
  if (choice !== null && choice !== 'raw')
    return { ...(await fitOnTable(input, { ...order, method: choice, recommendation })), recommendation };
  const before = evaluate(data, { bins, binning, seed, ...leftOut(table), warnings });
  return { saved: null, recommendation, before };
}

/**
 * @throws UserError already-calibrated, table-doubtful, and everything of `calibrate` and `forShares`
 */
export async function fitOnTable(input: LabelledTable, order: FitOrder): Promise<FittedOnTable> {
  const { method, recommendation = null, deployed, made, seed = 0, shares, neutral, accept = [] } = order;
  const { table, data, doubts, source, warnings } = input;
  refuseCalibrated(table, source.file);
  const doubt = doubts.find(({ code }) => !accept.includes(code));
  if (doubt !== undefined)
    throw new UserError('table-doubtful', `${doubt.message} No calibrator was fitted.`, {
      data: { accept: doubt.code, columns: doubt.instead },
    });
  const on = data.kind;
  const { report, calibrator } = calibrate(data, {
    bins: order.bins,
    binning: order.binning,
    method,
    on,
    seed,
    shares,
    neutral,
    ...leftOut(table),
    warnings,
    fitFold:
      recommendation === null ? undefined : (train: PredictionData) => fitRecommended(train, { on, seed }),
  });
  const moved =
    deployed !== undefined && calibrator.on === 'labels' && data.kind === 'labels'
      ? forShares(calibrator, data, deployed)
      : calibrator;
  const gain = needs(method, 'agreement') ? combinationGain(data, method, seed) : null;
  const warned = {
    ...report,
    warnings: [
      ...report.warnings,
      ...(recommendation?.warnings ?? []),
      ...(gain === null ? [] : gainWarnings(gain)),
    ],
  };
  return { ...(await describeCalibrator(warned, moved, input, made)), gain };
}

/**
 * (m·K) scores of neutral texts, read in the label order of a table, and by the column prefix that it is read by.
 *
 * @throws UserError everything of `readTable`; neutral-mismatch, no-label-scores
 */
export async function readNeutralScores(
  file: string,
  { data, source, table: own }: LabelledTable,
): Promise<Float64Array> {
  const labels = data.kind === 'labels' ? data.labels : undefined;
  const { prefix, ofLabel } = own.columns;
  const { table } = await readTable(file, {
    truth: 'optional',
    labels,
    prefix: prefix ?? undefined,
    label: ofLabel ?? undefined,
  });
  const [here, there] = await Promise.all(
    [source.file, file].map(async (name) => bindingOf(await readScoreMeta(name), prefix)),
  );
  if (here && there && !isDeepStrictEqual(here, there))
    throw new UserError(
      'neutral-mismatch',
      `${path.basename(file)} and ${path.basename(source.file)} were not scored by the same model, prompt and confidence method. Score the neutral texts again as the table was scored.`,
    );
  if (table.data.kind === 'labels') return table.data.logProbs;
  throw new UserError('no-label-scores', `${path.basename(file)} has no score for every label.`);
}
