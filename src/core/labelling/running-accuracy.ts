/** How often the model is right, as it is shown while rows are labelled. */
import { bettingTail } from '../metrics/betting';
import { alone, sumShare, unitsOf } from '../metrics/units';

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
  const kinds = kindsOf(right, weight);
  const low = lowest(kinds, (y) => y, 1 / least);
  const high = 1 - lowest(kinds, (y) => 1 - y, 1 / least);
  return {
    value: sums.share,
    low: Math.min(low, sums.share),
    high: Math.max(high, sums.share),
    kind: 'anytime',
  };
}

/** Rows of the same weight and outcome; there are as few kinds as a design has probabilities. */
interface Kinds {
  readonly weight: Float64Array;
  readonly right: Float64Array;
  /** Rows of each kind. */
  readonly times: Float64Array;
}

function kindsOf(right: ArrayLike<number>, weight: Float64Array): Kinds {
  const found = new Map<string, { weight: number; right: number; times: number }>();
  weight.forEach((w, row) => {
    const y = right[row] ?? 0;
    const kind = found.get(`${w} ${y}`);
    if (kind === undefined) found.set(`${w} ${y}`, { weight: w, right: y, times: 1 });
    else kind.times++;
  });
  const kinds = [...found.values()];
  return {
    weight: Float64Array.from(kinds, (kind) => kind.weight),
    right: Float64Array.from(kinds, (kind) => kind.right),
    times: Float64Array.from(kinds, (kind) => kind.times),
  };
}

/**
 * The lower end of a confidence sequence: means below it are ruled out by betting against them at every row so far, which
 * Ville's inequality allows at any time (Waudby-Smith & Ramdas 2023, §4).
 */
function lowest({ weight, right, times }: Kinds, y: (right: number) => number, largest: number): number {
  const rows = Array.from(weight.keys());
  const units = alone(rows.length, rows.length);
  const isRuledOut = (mean: number): boolean =>
    bettingTail(rows, (row) => y(right[row] ?? 0), mean, { weight, units, largest, times }) <= ALPHA;
  let low = 0;
  let high = 1;
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (isRuledOut(middle)) low = middle;
    else high = middle;
  }
  return low;
}
