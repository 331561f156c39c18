import { logit, sigmoid } from '../model/numeric';

/** The 97.5% point of the standard normal. */
export const Z_95 = 1.959_963_984_540_054;

/**
 * Wilson's score interval for a proportion, 95% (Wilson 1927; Brown, Cai, DasGupta 2001, eq. 4).
 *
 * @param successes may be fractional, for weighted rows
 * @param n number of trials, above 0
 * @param z normal quantile of the level: 1.96 for 95% on both sides
 */
export function wilsonInterval(successes: number, n: number, z = Z_95): { low: number; high: number } {
  const p = successes / n;
  const z2 = z * z;
  const centre = p + z2 / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  const scale = 1 + z2 / n;
  // At p = 0 and 1 an end is 0 or 1 exactly, but not after rounding.
  return {
    low: p === 0 ? 0 : Math.max(0, (centre - half) / scale),
    high: p === 1 ? 1 : Math.min(1, (centre + half) / scale),
  };
}

/** The effective sample size of weighted rows (Kish 1965): (Σw)² / Σw². */
export function effectiveRows(weight: Float64Array | null, n: number): number {
  if (weight === null) return n;
  let sum = 0;
  let square = 0;
  for (const w of weight) {
    sum += w;
    square += w * w;
  }
  return (sum * sum) / square;
}

/**
 * Quantile by linear interpolation between order statistics (Hyndman & Fan 1996, type 7; numpy's default).
 *
 * @param ascending without NaN, not empty
 */
export function quantile(ascending: Float64Array, q: number): number {
  const position = q * (ascending.length - 1);
  const below = Math.floor(position);
  const low = ascending[below] ?? 0;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] ?? 0;
  return low + (high - low) * (position - below);
}

/**
 * Percentile interval, 95%, of bootstrap replicates; null where fewer than two are defined.
 *
 * @param factor by how much it is widened about the median, for few groups
 */
export function percentileInterval(
  replicates: Float64Array,
  factor = 1,
): { low: number; high: number } | null {
  const sorted = replicates.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length < 2) return null;
  const [low, middle, high] = [0.025, 0.5, 0.975].map((q) => quantile(sorted, q)) as [number, number, number];
  if (factor === 1) return { low, high };
  return { low: middle - factor * (middle - low), high: middle + factor * (high - middle) };
}

/** Standard deviation of the defined replicates; NaN for fewer than two. */
export function standardDeviation(replicates: Float64Array): number {
  const defined = replicates.filter((value) => !Number.isNaN(value));
  const mean = defined.reduce((sum, value) => sum + value, 0) / defined.length;
  return Math.sqrt(defined.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (defined.length - 1));
}

/**
 * Approximate 95% interval of an error that is never negative and that resampling biases upwards (ECE and its
 * kin). A percentile interval never covers a true 0; reflecting the replicates about the value takes the bias out,
 * and the lower end is 0 while the null explains the value. An error near 0 is the size of a difference whose sign may
 * be either, so the upper end is never nearer than the spread of the replicates says.
 *
 * @param nullP the null's p of this metric
 */
export function errorInterval(
  value: number,
  replicates: Float64Array,
  nullP: number,
  factor: number,
): { low: number; high: number } | null {
  const percentile = percentileInterval(replicates, factor);
  if (percentile === null) return null;
  const spread = Z_95 * factor * standardDeviation(replicates);
  const high = Math.min(1, Math.max(value + spread, 2 * value - percentile.low));
  return { low: nullP >= 0.05 ? 0 : Math.min(value, Math.max(0, 2 * value - percentile.high)), high };
}

/**
 * Approximate 95% interval of a calibration error whose replicates are already free of the bias of resampling
 * (debiased L2): percentiles, with the lower end 0 while the null explains the value. Reflecting them would give an
 * empty interval wherever the value is cut off at 0.
 */
export function debiasedInterval(
  value: number,
  replicates: Float64Array,
  nullP: number,
  factor: number,
): { low: number; high: number } | null {
  const percentile = percentileInterval(replicates, factor);
  if (percentile === null) return null;
  return {
    low: nullP >= 0.05 ? 0 : Math.max(0, Math.min(value, percentile.low)),
    high: Math.max(value, percentile.high),
  };
}

/**
 * 95% interval of an area under a curve that may be near 0: by the spread of the replicates on the scale of log-odds, about
 * the value.
 *
 * @param value above 0 and below 1
 * @param factor as for `percentileInterval`
 */
export function areaInterval(
  value: number,
  replicates: Float64Array,
  factor: number,
): { low: number; high: number } | null {
  // Resampled tables without a wrong row have no area: as little of it as a hundredth of this one stands for none.
  const least = value / 100;
  const spread = standardDeviation(
    replicates.map((area) => logit(Math.min(1 - 1e-9, Math.max(least, area)))),
  );
  if (Number.isNaN(spread)) return null;
  const half = Z_95 * factor * spread;
  return { low: sigmoid(logit(value) - half), high: sigmoid(logit(value) + half) };
}

/** Independent right and wrong rows. */
export interface Outcomes {
  readonly right: number;
  readonly wrong: number;
}

/**
 * 95% interval of an AUROC: on the scale of log-odds, where its distribution near 1 is less skewed, by the spread of the
 * replicates. Where they do not vary (every right row above every wrong one) or vary less than they could, the
 * spread is that of Hanley & McNeil (1982, eq. 1) at the value (Newcombe, "Confidence intervals for an effect size
 * measure based on the Mann-Whitney statistic", part 2, 2006).
 *
 * @param factor as for `percentileInterval`
 */
export function aurocInterval(
  value: number,
  replicates: Float64Array,
  { right, wrong }: Outcomes,
  factor: number,
): { low: number; high: number; se: number } | null {
  // Half a pair on either side keeps 0 and 1 finite.
  const pairs = Math.max(1, right * wrong);
  const logOdds = (auroc: number): number => logit((auroc * pairs + 0.5) / (pairs + 1));
  const spread = standardDeviation(replicates.map(logOdds));
  if (Number.isNaN(spread)) return null;
  const at = (value * pairs + 0.5) / (pairs + 1);
  const se = factor * Math.max(spread, hanleyMcNeil(at, right, wrong) / (at * (1 - at)));
  return {
    low: Math.min(value, sigmoid(logit(at) - Z_95 * se)),
    high: Math.max(value, sigmoid(logit(at) + Z_95 * se)),
    se,
  };
}

/** Standard error of an AUROC for scores of exponential distributions. */
function hanleyMcNeil(auroc: number, right: number, wrong: number): number {
  const q1 = auroc / (2 - auroc);
  const q2 = (2 * auroc * auroc) / (1 + auroc);
  const square = auroc * auroc;
  const variance =
    auroc * (1 - auroc) + Math.max(0, right - 1) * (q1 - square) + Math.max(0, wrong - 1) * (q2 - square);
  return Math.sqrt(Math.max(0, variance) / Math.max(1, right * wrong));
}
