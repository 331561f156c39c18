import { confidenceOf, normalisedWeights, rowCount } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { ShareSums, sumShare, unitsOf } from '../metrics/units';
import { HIGHEST_PERCENT, rowsByPercent } from './threshold-steps';

/** The result of accepting every row with at least this confidence. Rows are counted; shares are weighted. */
export interface ThresholdPoint {
  readonly threshold: number;
  readonly rows: number;
  /** Share of all rows. */
  readonly coverage: number;
  /** With Wilson 95%; null where the rows of the table belong to too few groups. */
  readonly accuracy: number;
  readonly accuracyLow: number | null;
  readonly accuracyHigh: number | null;
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
  const units = unitsOf(data, n, weight);
  const effect = sumShare(correct, weight, units).designEffect();
  const points: ThresholdPoint[] = [];
  const above = new ShareSums(units);
  rowsByPercent(confidence).forEach((rows, step) => {
    for (const row of rows) above.add(row, weight?.[row] ?? 1, correct[row] ?? 0);
    if (above.mass === 0) return;
    const interval = above.interval(effect);
    points.push({
      threshold: (HIGHEST_PERCENT - step) / 100,
      rows: above.rows,
      coverage: above.mass / n,
      accuracy: above.share,
      accuracyLow: interval?.low ?? null,
      accuracyHigh: interval?.high ?? null,
    });
  });
  return points.reverse();
}
