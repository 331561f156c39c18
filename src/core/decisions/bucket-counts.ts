import { confidenceOf, normalisedWeights, rowCount } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { ShareSums, sumShare, unitsOf } from '../metrics/units';
import { bucketOf, type Bucket, DEFAULT_BUCKETS } from '../model/buckets';

/** The rows in a bucket, [low, high). Rows and errors are counted; the means are weighted if rows have weights. */
export interface BucketCount {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  readonly errors: number;
  /** Null without rows. */
  readonly meanConfidence: number | null;
  /** With Wilson 95%; null without rows, the interval also where the rows of the table belong to too few groups. */
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
  const n = rowCount(data);
  const weight = normalisedWeights(data, n);
  const units = unitsOf(data, n, weight);
  const sums = buckets.map(() => ({ errors: 0, sure: 0, share: new ShareSums(units) }));
  confidence.forEach((p, i) => {
    const sum = sums[buckets.indexOf(bucketOf(p, buckets))];
    if (sum === undefined) return;
    const w = weight?.[i] ?? 1;
    sum.errors += 1 - (correct[i] ?? 0);
    sum.sure += w * p;
    sum.share.add(i, w, correct[i] ?? 0);
  });
  const effect = sumShare(correct, weight, units).designEffect();
  return sums.map(({ errors, sure, share }, b) => {
    const isEmpty = share.mass === 0;
    const interval = share.interval(effect);
    return {
      name: buckets[b]?.name ?? '',
      low: buckets[b]?.low ?? 0,
      high: buckets[b - 1]?.low ?? 1,
      rows: share.rows,
      errors,
      meanConfidence: isEmpty ? null : sure / share.mass,
      accuracy: isEmpty ? null : share.share,
      accuracyLow: interval?.low ?? null,
      accuracyHigh: interval?.high ?? null,
    };
  });
}
