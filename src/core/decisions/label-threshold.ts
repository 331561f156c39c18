import { labelProbability, normalisedWeights, rowCount } from '../model/rows';
import type { LabelData } from '../model/predictions';
import {
  averagePrecision,
  bestF1Threshold,
  precisionRecallCurve,
  type PrecisionRecallPoint,
} from '../metrics/precision-recall';
import { UserError } from '../user-error';
import { halves } from './halves';

export interface LabelThreshold {
  readonly label: string;
  readonly averagePrecision: number | null;
  /** On all rows: at most 101 points, evenly spaced along the curve, with both ends. */
  readonly curve: readonly PrecisionRecallPoint[];
  /** Chosen on one part of the rows, tested on the other; null if a part holds no row. */
  readonly estimate: (PrecisionRecallPoint & { readonly rows: number }) | null;
  /** P(label) with the best F1 on all rows: the one to use. */
  readonly threshold: number | null;
}

const SHOWN_POINTS = 101;

/**
 * Chooses the P(label) from which a row should count as this label, for the best F1.
 *
 * @param data rows with a known truth only
 */
export function chooseLabelThreshold(
  data: LabelData,
  label: string,
  options: { readonly seed?: number | undefined } = {},
): LabelThreshold {
  const k = data.labels.indexOf(label);
  if (k < 0)
    throw new UserError(
      'no-such-label',
      `"${label}" is not a label. The labels are ${data.labels.join(', ')}.`,
    );
  const curve = curveOf(data, k);
  const { choosing, scoring } = halves(data, options.seed ?? 0);
  const chosen = bestF1Threshold(curveOf(choosing, k));
  const test = curveOf(scoring, k);
  // Every row of the other part at or above the threshold: the last point that reaches it.
  const reached =
    chosen === null ? undefined : test.findLast(({ threshold }) => threshold >= chosen.threshold);
  const none = { precision: 0, recall: 0, f1: 0 };
  return {
    label,
    averagePrecision: curve.length === 0 ? null : averagePrecision(curve),
    curve: thinned(curve),
    estimate:
      chosen === null || test.length === 0
        ? null
        : { ...(reached ?? none), threshold: chosen.threshold, rows: rowCount(scoring) },
    threshold: bestF1Threshold(curve)?.threshold ?? null,
  };
}

function curveOf(data: LabelData, k: number): PrecisionRecallPoint[] {
  const n = rowCount(data);
  const probability = labelProbability(data.probs, data.labels.length, k);
  const isLabel = Uint8Array.from(data.truth, (truth) => Number(truth === k));
  return precisionRecallCurve(probability, isLabel, normalisedWeights(data, n));
}

function thinned(curve: readonly PrecisionRecallPoint[]): readonly PrecisionRecallPoint[] {
  if (curve.length <= SHOWN_POINTS) return curve;
  const step = (curve.length - 1) / (SHOWN_POINTS - 1);
  return Array.from({ length: SHOWN_POINTS }, (_, i) => curve[Math.round(i * step)]).filter(
    (point) => point !== undefined,
  );
}
