import type { Binning } from './bins';

/**
 * The Brier score of one column, split over bins. With f the confidence, o correct, bar the mean in the bin:
 *   Brier = reliability − resolution + uncertainty + withinVariance − withinCovariance.
 */
export interface BrierDecomposition {
  /** Σ (n_b / n)(f̄_b − ō_b)² */
  readonly reliability: number;
  /** Σ (n_b / n)(ō_b − ō)² */
  readonly resolution: number;
  /** ō(1 − ō) */
  readonly uncertainty: number;
  /** (1/n) Σ_b Σ (f − f̄_b)² */
  readonly withinVariance: number;
  /** (2/n) Σ_b Σ (f − f̄_b)(o − ō_b) */
  readonly withinCovariance: number;
}

/**
 * Murphy's decomposition with the two terms within bins that make it exact for binned real forecasts
 * (Stephenson, Coelho, Jolliffe, "Two extra components in the Brier score decomposition", 2008, eq. 9).
 */
export function decomposeBrier(
  binning: Binning,
  confidence: Float64Array,
  correct: Uint8Array,
  weight: Float64Array | null,
): BrierDecomposition {
  const B = binning.edges.length - 1;
  const mass = new Float64Array(B);
  const forecast = new Float64Array(B);
  const observed = new Float64Array(B);
  for (let i = 0; i < confidence.length; i++) {
    const b = binning.index[i] ?? 0;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    mass[b] = (mass[b] ?? 0) + w;
    forecast[b] = (forecast[b] ?? 0) + w * (confidence[i] ?? 0);
    observed[b] = (observed[b] ?? 0) + w * (correct[i] ?? 0);
  }
  const total = mass.reduce((sum, m) => sum + m, 0);
  const base = observed.reduce((sum, o) => sum + o, 0) / total;
  for (let b = 0; b < B; b++) {
    if ((mass[b] ?? 0) === 0) continue;
    forecast[b] = (forecast[b] ?? 0) / (mass[b] ?? 1);
    observed[b] = (observed[b] ?? 0) / (mass[b] ?? 1);
  }
  let reliability = 0;
  let resolution = 0;
  for (let b = 0; b < B; b++) {
    const share = (mass[b] ?? 0) / total;
    if (share === 0) continue;
    reliability += share * ((forecast[b] ?? 0) - (observed[b] ?? 0)) ** 2;
    resolution += share * ((observed[b] ?? 0) - base) ** 2;
  }
  let withinVariance = 0;
  let withinCovariance = 0;
  for (let i = 0; i < confidence.length; i++) {
    const b = binning.index[i] ?? 0;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    const gap = (confidence[i] ?? 0) - (forecast[b] ?? 0);
    withinVariance += (w * gap * gap) / total;
    withinCovariance += (2 * w * gap * ((correct[i] ?? 0) - (observed[b] ?? 0))) / total;
  }
  return { reliability, resolution, uncertainty: base * (1 - base), withinVariance, withinCovariance };
}
