/**
 * The largest and the least of numbers, however many: `Math.max(...numbers)` puts each on the stack, which a list that
 * others made can fill.
 */

/** −Infinity for no number, NaN where one is NaN. */
export function largest(numbers: Iterable<number>): number {
  let most = -Infinity;
  for (const number of numbers) most = Math.max(most, number);
  return most;
}

/** Infinity for no number, NaN where one is NaN. */
export function least(numbers: Iterable<number>): number {
  let fewest = Infinity;
  for (const number of numbers) fewest = Math.min(fewest, number);
  return fewest;
}
