/** Tests of a weighted mean that hold for any number of rows and any distribution within known bounds. */
import type { Units } from './units';

/** Shares of the largest bet that are mixed. */
const BETS = Array.from({ length: 16 }, (_, j) => 0.9 * 2 ** (-j / 2));

/**
 * p of "the weighted mean of y is at most `mean`", by betting (Waudby-Smith & Ramdas, "Estimating means of bounded
 * random variables by betting", 2023, §4): if that is so, the capital Π (1 + λ x_u) of a gambler who stakes λ on every
 * unit is 1 in expectation or less, x_u = Σ w (y − mean) over the unit's rows, and by Markov it exceeds 1/p with
 * probability p at most. Several λ are mixed, so that none need be chosen; the order of the units does not matter.
 *
 * @param rows which rows of the table
 * @param y (n) in [0, 1]
 * @param weight (n) or null for all 1
 * @param largest the largest weight that a unit can have
 * @param times how many units each row stands for, where every row is a unit; absent for 1
 */
export function bettingTail(
  rows: Iterable<number>,
  y: (row: number) => number,
  mean: number,
  {
    weight,
    units,
    largest,
    times,
  }: {
    weight: Float64Array | null;
    units: Units;
    largest: number;
    times?: ArrayLike<number>;
  },
): number {
  const gains = new Map<number, number>();
  for (const row of rows) {
    const unit = units.group?.[row] ?? row;
    const gain = (weight?.[row] ?? 1) * (y(row) - mean);
    gains.set(unit, (gains.get(unit) ?? 0) + gain);
  }
  const most = mean * largest;
  if (most <= 0) return 1;
  const capitals = BETS.map((bet) => {
    let log = 0;
    for (const [unit, gain] of gains) log += (times?.[unit] ?? 1) * Math.log1p((bet / most) * gain);
    return Math.exp(Math.min(log, 700));
  });
  return Math.min(1, BETS.length / capitals.reduce((sum, capital) => sum + capital, 0));
}

/** The largest weight of a unit of the table. */
export function largestUnit(n: number, weight: Float64Array | null, { group, count }: Units): number {
  if (group === null) return weight === null ? 1 : weight.reduce((most, w) => Math.max(most, w), 0);
  const masses = new Float64Array(count);
  for (let i = 0; i < n; i++) masses[group[i] ?? 0] = (masses[group[i] ?? 0] ?? 0) + (weight?.[i] ?? 1);
  return masses.reduce((most, mass) => Math.max(most, mass), 0);
}
