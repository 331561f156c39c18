/** How often the model is right, as it is shown while rows are labelled. */
import { bettingTail } from '../metrics/betting';
import { sumShare, unitsOf } from '../metrics/units';

export interface RunningAccuracy {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** 'anytime': holds however often somebody looks. 'ordinary': narrower, for one look when the planned rows are done. */
  readonly kind: 'anytime' | 'ordinary';
}

/** Each end misses with half of 5%. */
const ALPHA = 0.025;
const STEPS = 20;

/**
 * @param right (n) 1 or 0 for each labelled row, in the order of the queue; at least one
 * @param probability (n) of being drawn
 * @param least the smallest probability of any row of the table
 * @param isDone whether all planned rows are labelled
 */
export function runningAccuracy(
  right: ArrayLike<number>,
  probability: ArrayLike<number>,
  least: number,
  isDone: boolean,
): RunningAccuracy {
  const weight = Float64Array.from(probability, (p) => 1 / p);
  const sums = sumShare(right, weight, unitsOf({}, right.length, weight));
  const ordinary = sums.interval();
  if (isDone && ordinary !== null) return { value: sums.share, ...ordinary, kind: 'ordinary' };
  const low = lowest((row) => right[row] ?? 0, weight, 1 / least);
  const high = 1 - lowest((row) => 1 - (right[row] ?? 0), weight, 1 / least);
  return {
    value: sums.share,
    low: Math.min(low, sums.share),
    high: Math.max(high, sums.share),
    kind: 'anytime',
  };
}

/**
 * The lower end of a confidence sequence: means below it are ruled out by betting against them at every row so far, which
 * Ville's inequality allows at any time (Waudby-Smith & Ramdas 2023, §4).
 */
function lowest(y: (row: number) => number, weight: Float64Array, largest: number): number {
  const rows = Array.from(weight.keys());
  const units = unitsOf({}, rows.length, weight);
  const isRuledOut = (mean: number): boolean =>
    bettingTail(rows, y, mean, { weight, units, largest }) <= ALPHA;
  let low = 0;
  let high = 1;
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (isRuledOut(middle)) low = middle;
    else high = middle;
  }
  return low;
}
