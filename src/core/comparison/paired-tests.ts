/** Tests and intervals of a difference between two runs on the same rows. */
import { binomialTail, normalCumulative } from '../metrics/distributions';
import { effectiveRows, Z_95 } from '../metrics/intervals';
import { weightedMean } from '../metrics/losses';
import { FEWEST_RARE_GROUPS, independentRows, tooFewGroups, type Units } from '../metrics/units';
import type { Random } from '../random';

/**
 * McNemar's test, exact and two-sided: whether rows on which two runs differ favour one of them (McNemar 1947; twice the
 * smaller tail of a binomial of one half, at most 1). Rows must be independent and of one weight.
 *
 * @param gained rows of which the second run alone is right
 * @param lost rows of which the first run alone is right
 */
export function mcNemar(gained: number, lost: number): number {
  const n = gained + lost;
  return Math.min(1, 2 * binomialTail(Math.max(gained, lost), n, 0.5));
}

/** With so many units or fewer, every choice of signs is tried. */
const ENUMERATED = 16;
/** With more than these, the sum of random signs is taken for normal. */
const DRAWN = 2000;
const DRAWS = 4999;
/** Sums that are equal but for rounding. */
const ROUNDING = 1e-9;

/**
 * Sign-flip test, two-sided: if two runs are alike, the difference within a group is as likely as its opposite. Exact for
 * up to 16 groups that differ, from 4,999 seeded draws for up to 2,000, and from the normal limit beyond.
 *
 * @param sums (G) the difference summed over each group's rows, weighted
 */
export function signFlip(sums: Float64Array, random: Random): number {
  const values = sums.filter((sum) => sum !== 0).map(Math.abs);
  const observed = Math.abs(sums.reduce((total, sum) => total + sum, 0));
  const reached = observed - ROUNDING * values.reduce((total, value) => total + value, 0);
  if (values.length <= ENUMERATED) return enumerated(values, reached);
  if (values.length > DRAWN) {
    const spread = Math.sqrt(values.reduce((total, value) => total + value * value, 0));
    return Math.min(1, 2 * (1 - normalCumulative(observed / spread)));
  }
  let atLeast = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    let sum = 0;
    for (const value of values) sum += random() < 0.5 ? value : -value;
    if (Math.abs(sum) >= reached) atLeast++;
  }
  return (1 + atLeast) / (DRAWS + 1);
}

/** All signs but that of the first value: the others mirror them. */
function enumerated(values: Float64Array, reached: number): number {
  const [first = 0, ...rest] = values;
  const choices = 2 ** rest.length;
  let atLeast = 0;
  for (let choice = 0; choice < choices; choice++) {
    let sum = first;
    rest.forEach((value, bit) => (sum += (choice & (1 << bit)) === 0 ? value : -value));
    if (Math.abs(sum) >= reached) atLeast++;
  }
  return atLeast / choices;
}

/** (units) Σ w d over the rows of each unit. @param weight (n) or null for all 1 */
export function unitSums(difference: Float64Array, weight: Float64Array | null, units: Units): Float64Array {
  const sums = new Float64Array(units.count);
  difference.forEach((d, row) => {
    const unit = units.group?.[row] ?? row;
    sums[unit] = (sums[unit] ?? 0) + (weight?.[row] ?? 1) * d;
  });
  return sums;
}

/**
 * 95% interval of a difference of two shares of the same rows: Wald's with half a row added to each of the four cells
 * (Agresti & Min, "Simple improved confidence intervals for comparing matched proportions", 2005), on as many independent
 * rows as the rows are worth. Null as for the interval of a share.
 *
 * @param difference (n) −1, 0 or 1
 */
export function pairedShareInterval(
  difference: Float64Array,
  weight: Float64Array | null,
  units: Units,
): { low: number; high: number } | null {
  if (difference.length === 0 || tooFewGroups(units)) return null;
  const n = worthOf(difference, weight, units);
  const share = (outcome: number): number =>
    weightedMean(
      difference.map((d) => Number(d === outcome)),
      weight,
    );
  const [gained, lost] = [share(1), share(-1)];
  const own = gained - lost;
  const up = gained * n + 0.5;
  const down = lost * n + 0.5;
  const middle = (up - down) / (n + 2);
  const half = (Z_95 * Math.sqrt(up + down - (up - down) ** 2 / (n + 2))) / (n + 2);
  return {
    low: Math.max(-1, Math.min(own, middle - half)),
    high: Math.min(1, Math.max(own, middle + half)),
  };
}

/**
 * The number of independent rows that would tell the difference as well, by its own variance between groups: rows of a
 * group that both runs get right, or both wrong, say nothing about it. Where few groups hold more than the commonest
 * outcome, that variance is too small, and a group counts as one row.
 */
function worthOf(difference: Float64Array, weight: Float64Array | null, units: Units): number {
  const n = effectiveRows(weight, difference.length);
  if (units.group === null) return n;
  const groups = units.effective;
  const mean = weightedMean(difference, weight);
  const centred = difference.map((d) => d - mean);
  const ofRows = weightedMean(
    centred.map((d) => d * d),
    weight,
  );
  const mass = weight?.reduce((sum, w) => sum + w, 0) ?? difference.length;
  const ofSums = unitSums(centred, weight, units).reduce((sum, own) => sum + own * own, 0);
  const between = ((groups / (groups - 1)) * ofSums) / mass ** 2;
  const factor = ofRows === 0 ? 1 : Math.max(1, (between * n) / ofRows);
  const worth = independentRows(n, { factor, groups });
  return groupsBesides(difference, weight, units.group) < FEWEST_RARE_GROUPS
    ? Math.min(worth, groups)
    : worth;
}

/** The number of groups that hold another outcome than the commonest: the fewest over the three outcomes. */
function groupsBesides(difference: Float64Array, weight: Float64Array | null, group: Int32Array): number {
  const besides = (outcome: number): number =>
    new Set(group.filter((_, row) => difference[row] !== outcome && weight?.[row] !== 0)).size;
  return Math.min(besides(-1), besides(0), besides(1));
}
