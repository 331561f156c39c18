import { confidenceOf, normalisedWeights, rowCount } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { wilsonInterval } from '../metrics/intervals';
import { bucketOf, type Bucket, DEFAULT_BUCKETS } from './buckets';

/** The rows in a bucket, [low, high). Rows and errors are counted; the means are weighted if rows have weights. */
export interface BucketCount {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  readonly errors: number;
  /** Null without rows. */
  readonly meanConfidence: number | null;
  /** With Wilson 95%; null without rows. */
  readonly accuracy: number | null;
  readonly accuracyLow: number | null;
  readonly accuracyHigh: number | null;
}

/**
 * The rows of each bucket, in the order of the buckets.
 *
 * @param data rows with a known truth only
 */
export function countBuckets(
  data: PredictionData,
  buckets: readonly Bucket[] = DEFAULT_BUCKETS,
): BucketCount[] {
  const { confidence, correct } = confidenceOf(data);
  const weight = normalisedWeights(data, rowCount(data));
  const sums = buckets.map(() => ({ rows: 0, errors: 0, mass: 0, sure: 0, right: 0, squares: 0 }));
  confidence.forEach((p, i) => {
    const sum = sums[buckets.indexOf(bucketOf(p, buckets))];
    if (sum === undefined) return;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    sum.rows++;
    sum.errors += 1 - (correct[i] ?? 0);
    sum.mass += w;
    sum.sure += w * p;
    sum.right += w * (correct[i] ?? 0);
    sum.squares += w * w;
  });
  return sums.map(({ rows, errors, mass, sure, right, squares }, b) => {
    const bucket = {
      name: buckets[b]?.name ?? '',
      low: buckets[b]?.low ?? 0,
      high: buckets[b - 1]?.low ?? 1,
    };
    if (mass === 0)
      return {
        ...bucket,
        rows,
        errors,
        meanConfidence: null,
        accuracy: null,
        accuracyLow: null,
        accuracyHigh: null,
      };
    const accuracy = right / mass;
    // Kish's number of rows.
    const effective = (mass * mass) / squares;
    const { low, high } = wilsonInterval(accuracy * effective, effective);
    return {
      ...bucket,
      rows,
      errors,
      meanConfidence: sure / mass,
      accuracy,
      accuracyLow: low,
      accuracyHigh: high,
    };
  });
}
