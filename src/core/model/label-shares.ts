/** Label shares: those of a table, and moving scores and weights from one table’s shares to another’s. */
import { listed } from '../quote';
import { UserError } from '../user-error';
import { type LabelData, UNKNOWN_LABEL } from './predictions';
import { normalisedWeights } from './rows';

/**
 * Moves label scores from the label shares that a calibrator was fitted under to those in use (Saerens,
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
  requireShares(deployed, K, 'label shares in use');
  const shift = deployed.map((share, k) => Math.log(share / (fitted[k] ?? 1)));
  return logProbs.map((z, i) => z + (shift[i % K] ?? 0));
}

/** Label shares where a calibrator was fitted, and where it is used: scores are moved from the first to the second. */
export interface Prevalence {
  /** (K) each, above 0, summing to 1. */
  readonly fitted: readonly number[];
  readonly deployed: readonly number[];
}

/**
 * (K) shares that were given by label, in the order of the labels.
 *
 * @throws UserError labels-differ: they were given for other labels
 */
export function sharesInOrder(labels: readonly string[], given: ReadonlyMap<string, number>): number[] {
  const shares = labels.flatMap((label) => given.get(label) ?? []);
  if (shares.length === labels.length && given.size === labels.length) return shares;
  throw new UserError(
    'labels-differ',
    `The label shares were given for ${listed([...given.keys()])}, but the labels are ${listed(labels)}. Enter them again, or leave them out.`,
  );
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
 * The same shares, each checked to be above 0.
 *
 * @throws UserError bad-shares: no row has some label, so nothing is known about its scores elsewhere
 */
export function labelShares(data: LabelData): number[] {
  const shares = ownShares(data);
  const absent = data.labels.filter((_, k) => !((shares[k] ?? 0) > 0));
  if (absent.length > 0)
    throw new UserError(
      'bad-shares',
      `No row has the true label ${listed(absent)}, so the table cannot be weighted to a share of it. Add ` +
        `such rows, or omit the shares.`,
    );
  return shares;
}

/** The table with its rows weighted so that its labels have the given shares. */
export function weightedToShares(data: LabelData, shares: readonly number[]): LabelData {
  const own = labelShares(data);
  requireShares(shares, own.length, 'label shares in use');
  const factor = shares.map((share, k) => share / (own[k] ?? 1));
  const weight = Float64Array.from(data.truth, (label, i) => (factor[label] ?? 0) * (data.weight?.[i] ?? 1));
  return { ...data, weight };
}

export function requireShares(shares: readonly number[], K: number, name: string): void {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.length === K && shares.every((share) => share > 0) && Math.abs(sum - 1) <= 0.01) return;
  throw new UserError(
    'bad-shares',
    `The ${name} must be ${K} numbers above 0 that sum to 1, one for each label in order; they are ${shares.join(', ')}.`,
  );
}
