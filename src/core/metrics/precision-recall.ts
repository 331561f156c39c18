import { argsort } from './sort';

export interface PrecisionRecallPoint {
  /** Rows with a probability of at least this count as the label. */
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/**
 * Precision and recall of one label at every distinct probability, from the highest threshold to the lowest.
 *
 * @param probability (n) P(label)
 * @param positive (n) 1 where the label is the true one
 * @param weight (n) or null for all 1
 */
export function precisionRecallCurve(
  probability: Float64Array,
  positive: Uint8Array,
  weight: Float64Array | null = null,
): PrecisionRecallPoint[] {
  const order = argsort(probability).reverse();
  const weightOf = (row: number) => (weight === null ? 1 : (weight[row] ?? 0));
  const support = positive.reduce((sum, y, row) => sum + y * weightOf(row), 0);
  const points: PrecisionRecallPoint[] = [];
  let hits = 0;
  let chosen = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const row = order[rank] ?? 0;
    hits += (positive[row] ?? 0) * weightOf(row);
    chosen += weightOf(row);
    const threshold = probability[row] ?? 0;
    const next = order[rank + 1];
    if (next !== undefined && probability[next] === threshold) continue;
    // Rows that weigh nothing at the top: there is no precision yet.
    if (chosen === 0) continue;
    points.push({
      threshold,
      precision: hits / chosen,
      recall: support === 0 ? 0 : hits / support,
      f1: support + chosen === 0 ? 0 : (2 * hits) / (support + chosen),
    });
  }
  return points;
}

/** Mean precision over the steps of recall, without interpolation. */
export function averagePrecision(curve: readonly PrecisionRecallPoint[]): number {
  let area = 0;
  let recall = 0;
  for (const point of curve) {
    area += point.precision * (point.recall - recall);
    recall = point.recall;
  }
  return area;
}

/** The threshold for one label with the best F1; the higher of equally good ones. Null without points. */
export function bestF1Threshold(curve: readonly PrecisionRecallPoint[]): PrecisionRecallPoint | null {
  let best: PrecisionRecallPoint | null = null;
  for (const point of curve) if (best === null || point.f1 > best.f1) best = point;
  return best;
}
