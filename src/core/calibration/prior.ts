import { UserError } from '../user-error';
import type { LabelData, Warning } from '../model/predictions';
import { normalisedWeights } from '../model/rows';
import { requireShares } from '../model/label-shares';

/** softmax(z + b): a shift that takes a label prior out of the scores without looking at any true label. */
export interface PriorModel {
  readonly kind: 'content-free' | 'batch';
  /** (K) mean 0. */
  readonly bias: readonly number[];
  /** (K) the shares of the labels that a batch correction was told to expect. */
  readonly shares: readonly number[] | null;
}

/**
 * Content-free correction: b_k = −mean log p_k over neutral inputs ("N/A", ""). Zhao et al., "Calibrate before
 * use", 2021, §5 averages p and divides by it; the mean of logs is ours: one odd neutral input weighs less.
 *
 * @param neutral (m·K) log-softmax scores of the neutral inputs
 */
export function fitContentFree(neutral: Float64Array, K: number): PriorModel {
  const m = neutral.length / K;
  if (m === 0)
    throw new UserError(
      'no-neutral-inputs',
      'A content-free correction needs the scores of at least one neutral input.',
    );
  return {
    kind: 'content-free',
    bias: centred(meanLogProbs(neutral, K, null).map((mean) => -mean)),
    shares: null,
  };
}

/**
 * Batch correction (Zhou et al., "Batch calibration", 2024, §3.2, in logs): b_k = −mean over rows of log p_k +
 * log π_k, where π are the expected shares of the labels.
 */
export function fitBatch(
  data: LabelData,
  shares: readonly number[],
): { model: PriorModel; warnings: Warning[] } {
  const K = data.labels.length;
  requireShares(shares, K, 'expected label shares');
  const means = meanLogProbs(data.logProbs, K, normalisedWeights(data, data.truth.length));
  const bias = centred(means.map((mean, k) => Math.log(shares[k] ?? 0) - mean));
  const uniform = shares.every((share) => Math.abs(share - 1 / K) < 1e-12);
  const warnings = uniform
    ? [
        {
          code: 'uniform-shares',
          message:
            'The batch correction assumes that all labels are equally common. Where one is rare this makes the result worse: give the expected shares instead.',
        },
      ]
    : [];
  return { model: { kind: 'batch', bias, shares: [...shares] }, warnings };
}

function meanLogProbs(logProbs: Float64Array, K: number, weight: Float64Array | null): number[] {
  const n = logProbs.length / K;
  const sums = new Array<number>(K).fill(0);
  for (let i = 0; i < n; i++) {
    const w = weight === null ? 1 : (weight[i] ?? 0);
    for (let k = 0; k < K; k++) sums[k] = (sums[k] ?? 0) + w * (logProbs[i * K + k] ?? 0);
  }
  return sums.map((sum) => sum / n);
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
