import { clamp } from '../model/numeric';
import type { LabelData } from '../model/predictions';
import { normalisedWeights } from '../model/rows';
import { listed } from '../quote';
import { UserError } from '../user-error';

/** What every calibrator of a distribution over labels is fitted on. */
export interface LabelSample {
  readonly labels: readonly string[];
  readonly K: number;
  /** (n·K) log-softmax, finite. */
  readonly z: Float64Array;
  /** (n) index of the true label, known in every row. */
  readonly truth: Int32Array;
  /** (n) mean 1; null: all 1. */
  readonly weight: Float64Array | null;
  /** (n) or undefined: each row its own. */
  readonly group: Int32Array | undefined;
}

/** Stands for the logarithm of 0 in fits: e^−745 is the smallest double. */
const SMALLEST_LOG = -745;

/** @param data rows with a known truth only */
export function labelSample(data: LabelData): LabelSample {
  const { labels, logProbs, truth, group } = data;
  const weight = normalisedWeights(data, truth.length);
  const z = logProbs.map((value) => Math.max(value, SMALLEST_LOG));
  return { labels, K: labels.length, z, truth, weight, group };
}

/** scale · z with z kept finite, so that a scale of 0 or below does not meet −Infinity. */
export function scaled(scale: number, z: number): number {
  return scale * clamp(z, SMALLEST_LOG, 0);
}

/**
 * Refuses labels that never occur: a maximum likelihood fit would give them a bias of −∞.
 */
export function requireEveryLabel({ labels, truth }: LabelSample): void {
  const seen = new Set(truth);
  const missing = labels.filter((_, k) => !seen.has(k));
  if (missing.length === 0) return;
  throw new UserError(
    'no-optimum',
    `No row has the true label ${listed(missing)}, so its bias has no finite best value. Add such rows, or remove the label from the classifier.`,
  );
}

export function selectSample(sample: LabelSample, rows: Uint32Array): LabelSample {
  const { K, z, truth, weight, group } = sample;
  const chosen = new Float64Array(rows.length * K);
  for (let i = 0; i < rows.length; i++)
    for (let k = 0; k < K; k++) chosen[i * K + k] = z[(rows[i] ?? 0) * K + k] ?? 0;
  return {
    ...sample,
    z: chosen,
    truth: Int32Array.from(rows, (row) => truth[row] ?? 0),
    weight: weight && Float64Array.from(rows, (row) => weight[row] ?? 0),
    group: group && Int32Array.from(rows, (row) => group[row] ?? 0),
  };
}
