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

/** Percentile interval, 95%, of bootstrap replicates; null where fewer than two are defined. */
export function percentileInterval(replicates: Float64Array): { low: number; high: number } | null {
  const sorted = replicates.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length < 2) return null;
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/**
 * Approximate 95% interval of an error that is never negative and that resampling biases upwards (ECE and its
 * kin). A percentile interval never covers a true 0; reflecting the replicates about the value takes the bias out,
 * and the lower end is 0 while the null explains the value.
 *
 * @param nullP the null's p of this metric
 * @param ceiling largest possible value
 */
export function errorInterval(
  value: number,
  replicates: Float64Array,
  nullP: number,
  ceiling = 1,
): { low: number; high: number } | null {
  const percentile = percentileInterval(replicates);
  if (percentile === null) return null;
  const high = Math.min(ceiling, Math.max(value, 2 * value - percentile.low));
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
): { low: number; high: number } | null {
  const percentile = percentileInterval(replicates);
  if (percentile === null) return null;
  return { low: nullP >= 0.05 ? 0 : Math.min(value, percentile.low), high: Math.max(value, percentile.high) };
}
