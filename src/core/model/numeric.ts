/**
 * Elementary functions, each in the form that keeps its digits where the textbook form loses them.
 *
 * A note for all files of the core: an index of a typed array is `number | undefined` to the compiler, and
 * `?? 0` says "in range by the loop's bounds". It costs nothing once compiled.
 */

/** The log-odds that stand for a given probability of exactly 1, which a table of decimals rounded to it. */
export const LOG_ODDS_LIMIT = Math.log(1e12);
/** The smallest probability whose logarithm is scored: the spacing of doubles at 1, as scikit-learn does. */
export const SMALLEST_PROBABILITY = 2 ** -52;
/** Where a log-odds is infinite (a probability of exactly 0 or 1) the fits use this: e^745 overflows. */
const FINITE_LOG_ODDS = 745;

/** ln(1 + e^x), without overflow for large x and without loss for very negative x. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** 1 / (1 + e^−x); the branch on the sign keeps e^(−x) from overflowing. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/**
 * A computed number with the digits that can be trusted: arithmetic makes .9 to .8999999999999999, which is another
 * bin, bucket and tie. What a table gives is never rounded.
 */
export function trusted(x: number): number {
  return Math.round(x * 1e12) / 1e12;
}

/** ln(p / (1 − p)); ±Infinity at 0 and 1. */
export function logit(p: number): number {
  return Math.log(p) - Math.log1p(-p);
}

export function clamp(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x;
}

/** Makes ±Infinity usable in a fit, leaving every finite log-odds of practice as it is. */
export function finiteLogOdds(x: number): number {
  return clamp(x, -FINITE_LOG_ODDS, FINITE_LOG_ODDS);
}

/**
 * Log-softmax of each row: equal for scores that differ by an offset per row.
 *
 * @param scores (n·K), may hold −Infinity but not in a whole row
 * @returns (n·K)
 */
export function logSoftmax(scores: Float64Array, K: number): Float64Array {
  const out = new Float64Array(scores.length);
  for (let at = 0; at < scores.length; at += K) {
    let max = -Infinity;
    for (let k = 0; k < K; k++) max = Math.max(max, scores[at + k] ?? 0);
    let sum = 0;
    for (let k = 0; k < K; k++) sum += Math.exp((scores[at + k] ?? 0) - max);
    const offset = max + Math.log(sum);
    for (let k = 0; k < K; k++) out[at + k] = (scores[at + k] ?? 0) - offset;
  }
  return out;
}

/**
 * f = z_k − logsumexp of the other labels: the log-odds of label k against the rest.
 *
 * From the log-probabilities and not as logit(exp(z_k)): at z_k = −1e-20 the probability is already 1.
 *
 * @param logProbs (n·K)
 * @param at index of the row's first entry
 */
export function oneVsRest(logProbs: Float64Array, K: number, at: number, k: number): number {
  const own = logProbs[at + k] ?? 0;
  if (K === 2) return finiteLogOdds(own - (logProbs[at + 1 - k] ?? 0));
  let max = -Infinity;
  for (let j = 0; j < K; j++) if (j !== k) max = Math.max(max, logProbs[at + j] ?? 0);
  if (max === -Infinity) return FINITE_LOG_ODDS;
  let sum = 0;
  for (let j = 0; j < K; j++) if (j !== k) sum += Math.exp((logProbs[at + j] ?? 0) - max);
  return finiteLogOdds(own - max - Math.log(sum));
}

/** (n) f of one label, see `oneVsRest`. */
export function oneVsRestColumn(logProbs: Float64Array, K: number, k: number): Float64Array {
  const n = logProbs.length / K;
  const f = new Float64Array(n);
  for (let i = 0; i < n; i++) f[i] = oneVsRest(logProbs, K, i * K, k);
  return f;
}

/** Index of the largest entry of a row, the earlier one of equals, and whether there were equals. */
export function argmax(row: Float64Array, at: number, K: number): { index: number; tied: boolean } {
  let index = 0;
  let max = row[at] ?? 0;
  let tied = false;
  for (let k = 1; k < K; k++) {
    const value = row[at + k] ?? 0;
    if (value > max) {
      max = value;
      index = k;
      tied = false;
    } else if (value === max) tied = true;
  }
  return { index, tied };
}

/**
 * The harmonic number H(x) = digamma(x + 1) + γ for real x ≥ 0: 1 + 1/2 + … + 1/x at integers.
 * Asymptotic series (Abramowitz & Stegun 6.3.18) after a shift to x ≥ 20, where its error is below 1e-15.
 */
export function harmonic(x: number): number {
  let shifted = x;
  let low = 0;
  while (shifted < 20) {
    shifted += 1;
    low += 1 / shifted;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = inverse / 2 - square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)));
  return Math.log(shifted) + EULER_GAMMA + series - low;
}

const EULER_GAMMA = 0.577_215_664_901_532_9;

/**
 * Solves A x = b for a symmetric positive definite A by Cholesky's decomposition, in place in A.
 *
 * @param A (d·d) row-major, lower triangle used and overwritten
 * @param b (d)
 * @returns (d), or null where A is not positive definite to working precision
 */
export function solvePositiveDefinite(A: Float64Array, b: Float64Array): Float64Array | null {
  const d = b.length;
  let scale = 0;
  for (let i = 0; i < d; i++) scale = Math.max(scale, A[i * d + i] ?? 0);
  // A pivot this small against the largest is what rounding leaves of zero.
  const smallest = scale * 1e-14;
  for (let j = 0; j < d; j++) {
    let pivot = A[j * d + j] ?? 0;
    for (let m = 0; m < j; m++) pivot -= (A[j * d + m] ?? 0) ** 2;
    if (!(pivot > smallest)) return null;
    const root = Math.sqrt(pivot);
    A[j * d + j] = root;
    for (let i = j + 1; i < d; i++) {
      let sum = A[i * d + j] ?? 0;
      for (let m = 0; m < j; m++) sum -= (A[i * d + m] ?? 0) * (A[j * d + m] ?? 0);
      A[i * d + j] = sum / root;
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < d; i++) {
    let sum = x[i] ?? 0;
    for (let m = 0; m < i; m++) sum -= (A[i * d + m] ?? 0) * (x[m] ?? 0);
    x[i] = sum / (A[i * d + i] ?? 1);
  }
  for (let i = d - 1; i >= 0; i--) {
    let sum = x[i] ?? 0;
    for (let m = i + 1; m < d; m++) sum -= (A[m * d + i] ?? 0) * (x[m] ?? 0);
    x[i] = sum / (A[i * d + i] ?? 1);
  }
  return x;
}
