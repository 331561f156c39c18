import { argmax } from '../model/numeric';
import { confidenceOf, knownRows, normalisedWeights, rowCount } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { argsort } from '../metrics/sort';
import { weightedMean } from '../metrics/losses';
import { MeanSpread } from '../metrics/mean-spread';
import { unitsOf } from '../metrics/units';
import { largest } from '../extremes';
import { UserError } from '../user-error';
import { halves } from './halves';

/** The costs of decisions, all in the same unit. */
export interface Costs {
  /**
   * Cost of a wrong automatic decision: one number, or (K×K) by true label (row) and predicted label (column), the
   * diagonal not used.
   */
  readonly wrong: number | readonly (readonly number[])[];
  /** Cost of reviewing one row, which makes it correct. */
  readonly review: number;
}

export interface CostChoice {
  /** Rows with at least this confidence are decided automatically; null: review all. */
  readonly threshold: number | null;
  /** Mean cost of a row on the rows that chose the threshold (in-sample). */
  readonly choosing: number | null;
  /** Mean cost of a row on the other rows, at that threshold and if all rows or none are automatic. */
  readonly scored: null | {
    readonly n: number;
    /** With a 95% interval, by the spread of costs between independent rows; null where they are too few. */
    readonly cost: number;
    readonly low: number | null;
    readonly high: number | null;
    readonly reviewAll: number;
    readonly automaticAll: number;
    readonly automaticShare: number;
  };
}

/** The threshold with the lowest mean cost on one part of the rows, tested on the other. */
export function minimiseCost(
  data: PredictionData,
  costs: Costs,
  options: { readonly seed?: number | undefined } = {},
): CostChoice {
  checkCosts(data, costs);
  const { choosing, scoring } = halves(knownRows(data), options.seed ?? 0);
  const best = cheapest(choosing, costs);
  if (best === null) return { threshold: null, choosing: null, scored: null };
  return { threshold: best.threshold, choosing: best.cost, scored: score(scoring, costs, best.threshold) };
}

/** @throws UserError bad-costs */
export function checkCosts(data: PredictionData, { wrong, review }: Costs): void {
  const isCost = (cost: number) => cost >= 0 && cost < Infinity;
  const matrix = typeof wrong === 'number' ? null : wrong;
  const K = data.kind === 'labels' ? data.labels.length : 0;
  const shaped = matrix === null || (K > 0 && matrix.length === K && matrix.every((row) => row.length === K));
  const numbers = typeof wrong === 'number' ? [wrong] : wrong.flat();
  if (shaped && [review, ...numbers].every(isCost)) return;
  throw new UserError(
    'bad-costs',
    'Costs must be finite numbers of at least 0; costs by label pair need label scores and one row and one column for each label.',
  );
}

/** The most that a row can cost. */
export function largestCost({ wrong, review }: Costs): number {
  return largest([review, ...(typeof wrong === 'number' ? [wrong] : wrong.flat())]);
}

/** (n) cost of deciding each row automatically. */
export function automaticCosts(data: PredictionData, { wrong }: Costs): Float64Array {
  const { correct } = confidenceOf(data);
  return Float64Array.from(correct, (right, i) => {
    if (right === 1) return 0;
    if (typeof wrong === 'number') return wrong;
    if (data.kind === 'confidence') return 0;
    const K = data.labels.length;
    return wrong[data.truth[i] ?? 0]?.[argmax(data.probs, i * K, K).index] ?? 0;
  });
}

function cheapest(data: PredictionData, costs: Costs): { threshold: number | null; cost: number } | null {
  const n = rowCount(data);
  if (n === 0) return null;
  const { confidence } = confidenceOf(data);
  const weight = normalisedWeights(data, n);
  const automatic = automaticCosts(data, costs);
  const order = argsort(confidence).reverse();
  let threshold: number | null = null;
  let cost = costs.review * n;
  let best = cost;
  order.forEach((row, rank) => {
    cost += ((automatic[row] ?? 0) - costs.review) * (weight?.[row] ?? 1);
    const next = order[rank + 1];
    const atEnd = next === undefined || confidence[next] !== confidence[row];
    if (!atEnd || cost >= best) return;
    best = cost;
    threshold = confidence[row] ?? 0;
  });
  return { threshold, cost: best / n };
}

function score(data: PredictionData, costs: Costs, threshold: number | null): CostChoice['scored'] {
  const n = rowCount(data);
  if (n === 0) return null;
  const { confidence } = confidenceOf(data);
  const weight = normalisedWeights(data, n);
  const automatic = automaticCosts(data, costs);
  const own = Float64Array.from(confidence, (p, i) =>
    threshold !== null && p >= threshold ? (automatic[i] ?? 0) : costs.review,
  );
  const cost = weightedMean(own, weight);
  let automaticAll = 0;
  let automaticShare = 0;
  for (let i = 0; i < n; i++) {
    const share = (weight?.[i] ?? 1) / n;
    automaticAll += (automatic[i] ?? 0) * share;
    if (threshold !== null && (confidence[i] ?? 0) >= threshold) automaticShare += share;
  }
  // Where all rows are reviewed there is nothing to be unsure of.
  const interval =
    threshold === null ? null : (MeanSpread.of(own, weight, unitsOf(data, n, weight))?.interval() ?? null);
  return {
    n,
    cost,
    low: interval === null ? null : Math.max(0, interval.low),
    high: interval?.high ?? null,
    reviewAll: costs.review,
    automaticAll,
    automaticShare,
  };
}
