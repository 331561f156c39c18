import type { Bucket } from '../model/buckets';

/**
 * The buckets with their highest one from a threshold on: what is decided without a person. Lower buckets that would
 * begin at or above the threshold are left out.
 *
 * @param buckets valid, highest first
 * @param threshold in [0, 1)
 */
export function bucketsFrom(buckets: readonly Bucket[], threshold: number): Bucket[] {
  const [highest, ...lower] = buckets;
  // What covered everything alone leaves nothing for the rows below.
  if (lower.length === 0 && threshold > 0)
    lower.push({ name: highest?.name === 'review' ? 'manual' : 'review', low: 0 });
  return [
    { name: highest?.name ?? 'automatic', low: threshold },
    ...lower.filter(({ low }) => low < threshold),
  ];
}
