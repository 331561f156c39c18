import * as z from 'zod';
import { UserError } from '../user-error';

/** A range of confidence with an action, [low, high); the highest bucket also contains 1. */
export interface Bucket {
  readonly name: string;
  readonly low: number;
}

/** Highest first; editable. */
export const DEFAULT_BUCKETS: readonly Bucket[] = [
  { name: 'automatic', low: 0.9 },
  { name: 'review', low: 0.7 },
  { name: 'manual check', low: 0.5 },
  { name: 'manual', low: 0 },
];

/** Only the shape; {@link checkBuckets} checks the values. */
export const bucketsSchema = z.array(z.object({ name: z.string(), low: z.number() }));

/** A problem of one field of one bucket, in a sentence. */
export interface BucketProblem {
  /** Place of the bucket, from 0. */
  readonly at: number;
  readonly field: 'name' | 'low';
  readonly message: string;
}

/** Problems of buckets that do not cover [0, 1] from high to low without a gap, or share a name; empty for valid ones. */
export function bucketProblems(buckets: readonly Bucket[]): BucketProblem[] {
  const seen = new Set<string>();
  return buckets.flatMap(({ name, low }, at) => {
    const problems: BucketProblem[] = [];
    const which = `Bucket ${at + 1}`;
    const above = buckets[at - 1];
    const isLast = at === buckets.length - 1;
    if (name.trim() === '') problems.push({ at, field: 'name', message: `${which} needs a name.` });
    else if (seen.has(name.trim()))
      problems.push({
        at,
        field: 'name',
        message: `${which} has the same name as another: "${name.trim()}".`,
      });
    seen.add(name.trim());
    const ceiling = Math.min(above?.low ?? 1, 1);
    if (!(low >= 0 && low < 1))
      problems.push({ at, field: 'low', message: `${which} must start at 0 or above, and below 1.` });
    else if (isLast && low !== 0)
      problems.push({ at, field: 'low', message: `${which} is the last and must start at 0.` });
    else if (low >= ceiling)
      problems.push({
        at,
        field: 'low',
        message: `${which} must start below ${ceiling}, where the one above it starts.`,
      });
    return problems;
  });
}

/** @throws UserError bad-buckets if buckets do not cover [0, 1] from high to low without a gap, or share a name */
export function checkBuckets(buckets: readonly Bucket[]): void {
  const [problem] = bucketProblems(buckets);
  if (problem === undefined && buckets.length > 0) return;
  throw new UserError('bad-buckets', problem?.message ?? 'There must be at least one bucket.');
}

/** Where buckets begin, highest first. */
export function boundsOf(buckets: readonly Bucket[]): number[] {
  return buckets.map(({ low }) => low);
}

/** The bucket of an unrounded confidence: .8999 is not .9. */
export function bucketOf(confidence: number, buckets: readonly Bucket[] = DEFAULT_BUCKETS): Bucket {
  const found = buckets.find(({ low }) => confidence >= low) ?? buckets[buckets.length - 1];
  if (found === undefined) throw new UserError('bad-buckets', 'There is no bucket.');
  return found;
}

/** True if a calibrated confidence is so low that another of K labels must be likelier. */
export function isAnotherLabelLikelier(confidence: number, K: number): boolean {
  return confidence < 1 / K;
}
