/** Distribution functions for exact bounds and tests. */

const LANCZOS: readonly number[] = [
  0.999_999_999_999_809_9, 676.520_368_121_885_1, -1259.139_216_722_402_8, 771.323_428_777_653_1,
  -176.615_029_162_140_6, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_572e-6,
  1.505_632_735_149_311_6e-7,
];

/** ln Γ(x) by Lanczos's approximation (g = 7, 9 terms), relative error below 1e-14 for x > 0. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum = LANCZOS[0] ?? 0;
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] ?? 0) / (shifted + i);
  const t = shifted + 7.5;
  return Math.log(2 * Math.PI) / 2 + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Above this no term of a continued fraction below can be reached by a table that fits into memory. */
const MOST_TERMS = 100_000;

/**
 * The distribution function of Beta(a, b) at x: the regularised incomplete beta function I_x(a, b), by Lentz's
 * continued fraction (Press et al., Numerical Recipes, §6.4).
 *
 * @param a above 0
 * @param b above 0
 * @internal
 */
export function betaCumulative(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast on this side of the mean; the other side is its mirror image.
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return h;
}

/**
 * The x with I_x(a, b) = p, by bisection to the last bit.
 *
 * @internal
 */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  let low = 0;
  let high = 1;
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (betaCumulative(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X ≥ k) for X ~ Binomial(n, p). Between whole numbers (rows of unequal weight) the beta function interpolates. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return betaCumulative(p, k, n - k + 1);
}

/**
 * One-sided bounds of a share, exact (Clopper & Pearson 1934): each end misses with probability `alpha` at most. For
 * whole numbers; with an effective number of rows the same formula on real ones (Korn & Graubard 1998).
 *
 * @param successes 0 to n
 * @param n above 0
 */
export function clopperPearson(successes: number, n: number, alpha: number): { low: number; high: number } {
  const k = Math.min(n, Math.max(0, successes));
  return {
    low: k === 0 ? 0 : betaQuantile(alpha, k, n - k + 1),
    high: k === n ? 1 : betaQuantile(1 - alpha, k + 1, n - k),
  };
}

/**
 * The 97.5% point of Student's t with `df` degrees of freedom, which need not be whole (Hill, "Algorithm 396: Student's
 * t-quantiles", 1970); relative error below 1e-4 from df = 2 on, and up to 5% too large between 1 and 2.
 *
 * @param df at least 1; below, that of 1 is taken
 */
export function studentPoint(df: number): number {
  const tails = 0.05;
  if (df <= 1) return 12.706_204_736_432_1;
  if (df === 2) return Math.sqrt(2 / (tails * (2 - tails)) - 2);
  const a = 1 / (df - 0.5);
  const b = 48 / (a * a);
  let c = (((20_700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * df;
  let y = (d * tails) ** (2 / df);
  if (y > 0.05 + a) {
    const x = -NORMAL_POINT;
    y = x * x;
    if (df < 5) c += 0.3 * (df - 4.5) * (x + 0.6);
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = Math.expm1(a * y * y);
  } else {
    y =
      ((1 / (((df + 6) / (df * y) - 0.089 * d - 0.822) * (df + 2) * 3) + 0.5 / (df + 4)) * y - 1) *
        ((df + 1) / (df + 2)) +
      1 / y;
  }
  return Math.sqrt(df * y);
}

/** P(T > t) of Student's t with `df` degrees of freedom, which need not be whole. */
export function studentTail(t: number, df: number): number {
  const half = betaCumulative(df / (df + t * t), df / 2, 0.5) / 2;
  return t >= 0 ? half : 1 - half;
}

const NORMAL_POINT = 1.959_963_984_540_054;

const ERFC: readonly number[] = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
];

/** Φ(x) from the complementary error function (Numerical Recipes' Chebyshev fit, relative error below 1.2e-7). */
export function normalCumulative(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const series = ERFC.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = (t * Math.exp(-z * z + series)) / 2;
  return x >= 0 ? 1 - tail : tail;
}

/** Φ⁻¹(p) for p in (0, 1), by bisection of {@link normalCumulative}. */
export function normalQuantile(p: number): number {
  let low = -40;
  let high = 40;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalCumulative(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
