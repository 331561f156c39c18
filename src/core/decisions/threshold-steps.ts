/** The thresholds that are tried: .99, .98, … 0. */
export const HIGHEST_PERCENT = 99;

/** The highest threshold i/100, i ≤ 99, that is not above p; compared with the quotients, not with p · 100. */
function reachedPercent(p: number): number {
  let percent = Math.min(HIGHEST_PERCENT, Math.floor(p * 100));
  if (percent < HIGHEST_PERCENT && p >= (percent + 1) / 100) percent++;
  while (percent > 0 && p < percent / 100) percent--;
  return Math.max(0, percent);
}

/**
 * The rows that each threshold adds to those above it, from .99 down to 0.
 *
 * @param confidence (n)
 * @returns (100) rows of each step, ascending
 */
export function rowsByPercent(confidence: Float64Array): readonly (readonly number[])[] {
  const steps: number[][] = Array.from({ length: HIGHEST_PERCENT + 1 }, () => []);
  confidence.forEach((p, row) => steps[HIGHEST_PERCENT - reachedPercent(p)]?.push(row));
  return steps;
}
