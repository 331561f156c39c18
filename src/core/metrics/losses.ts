import { softplus, SMALLEST_PROBABILITY } from '../model/numeric';
import type { LabelData } from '../model/predictions';
import type { Predicted } from '../model/rows';

/** Loss of each row, and how many probabilities were raised to 2.2e-16 before taking the logarithm. */
export interface RowLosses {
  /** (n) */
  readonly loss: Float64Array;
  readonly clipped: number;
}

const LARGEST_LOSS = -Math.log(SMALLEST_PROBABILITY);

/** (n) (confidence − correct)². */
export function brierLosses({ confidence, correct }: Predicted): Float64Array {
  return confidence.map((p, i) => (p - (correct[i] ?? 0)) ** 2);
}

/** −ln of the probability given to what happened, from the log-odds: ln(1 − p) loses nothing at p near 1. */
export function nllLosses({ logOdds, correct }: Predicted): RowLosses {
  const loss = new Float64Array(logOdds.length);
  let clipped = 0;
  for (let i = 0; i < loss.length; i++) {
    const f = logOdds[i] ?? 0;
    const value = softplus(correct[i] === 1 ? -f : f);
    if (value > LARGEST_LOSS) clipped++;
    loss[i] = Math.min(value, LARGEST_LOSS);
  }
  return { loss, clipped };
}

/** (n) Σ_k (P(k) − [truth = k])²: the multi-class Brier score (Brier 1950, eq. 2), between 0 and 2. */
export function labelBrierLosses({ probs, labels, truth }: LabelData): Float64Array {
  const K = labels.length;
  const loss = new Float64Array(truth.length);
  for (let i = 0; i < loss.length; i++) {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += ((probs[i * K + k] ?? 0) - (truth[i] === k ? 1 : 0)) ** 2;
    loss[i] = sum;
  }
  return loss;
}

/** −ln P(true label). */
export function labelNllLosses({ logProbs, labels, truth }: LabelData): RowLosses {
  const K = labels.length;
  const loss = new Float64Array(truth.length);
  let clipped = 0;
  for (let i = 0; i < loss.length; i++) {
    const value = -(logProbs[i * K + (truth[i] ?? 0)] ?? 0);
    if (value > LARGEST_LOSS) clipped++;
    loss[i] = Math.min(value, LARGEST_LOSS);
  }
  return { loss, clipped };
}

/** Weighted mean of a column; NaN without rows. */
export function weightedMean(column: ArrayLike<number>, weight: Float64Array | null): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < column.length; i++) {
    const w = weight === null ? 1 : (weight[i] ?? 0);
    sum += w * (column[i] ?? 0);
    total += w;
  }
  return sum / total;
}
