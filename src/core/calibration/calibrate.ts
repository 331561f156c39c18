import { largest, least } from '../extremes';
import { evaluate } from '../metrics/evaluate';
import { type Calibrator, applyCalibrator, fitCalibrator, type FitOptions } from './calibrator';
import { crossFit, type CrossFit, type FitFold, partition, type Partition } from './cross-fit';
import type { CalibratorId } from './registry';
import { confidenceOnly, knownRows } from '../model/rows';
import type { CalibrateOn, PredictionData, Warning } from '../model/predictions';
import type { Evaluation, EvaluateOptions } from '../model/evaluation';

export interface CalibrateOptions extends FitOptions, Omit<EvaluateOptions, 'seed' | 'folds'> {
  /** How a fold gets its calibrator, if more than the parameters of `method` was chosen on the table. */
  readonly fitFold?: FitFold | undefined;
}

export interface CalibrationResult {
  readonly report: CalibrationReport;
  /** Refitted on all rows with a known truth. */
  readonly calibrator: Calibrator;
}

const FOLD_SEEDS = 5;

/**
 * Fits a calibrator and measures it on rows that it did not see: raw and calibrated numbers on the same
 * rows, cross-fitted (or on the test part of a split column). The calibrator itself is refitted on all rows.
 */
export function calibrate(data: PredictionData, options: CalibrateOptions): CalibrationResult {
  const { on, method } = options;
  const seed = options.seed ?? 0;
  const known = knownRows(data);
  const fitted = fitCalibrator(known, options);
  const fit = (train: PredictionData) => fitCalibrator(train, options).calibrator;
  const split = partition(known, seed);
  const fittedInFolds = crossFit(known, on, split, options.fitFold ?? fit);
  const scoring = { ...options, seed };
  const { before, after } = beforeAndAfter(fittedInFolds, split, scoring);
  const visible = on === 'labels' ? known : confidenceOnly(known);
  const report: CalibrationReport = {
    method,
    on,
    folds: {
      source: split.source,
      count: split.count,
      seed,
      stratifiedBy: known.kind === 'labels' ? 'label' : 'correct',
      grouped: known.group !== undefined,
      seedRange: split.source === 'folds' ? seedRange(known, on, fit, seed, options) : null,
    },
    before,
    after,
    inSample: evaluate(applyCalibrator(fitted.calibrator, visible), {
      ...scoring,
      folds: undefined,
      warnings: [{ code: 'in-sample', message: 'Evaluated on the rows that the calibrator was fitted on.' }],
    }),
    warnings: [...fitted.warnings, ...failureWarnings(fittedInFolds, split)],
  };
  return { report, calibrator: fitted.calibrator };
}

function failureWarnings({ failures }: CrossFit, split: Partition): Warning[] {
  const [first] = failures;
  if (first === undefined) return [];
  return [
    {
      code: 'fold-failed',
      message: `${failures.length} of ${split.count} folds could not be fitted. Their rows are left out of the numbers before and after: ${first.message}`,
    },
  ];
}

/**
 * Both evaluations on the same rows. If the calibrator cannot change the order of confidences, raw's AUROC and AURC
 * stand in `after`, marked; otherwise both are averages within folds, since ranks of different fits cannot be pooled.
 */
function beforeAndAfter(
  result: CrossFit,
  split: Partition,
  options: EvaluateOptions,
): { before: Evaluation; after: Evaluation } {
  const folds = split.source === 'folds' && !result.monotone ? result.folds : undefined;
  const before = evaluate(result.raw, { ...options, folds });
  const after = evaluate(result.calibrated, { ...options, folds });
  if (!result.monotone) return { before, after };
  const reason = 'unchanged: the calibrator keeps the order of confidences';
  return {
    before,
    after: { ...after, auroc: { ...before.auroc, reason }, aurc: { ...before.aurc, reason } },
  };
}

/**
 * Lowest and highest cross-fitted result over several fold seeds, without intervals. For one calibrator: the choice
 * among calibrators is not repeated for each seed, which would take as long as everything else together.
 */
function seedRange(
  data: PredictionData,
  on: CalibrateOn,
  fit: (train: PredictionData) => Calibrator,
  seed: number,
  options: EvaluateOptions,
): FoldReport['seedRange'] {
  const seeds = Array.from({ length: FOLD_SEEDS }, (_, i) => seed + i);
  const evaluations = seeds.map((foldSeed) => {
    const { calibrated } = crossFit(data, on, partition(data, foldSeed), fit);
    return evaluate(calibrated, { bins: options.bins, binning: options.binning, rounds: 0, nullDraws: 0 });
  });
  const range = (value: (evaluation: Evaluation) => number | null): [number, number] => {
    const values = evaluations.map((evaluation) => value(evaluation) ?? 0);
    return [least(values), largest(values)];
  };
  return {
    seeds,
    nll: range(({ nll, labelMetrics }) => (labelMetrics?.nll ?? nll).value),
    brier: range(({ brier, labelMetrics }) => (labelMetrics?.brier ?? brier).value),
    ece: range(({ ece }) => ece.value),
  };
}

/** How the out-of-sample predictions were made. */
interface FoldReport {
  /** 'folds': cross-fitting; 'split': fitted on the rows marked fit, evaluated on those marked test. */
  readonly source: 'folds' | 'split';
  readonly count: number;
  readonly seed: number;
  readonly stratifiedBy: 'label' | 'correct';
  readonly grouped: boolean;
  /** Lowest and highest result over five fold seeds: how much the fit itself varies. Null for a split. */
  readonly seedRange: null | {
    readonly seeds: readonly number[];
    readonly nll: readonly [number, number];
    readonly brier: readonly [number, number];
    readonly ece: readonly [number, number];
  };
}

/** What `calibrate` prints. */
export interface CalibrationReport {
  readonly method: CalibratorId;
  readonly on: CalibrateOn;
  readonly folds: FoldReport;
  /** Raw and calibrated out-of-sample numbers, on the same rows. */
  readonly before: Evaluation;
  readonly after: Evaluation;
  /** The saved calibrator on the rows that it was fitted on: in-sample, shown only beside the others. */
  readonly inSample: Evaluation;
  readonly warnings: readonly Warning[];
}
