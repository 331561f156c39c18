/** Whether a tuned model is worth its use: base and tuned, raw and calibrated, on rows that none of them has seen. */
import { applyCalibrator, fitCalibrator } from '../calibration/calibrator';
import { crossFit, partition } from '../calibration/cross-fit';
import { fitRecommended, pairedMean, recommend, rowLosses, withoutSplit } from '../calibration/recommend';
import type { CalibratorId } from '../calibration/registry';
import { least } from '../extremes';
import { evaluate } from '../metrics/evaluate';
import type { Evaluation } from '../model/evaluation';
import { type PredictionData, SPLIT_FIT } from '../model/predictions';
import { normalisedWeights, rowCount, rowsWhere, selectRows } from '../model/rows';

/** The scores of one model. */
export interface ModelScores {
  /** Rows with a known truth that the model was not trained on, with their split. */
  readonly data: PredictionData;
  /** Its rows of the hold-out. Those of all models are the same texts in the same order. */
  readonly held: Uint32Array;
}

export const TUNED_MODELS = ['base', 'tuned'] as const;
export type TunedModel = (typeof TUNED_MODELS)[number];

export interface TunedResult {
  readonly model: TunedModel;
  /** Null for raw scores. */
  readonly calibrator: CalibratorId | null;
  /** On the hold-out. */
  readonly evaluation: Evaluation;
  /** How much higher its NLL is than the lowest, with the paired standard error of that difference. */
  readonly gap: number;
  readonly gapSe: number;
}

/** The calibrator of one model: what it is fitted on, or why there is none. */
export type TunedFit =
  | {
      readonly method: CalibratorId;
      /** Rows before the hold-out; or the hold-out itself, where its numbers are cross-fitted. */
      readonly on: 'fit' | 'held';
      /** The rows that it is fitted on, without a split. */
      readonly rows: Uint32Array;
    }
  | { readonly method: null; readonly reason: string };

export interface TunedVerdict {
  /** Simplest first. */
  readonly results: readonly TunedResult[];
  /** Place in the results. */
  readonly chosen: number;
  readonly fits: Readonly<Record<TunedModel, TunedFit>>;
}

/**
 * The simplest of base, calibrated base, tuned, and tuned and calibrated whose NLL on the hold-out is within one paired
 * standard error of the lowest (the rule of `recommend`). Calibrators are chosen and fitted without the hold-out, or where
 * too few rows are left for that, cross-fitted in it.
 *
 * @throws UserError of a fit that fails
 */
export function judgeTuned(models: Readonly<Record<TunedModel, ModelScores>>, seed = 0): TunedVerdict {
  const judged = TUNED_MODELS.map((model) => ({ model, ...candidatesOf(models[model], seed) }));
  const candidates = judged.flatMap(({ model, raw, calibrated, fit }) => [
    { model, calibrator: null, data: raw },
    ...(calibrated === null || fit.method === null
      ? []
      : [{ model, calibrator: fit.method, data: calibrated }]),
  ]);
  const losses = candidates.map(({ data }) => rowLosses(data));
  const [first] = candidates;
  const weight = first === undefined ? null : normalisedWeights(first.data, rowCount(first.data));
  const group = first?.data.group;
  const means = losses.map((own) => pairedMean(own, null, weight, group).mean);
  const best = losses[means.indexOf(least(means))] ?? null;
  const results = candidates.map(({ model, calibrator, data }, at): TunedResult => {
    const { mean, se } = pairedMean(losses[at] ?? new Float64Array(0), best, weight, group);
    return { model, calibrator, evaluation: evaluate(data, { seed }), gap: mean, gapSe: se };
  });
  const fitOf = (model: TunedModel): TunedFit =>
    judged.find((each) => each.model === model)?.fit ?? { method: null, reason: '' };
  return {
    results,
    chosen: Math.max(
      0,
      results.findIndex(({ gap, gapSe }) => gap <= gapSe),
    ),
    fits: { base: fitOf('base'), tuned: fitOf('tuned') },
  };
}

interface Candidates {
  readonly raw: PredictionData;
  readonly calibrated: PredictionData | null;
  readonly fit: TunedFit;
}

function candidatesOf({ data, held }: ModelScores, seed: number): Candidates {
  const on = data.kind;
  const raw = withoutSplit(selectRows(data, held));
  const fitRows = rowsWhere(rowCount(data), (row) => data.split?.[row] === SPLIT_FIT);
  const fitData = withoutSplit(selectRows(data, fitRows));
  const { choice, reason } = recommend(fitData, { on, seed });
  if (choice === 'raw') return { raw, calibrated: null, fit: { method: null, reason } };
  if (choice !== null) {
    const { calibrator } = fitCalibrator(fitData, { on, method: choice, seed });
    return {
      raw,
      calibrated: applyCalibrator(calibrator, raw),
      fit: { method: choice, on: 'fit', rows: fitRows },
    };
  }
  const inHeld = recommend(raw, { on, seed });
  if (inHeld.choice === null || inHeld.choice === 'raw')
    return { raw, calibrated: null, fit: { method: null, reason: inHeld.reason } };
  const found = crossFit(raw, on, partition(raw, seed), (train) => fitRecommended(train, { on, seed }));
  const [failure] = found.failures;
  if (failure !== undefined) return { raw, calibrated: null, fit: { method: null, reason: failure.message } };
  return {
    raw,
    calibrated: found.calibrated,
    fit: { method: inHeld.choice, on: 'held', rows: held },
  };
}
