import { seededRandom } from '../random';
import { UserError } from '../user-error';
import { applyCalibrator, type Calibrator, isStrictlyMonotone, parameterCount } from './calibrator';
import {
  confidenceOf,
  confidenceOnly,
  rescored,
  rowCount,
  rowsWhere,
  selectRows,
  strataOf,
} from '../model/rows';
import { assignFolds, foldCount } from '../model/folds';
import { type CalibrateOn, type PredictionData, SPLIT_FIT, SPLIT_TEST } from '../model/predictions';

/** Fits a calibrator on the given rows only, including every choice that it makes. */
export type FitFold = (train: PredictionData) => Calibrator;

/** Which rows are calibrated by a fit that did not see them. */
export interface Partition {
  readonly source: 'folds' | 'split';
  readonly count: number;
  /** (n) fold in which each row is calibrated; −1: never (the fit part of a split). */
  readonly fold: Int32Array;
  /** Rows on which the calibrator of a fold is fitted. */
  trainRows(fold: number): Uint32Array;
}

/** Predictions for rows that their calibrator did not see, pooled over folds, in the order of the table. */
export interface CrossFit {
  /** Indices of the scored rows in the table. */
  readonly rows: Uint32Array;
  /** The scored rows as they were, and calibrated; both of the kind that `on` specifies. */
  readonly raw: PredictionData;
  readonly calibrated: PredictionData;
  /** Fold of each scored row. */
  readonly folds: Int32Array;
  /** True where no fold's calibrator can change the order of confidences within it. */
  readonly monotone: boolean;
  /** Most parameters over the folds. */
  readonly parameters: number;
  /** Folds that could not be fitted, with the reason; their rows are not among `rows`. */
  readonly failures: readonly { readonly fold: number; readonly message: string }[];
}

/**
 * The split column where there is one, else seeded stratified folds.
 *
 * @param data rows with a known truth only
 */
export function partition(data: PredictionData, seed: number): Partition {
  const n = rowCount(data);
  const { split } = data;
  if (split !== undefined) {
    const fit = rowsWhere(n, (i) => split[i] === SPLIT_FIT);
    const fold = Int32Array.from(split, (part) => (part === SPLIT_TEST ? 0 : -1));
    if (fit.length === 0 || !fold.includes(0))
      throw new UserError(
        'bad-split',
        'The split column must mark some rows with a known truth as fit and some as test.',
      );
    return { source: 'split', count: 1, fold, trainRows: () => fit };
  }
  const strata = strataOf(data);
  const { folds, count } = assignFolds({
    n,
    strata,
    group: data.group,
    count: foldCount(n, strata, data.group),
    random: seededRandom(seed),
  });
  if (count < 2)
    throw new UserError(
      'too-few-rows',
      'Calibration needs at least two rows (or groups) with a known truth, so that a calibrator fitted on one can be applied to the other.',
    );
  return { source: 'folds', count, fold: folds, trainRows: (fold) => rowsWhere(n, (i) => folds[i] !== fold) };
}

/**
 * Cross-fitting: each row is calibrated by a fit without it.
 *
 * @param data rows with a known truth only
 */
export function crossFit(data: PredictionData, on: CalibrateOn, split: Partition, fit: FitFold): CrossFit {
  const n = rowCount(data);
  const failures: { fold: number; message: string }[] = [];
  const parts: { rows: Uint32Array; calibrated: PredictionData }[] = [];
  let monotone = true;
  let parameters = 0;
  for (let fold = 0; fold < split.count; fold++) {
    const rows = rowsWhere(n, (i) => split.fold[i] === fold);
    try {
      const calibrator = fit(selectRows(data, split.trainRows(fold)));
      parts.push({ rows, calibrated: applyCalibrator(calibrator, selectRows(data, rows)) });
      monotone &&= isStrictlyMonotone(calibrator);
      parameters = Math.max(parameters, parameterCount(calibrator));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push({ fold, message: error.message });
    }
  }
  const [failure] = failures;
  if (parts.length === 0)
    throw new UserError('no-optimum', failure?.message ?? 'No fold holds rows that could be scored.');
  const failed = new Set(failures.map(({ fold }) => fold));
  const rows = rowsWhere(n, (i) => (split.fold[i] ?? -1) >= 0 && !failed.has(split.fold[i] ?? -1));
  const selected = selectRows(data, rows);
  const raw = on === 'labels' ? selected : confidenceOnly(selected);
  return {
    rows,
    raw,
    calibrated: pooled(n, raw, rows, parts),
    folds: Int32Array.from(rows, (row) => split.fold[row] ?? 0),
    monotone,
    parameters,
    failures,
  };
}

/** Puts the parts' calibrated columns back into the order of the table; all other columns are raw's. */
function pooled(
  n: number,
  raw: PredictionData,
  rows: Uint32Array,
  parts: readonly { rows: Uint32Array; calibrated: PredictionData }[],
): PredictionData {
  const position = new Int32Array(n);
  rows.forEach((row, i) => (position[row] = i));
  if (raw.kind === 'labels') {
    const K = raw.labels.length;
    const logProbs = new Float64Array(rows.length * K);
    for (const part of parts) {
      if (part.calibrated.kind !== 'labels') continue;
      const from = part.calibrated.logProbs;
      part.rows.forEach((row, i) => {
        logProbs.set(from.subarray(i * K, i * K + K), (position[row] ?? 0) * K);
      });
    }
    return rescored(raw, logProbs);
  }
  const confidence = new Float64Array(rows.length);
  const logOdds = new Float64Array(rows.length);
  for (const part of parts) {
    const from = confidenceOf(part.calibrated);
    part.rows.forEach((row, i) => {
      confidence[position[row] ?? 0] = from.confidence[i] ?? 0;
      logOdds[position[row] ?? 0] = from.logOdds[i] ?? 0;
    });
  }
  return { ...raw, confidence, logOdds };
}
