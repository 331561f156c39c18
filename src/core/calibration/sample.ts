/** What every calibrator of one number is fitted on. */
export interface BinarySample {
  /** (n) log-odds scores f, finite. */
  readonly f: Float64Array;
  /** (n) 1 for a positive row (label k, or correct), else 0. */
  readonly y: Uint8Array;
  /** (n) mean 1; null: all 1. */
  readonly weight: Float64Array | null;
}

/** Weight of the positive and of the negative rows. */
export function classWeights({ y, weight }: BinarySample): { positive: number; negative: number } {
  let positive = 0;
  let total = 0;
  for (let i = 0; i < y.length; i++) {
    const w = weight === null ? 1 : (weight[i] ?? 0);
    total += w;
    if (y[i] === 1) positive += w;
  }
  return { positive, negative: total - positive };
}
