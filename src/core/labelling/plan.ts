/** How many labels are needed, before there are any. */
import { binomialTail, clopperPearson } from '../metrics/distributions';
import { wilsonInterval } from '../metrics/intervals';

/** More labels than this are no plan. */
const MOST_LABELS = 1_000_000;
const ALPHA = 0.05;
/** Starts of a walk that finds a threshold: they share the 5%. */
const STARTS = 3;

/**
 * Labels for an interval of a width, drawn all at random and without help of the model.
 *
 * @param share that is expected; .5 is the worst case
 * @returns null where more than a million are needed
 */
export function labelsForWidth(width: number, share = 0.5): number | null {
  return fewest((n) => {
    const { low, high } = wilsonInterval(share * n, n);
    return high - low <= width;
  });
}

/**
 * Labels at which a gate on a share (an accuracy, the share of a label) passes with a probability, if the share is what is
 * expected. The gate passes if the exact one-sided 95% bound is within the limit.
 *
 * @param power .8, say
 * @returns null where no number helps, or more than a million are needed
 */
export function labelsForGate(
  bound: 'min' | 'max',
  { limit, expected, power }: { readonly limit: number; readonly expected: number; readonly power: number },
): number | null {
  // The mirror image: a share of at most .1 is one of at least .9 of the others.
  const [at, truth] = bound === 'min' ? [limit, expected] : [1 - limit, 1 - expected];
  if (truth <= at) return null;
  return fewest((n) => passProbability(n, at, truth) >= power);
}

/** P(the lower bound of k successes of n is at least the limit), k ~ Binomial(n, truth). */
function passProbability(n: number, limit: number, truth: number): number {
  if (clopperPearson(n, n, ALPHA).low < limit) return 0;
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (clopperPearson(middle, n, ALPHA).low >= limit) high = middle;
    else low = middle + 1;
  }
  return binomialTail(low, n, truth);
}

/**
 * Labelled rows at or above a threshold that must all be right, so that a threshold for a target accuracy can be found at
 * all: with fewer no test can pass.
 */
export function fewestForTarget(target: number): number {
  return Math.ceil(Math.log(ALPHA / STARTS) / Math.log(target));
}

/** The least number from which on a condition holds; its small relapses between neighbours do not matter. */
function fewest(holds: (n: number) => boolean): number | null {
  let high = 1;
  while (!holds(high)) {
    high *= 2;
    if (high > MOST_LABELS) return null;
  }
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
