/** How a bucket is recognised at a glance: a shape and a colour, which accompany its name and never replace it. */
import { type Bucket, bucketOf } from '../model/buckets';

/** From the most confident bucket to the least. */
export const BUCKET_TONES = ['green', 'yellow', 'orange', 'red'] as const;
export type BucketTone = (typeof BUCKET_TONES)[number];

/** Shapes that differ without colour, and in every font that an editor uses. */
export const BUCKET_SHAPES: Readonly<Record<BucketTone, string>> = {
  green: '●',
  yellow: '▲',
  orange: '◆',
  red: '■',
};

export interface MarkedBucket {
  readonly name: string;
  readonly tone: BucketTone;
}

/** The highest of several buckets is green, the lowest red, the second yellow and all others orange. */
export function bucketTone(at: number, count: number): BucketTone {
  if (at === 0) return 'green';
  if (at === count - 1) return 'red';
  return at === 1 ? 'yellow' : 'orange';
}

/** The bucket of an unrounded confidence. */
export function markedBucket(confidence: number, buckets: readonly Bucket[]): MarkedBucket {
  const bucket = bucketOf(confidence, buckets);
  const at = buckets.indexOf(bucket);
  return { name: bucket.name, tone: bucketTone(at, buckets.length) };
}
