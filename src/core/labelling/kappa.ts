/** Agreement beyond chance: Cohen's κ (1960). */
import { wilsonInterval } from '../metrics/intervals';
import { tooFewGroups, type Units } from '../metrics/units';
import { varianceOfMean, weightedMeanOf } from './share';

export interface Kappa {
  /** Null where both name one label only: then chance agrees as well. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Share of rows on which both say the same. */
  readonly agreement: number;
  readonly n: number;
}

/**
 * κ = (p_o − p_e) / (1 − p_e), with the 95% interval of p_o (Wilson's, on the effective number of rows) carried over at
 * the observed p_e: Cohen's own approximation, which stays wide where all rows agree.
 *
 * @param one (n) index of a label
 * @param other (n)
 */
export function cohenKappa(
  one: ArrayLike<number>,
  other: ArrayLike<number>,
  labels: number,
  { weight, units }: { readonly weight: Float64Array | null; readonly units: Units },
): Kappa {
  const n = one.length;
  const same = Float64Array.from({ length: n }, (_, i) => Number(one[i] === other[i]));
  const shares = [one, other].map((answers) => {
    const share = new Float64Array(labels);
    let mass = 0;
    for (let i = 0; i < n; i++) {
      const w = weight?.[i] ?? 1;
      share[answers[i] ?? 0] = (share[answers[i] ?? 0] ?? 0) + w;
      mass += w;
    }
    return share.map((sum) => sum / mass);
  });
  const agreement = weightedMeanOf(same, weight);
  const chance = (shares[0] ?? new Float64Array(0)).reduce((sum, p, k) => sum + p * (shares[1]?.[k] ?? 0), 0);
  if (n === 0 || chance >= 1 - 1e-12) return { value: null, low: null, high: null, agreement, n };
  const kappa = (p: number): number => (p - chance) / (1 - chance);
  const value = kappa(agreement);
  if (tooFewGroups(units)) return { value, low: null, high: null, agreement, n };
  const variance = varianceOfMean(same, weight, units);
  const rows =
    variance > 0 ? Math.min(units.effective, (agreement * (1 - agreement)) / variance) : units.effective;
  const { low, high } = wilsonInterval(agreement * rows, rows);
  return { value, low: Math.max(-1, kappa(low)), high: Math.min(1, kappa(high)), agreement, n };
}
