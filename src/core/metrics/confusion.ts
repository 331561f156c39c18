/**
 * Rows, or their weights, by true label (row) and predicted label (column).
 *
 * @param truth (n) known labels
 * @param predicted (n)
 * @param weight (n); null to count every row once
 */
import { largest } from '../extremes';
export function confusionMatrix(
  truth: Int32Array,
  predicted: Int32Array,
  K: number,
  weight: Float64Array | null,
): number[][] {
  const matrix = Array.from({ length: K }, () => new Array<number>(K).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const row = matrix[truth[i] ?? 0];
    const column = predicted[i] ?? 0;
    if (row !== undefined) row[column] = (row[column] ?? 0) + (weight?.[i] ?? 1);
  }
  return matrix;
}

export interface LabelRates {
  /** True label k. */
  readonly support: number;
  readonly predicted: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** The counts and rates of label k, in the units of the matrix; a rate is null if its denominator is zero. */
export function labelRates(confusion: readonly (readonly number[])[], k: number): LabelRates {
  const hits = confusion[k]?.[k] ?? 0;
  const support = (confusion[k] ?? []).reduce((sum, count) => sum + count, 0);
  const predicted = confusion.reduce((sum, row) => sum + (row[k] ?? 0), 0);
  return {
    support,
    predicted,
    precision: predicted === 0 ? null : hits / predicted,
    recall: support === 0 ? null : hits / support,
    f1: support + predicted === 0 ? null : (2 * hits) / (support + predicted),
  };
}

/**
 * What always answering the commonest label would score; the earlier label of equally common ones.
 *
 * @param truth (n) known labels
 * @param weight (n); null to count every row once
 */
export function majorityBaseline(
  truth: Int32Array,
  K: number,
  weight: Float64Array | null,
): { label: number; accuracy: number } | null {
  const supports = new Array<number>(K).fill(0);
  truth.forEach((k, i) => (supports[k] = (supports[k] ?? 0) + (weight?.[i] ?? 1)));
  const total = supports.reduce((sum, support) => sum + support, 0);
  if (total === 0) return null;
  const most = largest(supports);
  return { label: supports.indexOf(most), accuracy: most / total };
}
