/**
 * Counts of true label (row) against predicted label (column).
 *
 * @param truth (n) known labels
 * @param predicted (n)
 */
export function confusionMatrix(truth: Int32Array, predicted: Int32Array, K: number): number[][] {
  const matrix = Array.from({ length: K }, () => new Array<number>(K).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const row = matrix[truth[i] ?? 0];
    const column = predicted[i] ?? 0;
    if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
  }
  return matrix;
}

export interface LabelCounts {
  readonly support: number;
  readonly predicted: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** Precision, recall and F1 of label k; null where their denominators are zero. */
export function labelCounts(confusion: readonly (readonly number[])[], k: number): LabelCounts {
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

/** What always answering the commonest label would score; the earlier label of equally common ones. */
export function majorityBaseline(
  confusion: readonly (readonly number[])[],
): { label: number; accuracy: number } | null {
  const supports = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const total = supports.reduce((sum, support) => sum + support, 0);
  if (total === 0) return null;
  const most = Math.max(...supports);
  return { label: supports.indexOf(most), accuracy: most / total };
}
