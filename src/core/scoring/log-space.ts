/** Sums of probabilities that are kept as logarithms, so that small ones neither vanish nor lose their order. */

/** ln Σ exp(x_i), without overflow; -Infinity for no terms. */
export function logSumExp(values: readonly number[]): number {
  let max = -Infinity;
  for (const value of values) max = Math.max(max, value);
  if (max === -Infinity) return -Infinity;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - max);
  return max + Math.log(sum);
}
