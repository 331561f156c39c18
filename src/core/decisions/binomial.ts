/** ln Γ(x) by Lanczos's approximation (g = 7, 9 terms), relative error below 1e-14 for x > 0. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum = LANCZOS[0] ?? 0;
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] ?? 0) / (shifted + i);
  const t = shifted + 7.5;
  return Math.log(2 * Math.PI) / 2 + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

const LANCZOS: readonly number[] = [
  0.999_999_999_999_809_9, 676.520_368_121_885_1, -1259.139_216_722_402_8, 771.323_428_777_653_1,
  -176.615_029_162_140_6, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_572e-6,
  1.505_632_735_149_311_6e-7,
];

/**
 * P(X ≥ k) for X ~ Binomial(n, p), exactly: terms from the larger side of the sum are added until they no longer
 * count, each from the one before by its ratio.
 */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  return k > n * p ? sumFrom(k, n, p, 1) : 1 - sumFrom(k - 1, n, p, -1);
}

/** Σ P(X = j) over j = start, start + step, …; terms fall in that direction. */
function sumFrom(start: number, n: number, p: number, step: 1 | -1): number {
  let term = Math.exp(
    logGamma(n + 1) -
      logGamma(start + 1) -
      logGamma(n - start + 1) +
      start * Math.log(p) +
      (n - start) * Math.log1p(-p),
  );
  let sum = 0;
  for (let j = start; j >= 0 && j <= n && term > sum * 1e-17; j += step) {
    sum += term;
    term *= step === 1 ? ((n - j) / (j + 1)) * (p / (1 - p)) : (j / (n - j + 1)) * ((1 - p) / p);
  }
  return Math.min(1, sum);
}
