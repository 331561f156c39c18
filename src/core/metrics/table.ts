import { normalisedWeights, type Predicted } from '../model/rows';
import type { LabelData } from '../model/predictions';
import { type Binning, binValues } from './bins';
import { brierLosses, labelBrierLosses, labelNllLosses, nllLosses, type RowLosses } from './losses';
import { type Ranking, rankRows } from './ranking';
import type { BinningKind } from '../model/evaluation';

/** Everything about a table that point estimates, bootstrap rounds and null draws share. n ≥ 1. */
export interface TableScores {
  readonly n: number;
  readonly predicted: Predicted;
  /** (n) mean 1; null: all 1. */
  readonly weight: Float64Array | null;
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
  return {
    n,
    predicted,
    weight: normalisedWeights(predicted, n),
    binning: binValues(predicted.confidence, kind, bins),
    ranking: rankRows(predicted.logOdds, predicted.correct, folds),
    brier: brierLosses(predicted),
    nll: nllLosses(predicted),
    labels: labels && scoreLabels(labels, kind, bins),
  };
}

function scoreLabels(data: LabelData, kind: BinningKind, bins: number): LabelColumns {
  const K = data.labels.length;
  const n = data.truth.length;
  const columns = data.labels.map((_, k) => {
    const probability = new Float64Array(n);
    for (let i = 0; i < n; i++) probability[i] = Math.min(1, Math.exp(data.logProbs[i * K + k] ?? 0));
    return { probability, binning: binValues(probability, kind, bins) };
  });
  return { data, brier: labelBrierLosses(data), nll: labelNllLosses(data), columns };
}
