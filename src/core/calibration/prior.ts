/**
 * What the corrections of a label prior share: a shift that takes the prior out of the scores without looking at any
 * true label.
 */
import * as z from 'zod';
import { probability } from './saved-numbers';

/** softmax(z + b) with Σ b = 0. */
export interface PriorModel<Id extends string> {
  readonly kind: Id;
  /** (K) */
  readonly bias: readonly number[];
  /** (K) the shares of the labels that it was told to expect; null for a correction that is told none. */
  readonly shares: readonly number[] | null;
}

export function priorSchema<const Id extends string>(id: Id, formerId: string) {
  return z.strictObject({
    kind: z.literal([id, formerId]).transform(() => id),
    bias: z.array(z.number()).readonly(),
    shares: z.array(probability).readonly().nullable(),
  });
}

/**
 * z + b
 *
 * @param logProbs (n·K)
 * @param bias (K)
 */
export function shifted(logProbs: Float64Array, bias: readonly number[]): Float64Array {
  return logProbs.map((score, i) => score + (bias[i % bias.length] ?? 0));
}

/**
 * @param logProbs (n·K)
 * @param weight (n) or null for all 1
 * @returns (K)
 */
export function meanLogProbs(logProbs: Float64Array, K: number, weight: Float64Array | null): number[] {
  const n = logProbs.length / K;
  const sums = new Array<number>(K).fill(0);
  for (let i = 0; i < n; i++) {
    const w = weight === null ? 1 : (weight[i] ?? 0);
    for (let k = 0; k < K; k++) sums[k] = (sums[k] ?? 0) + w * (logProbs[i * K + k] ?? 0);
  }
  return sums.map((sum) => sum / n);
}

export function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
