import { type Assessment, assess } from '../metrics/evaluate';
import { UserError } from '../user-error';
import { fitCalibrator, refusal } from './calibrator';
import { confidenceOnly, crossFit, partition, type Partition } from './cross-fit';
import { knownRows, rowCount, rowsWhere, selectRows } from '../model/rows';
import { FITTED_METHODS } from './recommend';
import type { CalibrateOn, PredictionData } from '../model/predictions';
import type { EvaluateOptions } from '../model/evaluation';
import type { Method } from './methods';

/** A calibrator (or none) on rows that it did not see. */
export interface ComparedMethod {
  readonly method: Method | 'raw';
  /** The scored rows as they look through the calibrator. */
  readonly data: PredictionData;
  readonly assessment: Assessment;
}

export interface MethodComparison {
  readonly on: CalibrateOn;
  /** Raw first; all on the same rows. */
  readonly methods: readonly ComparedMethod[];
  /** Numbers of those rows among the ones with a known truth. */
  readonly rows: Uint32Array;
  readonly excluded: readonly { readonly method: Method; readonly reason: string }[];
  readonly source: Partition['source'];
  readonly count: number;
}

export interface CompareOptions extends Omit<EvaluateOptions, 'folds'> {
  readonly on: CalibrateOn;
  /** (K) the share of each label to expect: with them the batch correction is compared as well. */
  readonly shares?: readonly number[] | undefined;
  /** Called before each method, to say how far the comparison is. */
  readonly onMethod?: (method: Method | 'raw', at: number, of: number) => void | Promise<void>;
}

/**
 * Every calibrator that a table allows, cross-fitted over the same folds as `calibrate` (or fitted on one part of a
 * split column and scored on the other), with all metrics on the same rows.
 *
 * @throws UserError bad-split, too-few-rows
 */
export async function compareMethods(
  data: PredictionData,
  { on, shares, onMethod, ...options }: CompareOptions,
): Promise<MethodComparison> {
  const seed = options.seed ?? 0;
  const known = knownRows(data);
  const split = partition(known, seed);
  const wanted: readonly Method[] = [
    ...FITTED_METHODS,
    ...(shares === undefined ? [] : (['batch'] as const)),
  ];
  const allowed = wanted.filter((method) => refusal(method, on) === null);
  const rows = rowsWhere(rowCount(known), (i) => (split.fold[i] ?? -1) >= 0);
  const scored = selectRows(known, rows);
  const raw = on === 'labels' ? scored : confidenceOnly(scored);
  await onMethod?.('raw', 0, allowed.length);
  const methods: ComparedMethod[] = [{ method: 'raw', data: raw, assessment: assess(raw, options) }];
  const excluded: { method: Method; reason: string }[] = [];
  for (const [at, method] of allowed.entries()) {
    await onMethod?.(method, at + 1, allowed.length);
    try {
      methods.push(crossFitted(known, method, split, { ...options, on, shares }));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      excluded.push({ method, reason: error.message });
    }
  }
  return { on, methods, rows, excluded, source: split.source, count: split.count };
}

/**
 * One calibrator on rows that it did not see.
 *
 * @param known rows with a known truth only
 * @throws UserError fold-failed, and what `crossFit` throws
 */
export function crossFitted(
  known: PredictionData,
  method: Method,
  split: Partition,
  { on, seed, shares, ...options }: Omit<CompareOptions, 'onMethod'>,
): ComparedMethod {
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
