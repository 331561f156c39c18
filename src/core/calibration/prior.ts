import { listed } from '../data/columns';
import { UserError } from '../user-error';
import { type LabelData, UNKNOWN_LABEL, type Warning } from './types';
import { normalisedWeights } from './data';

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

/**
 * Moves label scores from the label shares that a calibrator was fitted under to those of deployment (Saerens,
 * Latinne, Decaestecker 2002, eq. 4): z_k + ln(π_new,k / π_fit,k). The result is not normalised.
 *
 * @param logProbs (n·K)
 * @returns (n·K)
 */
export function shiftPrevalence(
  logProbs: Float64Array,
  fitted: readonly number[],
  deployed: readonly number[],
): Float64Array {
  const K = fitted.length;
  requireShares(fitted, K, 'fitted label shares');
  requireShares(deployed, K, 'deployed label shares');
  const shift = deployed.map((share, k) => Math.log(share / (fitted[k] ?? 1)));
  return logProbs.map((z, i) => z + (shift[i % K] ?? 0));
}

/** Shares of the labels where a calibrator was fitted and where it is used: scores are moved from the ones to the others. */
export interface Prevalence {
  /** (K) each, above 0, summing to 1. */
  readonly fitted: readonly number[];
  readonly deployed: readonly number[];
}

/** (K) share of each label among the rows with a known truth, by their weight. */
export function ownShares(data: LabelData): number[] {
  const { labels, truth } = data;
  const weight = normalisedWeights(data, truth.length);
  const sums = labels.map(() => 0);
  let total = 0;
  truth.forEach((label, i) => {
    if (label === UNKNOWN_LABEL) return;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    sums[label] = (sums[label] ?? 0) + w;
    total += w;
  });
  return sums.map((sum) => sum / total);
}

/**
 * The same for what is moved by them: each above 0.
 *
 * @throws UserError bad-shares: no row has some label, and nothing can be said about what it would be elsewhere
 */
export function labelShares(data: LabelData): number[] {
  const shares = ownShares(data);
  const absent = data.labels.filter((_, k) => !((shares[k] ?? 0) > 0));
  if (absent.length > 0)
    throw new UserError(
      'bad-shares',
      `No row has the true label ${listed(absent)}, so the table cannot stand for one in which it has a share. Add ` +
        `such rows, or leave the shares out.`,
    );
  return shares;
}

/** The table with its rows weighted so that its labels have the given shares: what it would show there. */
export function weightedToShares(data: LabelData, shares: readonly number[]): LabelData {
  const own = labelShares(data);
  requireShares(shares, own.length, 'deployed label shares');
  const factor = shares.map((share, k) => share / (own[k] ?? 1));
  const weight = Float64Array.from(data.truth, (label, i) => (factor[label] ?? 0) * (data.weight?.[i] ?? 1));
  return { ...data, weight };
}

function requireShares(shares: readonly number[], K: number, name: string): void {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.length === K && shares.every((share) => share > 0) && Math.abs(sum - 1) <= 0.01) return;
  throw new UserError(
    'bad-shares',
    `The ${name} must be ${K} numbers above 0 that sum to 1, one for each label in order; they are ${shares.join(', ')}.`,
  );
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
