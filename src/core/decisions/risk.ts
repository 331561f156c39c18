/** What a threshold can promise: each risk as a share of right rows that must be at least a limit. */
import { confidenceOf, labelProbability } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { UserError } from '../user-error';
import { automaticCosts, checkCosts, type Costs, largestCost } from './costs';

/**
 * - `accuracy`: of the rows decided automatically, at least the target are right;
 * - `precision`: of the rows called this label, at least the target have it;
 * - `fpr`: of the rows without this label, at most the target are called it;
 * - `cost`: a row costs at most the target on average.
 */
export type Risk =
  | { readonly kind: 'accuracy' }
  | { readonly kind: 'precision' | 'fpr'; readonly label: string }
  | { readonly kind: 'cost'; readonly costs: Costs };

/** A risk on the rows of a table: the share Σ w y / Σ w over the rows in question is to be at least `limit`. */
export interface RiskOnRows {
  /** (n) what is held against a threshold. */
  readonly score: Float64Array;
  /** The rows in question are those that reach the threshold, or all of `base` whatever the threshold. */
  readonly base: Uint32Array | null;
  /** In [0, 1], and 0 or 1 where `binary`. */
  readonly good: (row: number, isReached: boolean) => number;
  readonly binary: boolean;
  /** In (0, 1). */
  readonly limit: number;
  /** The risk in its own unit, from a share of good rows. */
  readonly own: (share: number) => number;
}

/**
 * @param data rows with a known truth only
 * @throws UserError bad-target, no-such-label, no-label-scores, bad-costs
 */
export function riskOnRows(data: PredictionData, risk: Risk, target: number): RiskOnRows {
  if (risk.kind === 'cost') return costOnRows(data, risk.costs, target);
  if (!(target > 0 && target < 1))
    throw new UserError('bad-target', `The target must be between 0 and 1; it is ${target}.`);
  if (risk.kind === 'accuracy') {
    const { confidence, correct } = confidenceOf(data);
    return {
      score: confidence,
      base: null,
      good: (row) => correct[row] ?? 0,
      binary: true,
      limit: target,
      own: same,
    };
  }
  if (data.kind !== 'labels')
    throw new UserError(
      'no-label-scores',
      `A risk of the label "${risk.label}" needs a score for every label, and the table has none.`,
    );
  const { labels, truth, probs } = data;
  const k = labels.indexOf(risk.label);
  if (k < 0)
    throw new UserError(
      'no-such-label',
      `"${risk.label}" is not a label. The labels are ${labels.join(', ')}.`,
    );
  const score = labelProbability(probs, labels.length, k);
  if (risk.kind === 'precision')
    return {
      score,
      base: null,
      good: (row) => Number(truth[row] === k),
      binary: true,
      limit: target,
      own: same,
    };
  const others = Uint32Array.from(truth.keys()).filter((row) => truth[row] !== k);
  return {
    score,
    base: others,
    good: (_, isReached) => Number(!isReached),
    binary: true,
    limit: 1 - target,
    own: (share) => 1 - share,
  };
}

const same = (share: number): number => share;

function costOnRows(data: PredictionData, costs: Costs, target: number): RiskOnRows {
  checkCosts(data, costs);
  const most = largestCost(costs);
  if (!(target > 0 && target < most))
    throw new UserError(
      'bad-target',
      `The target cost must be above 0 and below the highest cost of a row, which is ${most}; it is ${target}.`,
    );
  const automatic = automaticCosts(data, costs);
  const { confidence } = confidenceOf(data);
  return {
    score: confidence,
    base: Uint32Array.from(confidence.keys()),
    good: (row, isReached) => 1 - (isReached ? (automatic[row] ?? 0) : costs.review) / most,
    binary: false,
    limit: 1 - target / most,
    own: (share) => (1 - share) * most,
  };
}
