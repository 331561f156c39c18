import type { BinSums } from './bins';

/** The sums that the errors below need; a bootstrap round has them without row counts. */
export type BinMoments = Pick<BinSums, 'mass' | 'confidence' | 'correct'>;

function totalMass({ mass }: BinMoments): number {
  return mass.reduce((sum, m) => sum + m, 0);
}

/**
 * Expected calibration error (Naeini, Cooper, Hauskrecht 2015, eq. 3): Σ (n_b / n) |accuracy_b − confidence_b|.
 * Empty bins contribute nothing.
 */
export function expectedCalibrationError(sums: BinMoments): number {
  const total = totalMass(sums);
  let error = 0;
  for (let b = 0; b < sums.mass.length; b++)
    error += Math.abs((sums.correct[b] ?? 0) - (sums.confidence[b] ?? 0));
  return error / total;
}

/** Maximum calibration error over non-empty bins (Naeini et al. 2015, eq. 4), with its bin. */
export function maximumCalibrationError(sums: BinMoments): { value: number; bin: number } {
  let value = -1;
  let bin = -1;
  for (let b = 0; b < sums.mass.length; b++) {
    const mass = sums.mass[b] ?? 0;
    if (mass === 0) continue;
    const error = Math.abs((sums.correct[b] ?? 0) - (sums.confidence[b] ?? 0)) / mass;
    if (error > value) {
      value = error;
      bin = b;
    }
  }
  return { value: Math.max(0, value), bin };
}

/**
 * Debiased L2 calibration error (Kumar, Liang, Ma, "Verified uncertainty calibration", 2019, §4.1):
 *   sqrt(max(0, Σ (n_b / n) [(ā − c̄)² − ā(1 − ā) / (n_b − 1)])).
 * The subtrahend is the variance of ā, which the square adds, so n_b in it is a number of independent rows. A bin of one
 * has no variance estimate: it is left uncorrected and counted.
 *
 * @param worth (B) independent rows for each unit of a bin's mass; 1 where rows are independent and weigh the same
 * @param variances how often the variance of ā is in the square: once, and twice in a bootstrap round, where
 *   resampling adds it again
 */
export function debiasedL2(
  sums: BinMoments,
  worth: Float64Array,
  variances = 1,
): { value: number; uncorrected: number } {
  const total = totalMass(sums);
  let square = 0;
  let uncorrected = 0;
  for (let b = 0; b < sums.mass.length; b++) {
    const mass = sums.mass[b] ?? 0;
    if (mass === 0) continue;
    const accuracy = (sums.correct[b] ?? 0) / mass;
    const gap = accuracy - (sums.confidence[b] ?? 0) / mass;
    const rows = mass * (worth[b] ?? 1);
    if (rows <= 1) uncorrected++;
    const noise = rows <= 1 ? 0 : (accuracy * (1 - accuracy)) / (rows - 1);
    square += (mass / total) * (gap * gap - variances * noise);
  }
  return { value: Math.sqrt(Math.max(0, square)), uncorrected };
}
