import { labelProbability, normalisedWeights, type Predicted } from '../model/rows';
import type { LabelData } from '../model/predictions';
import { type Binning, binValues } from './bins';
import { brierLosses, labelBrierLosses, labelNllLosses, nllLosses, type RowLosses } from './losses';
import { type Ranking, rankRows } from './ranking';
import type { BinningKind } from '../model/evaluation';
import { ShareSums, sumShare, type Units, unitsOf } from './units';

/** Everything about a table that point estimates, bootstrap rounds and null draws share. n ≥ 1. */
export interface TableScores {
  readonly n: number;
  readonly predicted: Predicted;
  /** (n) mean 1; null: all 1. */
  readonly weight: Float64Array | null;
  /** What makes `weight` counts of rows again where whole weights were given: AURC depends on the number of rows. */
  readonly copies: number;
  readonly units: Units;
  /** Accuracy over all rows, and over those of each bin (B). */
  readonly share: ShareSums;
  readonly binShares: readonly ShareSums[];
  /** (B) independent rows for each unit of a bin's mass. */
  readonly worth: Float64Array;
  readonly binning: Binning;
  readonly ranking: Ranking;
  readonly brier: Float64Array;
  readonly nll: RowLosses;
  readonly labels: LabelColumns | null;
}

export interface LabelColumns {
  readonly data: LabelData;
  readonly brier: Float64Array;
  readonly nll: RowLosses;
  /** (K) bins of each label's own probability, with the probabilities. */
  readonly columns: readonly { readonly probability: Float64Array; readonly binning: Binning }[];
}

export function scoresOfTable(
  predicted: Predicted,
  labels: LabelData | null,
  kind: BinningKind,
  bins: number,
  folds: Int32Array | undefined,
): TableScores {
  const n = predicted.correct.length;
  const weight = normalisedWeights(predicted, n);
  const units = unitsOf(predicted, n, weight);
  const binning = binValues(predicted.confidence, kind, bins, weight);
  const share = sumShare(predicted.correct, weight, units);
  const binShares = sharesOfBins(predicted.correct, weight, units, binning);
  return {
    n,
    predicted,
    weight,
    copies: copiesOf(predicted),
    units,
    share,
    binShares,
    worth: worthOfBins(binShares, predicted, binning, units, weight),
    binning,
    ranking: rankRows(predicted.rank, predicted.correct, folds),
    brier: brierLosses(predicted),
    nll: nllLosses(predicted),
    labels: labels && scoreLabels(labels, kind, bins, weight),
  };
}

function copiesOf({ weight }: Predicted): number {
  if (!weight?.every(Number.isInteger)) return 1;
  return weight.reduce((sum, w) => sum + w, 0) / weight.length;
}

function sharesOfBins(
  correct: Uint8Array,
  weight: Float64Array | null,
  units: Units,
  { edges, index }: Binning,
): readonly ShareSums[] {
  const shares = Array.from({ length: edges.length - 1 }, () => new ShareSums(units));
  for (let i = 0; i < correct.length; i++) shares[index[i] ?? 0]?.add(i, weight?.[i] ?? 1, correct[i] ?? 0);
  return shares;
}

/**
 * Kish's number of rows of a bin over the design effect within bins, which is estimated over all of them: rows of a group
 * that are in different bins do not make either of them less sure.
 */
function worthOfBins(
  bins: readonly ShareSums[],
  { correct }: Predicted,
  { index }: Binning,
  { group }: Units,
  weight: Float64Array | null,
): Float64Array {
  if (group === null && weight === null) return new Float64Array(bins.length).fill(1);
  const sums = new Map<number, number>();
  let squares = 0;
  if (group !== null)
    group.forEach((g, i) => {
      const b = index[i] ?? 0;
      const own = (weight?.[i] ?? 1) * ((correct[i] ?? 0) - (bins[b]?.share ?? 0));
      const cell = g * bins.length + b;
      sums.set(cell, (sums.get(cell) ?? 0) + own);
      squares += own * own;
    });
  let between = 0;
  for (const sum of sums.values()) between += sum * sum;
  const effect = squares === 0 ? 1 : Math.max(1, between / squares);
  return Float64Array.from(bins, (bin) => (bin.mass === 0 ? 1 : bin.weighedRows() / effect / bin.mass));
}

function scoreLabels(
  data: LabelData,
  kind: BinningKind,
  bins: number,
  weight: Float64Array | null,
): LabelColumns {
  const K = data.labels.length;
  const columns = data.labels.map((_, k) => {
    const probability = labelProbability(data.probs, K, k);
    return { probability, binning: binValues(probability, kind, bins, weight) };
  });
  return { data, brier: labelBrierLosses(data), nll: labelNllLosses(data), columns };
}
