import { confidenceOf, normalisedWeights, rowCount } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { wilsonInterval } from '../metrics/intervals';
import { HIGHEST_PERCENT, reachedPercent } from './threshold';

/** The result of accepting every row with at least this confidence. Rows are counted; shares are weighted. */
export interface ThresholdPoint {
  readonly threshold: number;
  readonly rows: number;
  /** Share of all rows. */
  readonly coverage: number;
  /** With Wilson 95%. */
  readonly accuracy: number;
  readonly accuracyLow: number;
  readonly accuracyHigh: number;
}

/**
 * Accuracy and coverage at or above each of the thresholds 0, .01, … .99, which are those that are tested for a
 * target accuracy. A threshold that no row reaches is absent.
 *
 * @param data rows with a known truth only
 */
export function thresholdCurve(data: PredictionData): ThresholdPoint[] {
  const { confidence, correct } = confidenceOf(data);
  const n = rowCount(data);
  const weight = normalisedWeights(data, n);
  const sums = Array.from({ length: HIGHEST_PERCENT + 1 }, () => ({
    rows: 0,
    mass: 0,
    right: 0,
    squares: 0,
  }));
  confidence.forEach((p, i) => {
    const sum = sums[reachedPercent(p)];
    if (sum === undefined) return;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    sum.rows++;
    sum.mass += w;
    sum.right += w * (correct[i] ?? 0);
    sum.squares += w * w;
  });
  const points: ThresholdPoint[] = [];
  const above = { rows: 0, mass: 0, right: 0, squares: 0 };
  for (let percent = HIGHEST_PERCENT; percent >= 0; percent--) {
    const own = sums[percent];
    if (own === undefined) continue;
    above.rows += own.rows;
    above.mass += own.mass;
    above.right += own.right;
    above.squares += own.squares;
    if (above.mass === 0) continue;
    const accuracy = above.right / above.mass;
    // Kish's number of rows.
    const effective = (above.mass * above.mass) / above.squares;
    const { low, high } = wilsonInterval(accuracy * effective, effective);
    points.push({
      threshold: percent / 100,
      rows: above.rows,
      coverage: above.mass / n,
      accuracy,
      accuracyLow: low,
      accuracyHigh: high,
    });
  }
  return points.reverse();
}
