import { type Assessment, assess } from '../metrics/evaluate';
import { UserError } from '../user-error';
import { fitCalibrator } from './calibrator';
import { crossFit, partition, type Partition } from './cross-fit';
import { confidenceOnly, knownRows, rowCount, rowsWhere, selectRows } from '../model/rows';
import type { CalibrateOn, PredictionData } from '../model/predictions';
import type { EvaluateOptions } from '../model/evaluation';
import { type CalibratorId, idsThatNeed, refusal, CANDIDATE_IDS } from './registry';

/** A calibrator (or none), cross-fitted. */
export interface ComparedCalibrator {
  readonly method: CalibratorId | 'raw';
  /** The scored rows after the calibrator. */
  readonly data: PredictionData;
  readonly assessment: Assessment;
}

export interface CalibratorComparison {
  readonly on: CalibrateOn;
  /** Raw first; all on the same rows. */
  readonly calibrators: readonly ComparedCalibrator[];
  /** Indices of those rows among the rows with a known truth. */
  readonly rows: Uint32Array;
  readonly excluded: readonly { readonly method: CalibratorId; readonly reason: string }[];
  readonly source: Partition['source'];
  readonly count: number;
}

export interface CompareOptions extends Omit<EvaluateOptions, 'folds'> {
  readonly on: CalibrateOn;
  /** (K) the share of each label to expect: with them a calibrator that needs them is compared as well. */
  readonly shares?: readonly number[] | undefined;
  /** Called before each calibrator, to report progress. */
  readonly onCalibrator?: (method: CalibratorId | 'raw', at: number, of: number) => void | Promise<void>;
}

/**
 * Every calibrator that a table allows, cross-fitted over the same folds as `calibrate` (or fitted on one part of a
 * split column and evaluated on the other), with all metrics on the same rows.
 *
 * @throws UserError bad-split, too-few-rows
 */
export async function compareCalibrators(
  data: PredictionData,
  { on, shares, onCalibrator, ...options }: CompareOptions,
): Promise<CalibratorComparison> {
  const seed = options.seed ?? 0;
  const known = knownRows(data);
  const split = partition(known, seed);
  const wanted = [...CANDIDATE_IDS, ...(shares === undefined ? [] : idsThatNeed('shares'))];
  const allowed = wanted.filter((method) => refusal(method, on) === null);
  const rows = rowsWhere(rowCount(known), (i) => (split.fold[i] ?? -1) >= 0);
  const scored = selectRows(known, rows);
  const raw = on === 'labels' ? scored : confidenceOnly(scored);
  await onCalibrator?.('raw', 0, allowed.length);
  const calibrators: ComparedCalibrator[] = [{ method: 'raw', data: raw, assessment: assess(raw, options) }];
  const excluded: { method: CalibratorId; reason: string }[] = [];
  for (const [at, method] of allowed.entries()) {
    await onCalibrator?.(method, at + 1, allowed.length);
    try {
      calibrators.push(crossFitted(known, method, split, { ...options, on, shares }));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      excluded.push({ method, reason: error.message });
    }
  }
  return { on, calibrators, rows, excluded, source: split.source, count: split.count };
}

/**
 * Cross-fits one calibrator.
 *
 * @param known rows with a known truth only
 * @throws UserError fold-failed, and what `crossFit` throws
 */
export function crossFitted(
  known: PredictionData,
  method: CalibratorId,
  split: Partition,
  { on, seed, shares, ...options }: Omit<CompareOptions, 'onCalibrator'>,
): ComparedCalibrator {
  const result = crossFit(
    known,
    on,
    split,
    (train) => fitCalibrator(train, { method, on, seed: seed ?? 0, shares }).calibrator,
  );
  const [failure] = result.failures;
  if (failure !== undefined) throw new UserError('fold-failed', failure.message);
  // Ranks of several fits are on one scale only where none of them can change the order.
  const folds = split.source === 'folds' && !result.monotone ? result.folds : undefined;
  const assessment = assess(result.calibrated, { ...options, seed, folds });
  return { method, data: result.calibrated, assessment };
}
