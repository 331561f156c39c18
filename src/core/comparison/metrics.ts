/** The numbers by which runs on the same rows are compared. */
import { countBuckets } from '../decisions/bucket-counts';
import type { Evaluation, Metric } from '../model/evaluation';
import { confidenceOf } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { sumShare } from '../metrics/units';
import type { TableScores } from '../metrics/table';

export const COMPARED_METRICS = [
  'accuracy',
  'nll',
  'brier',
  'ece',
  'mce',
  'auroc',
  'meanConfidence',
  'highShare',
  'highAccuracy',
  'highErrors',
] as const;
export type ComparedMetric = (typeof COMPARED_METRICS)[number];

/** Which way a metric runs; neither way is better for how sure a run is, and whoever is never sure makes no sure errors. */
export const BETTER: Readonly<Record<ComparedMetric, 'higher' | 'lower' | null>> = {
  accuracy: 'higher',
  nll: 'lower',
  brier: 'lower',
  ece: 'lower',
  mce: 'lower',
  auroc: 'higher',
  meanConfidence: null,
  highShare: null,
  highAccuracy: 'higher',
  highErrors: null,
};

/** The rows at or above a confidence. */
export interface HighConfidence {
  readonly rows: number;
  /** Wrong ones among them. */
  readonly errors: number;
  /** They as a share of all rows, their accuracy, and the wrong ones as a share of all rows; weighted where rows are. */
  readonly share: Metric;
  readonly accuracy: Metric;
  readonly errorShare: Metric;
}

/** The numbers of one run. */
export interface RunNumbers {
  readonly evaluation: Evaluation;
  readonly high: HighConfidence;
}

/** NLL and Brier are those of the labels where a run has their scores. */
export function metricOf({ evaluation, high }: RunNumbers, metric: ComparedMetric): Metric {
  switch (metric) {
    case 'nll':
    case 'brier':
      return (evaluation.labelMetrics ?? evaluation)[metric];
    case 'highShare':
      return high.share;
    case 'highAccuracy':
      return high.accuracy;
    case 'highErrors':
      return high.errorShare;
    default:
      return evaluation[metric];
  }
}

/** @param data rows with a known truth only */
export function highConfidence(
  data: PredictionData,
  threshold: number,
  { weight, units }: Pick<TableScores, 'weight' | 'units'>,
): HighConfidence {
  const [above] = countBuckets(data, [
    { name: 'above', low: threshold },
    { name: 'below', low: 0 },
  ]);
  const { high, highError } = rowsAbove(data, threshold);
  const shareOf = (column: Float64Array): Metric => {
    const sums = sumShare(column, weight, units);
    const interval = sums.interval();
    return { value: sums.share, low: interval?.low ?? null, high: interval?.high ?? null };
  };
  return {
    rows: above?.rows ?? 0,
    errors: above?.errors ?? 0,
    share: shareOf(high),
    accuracy: {
      value: above?.accuracy ?? null,
      low: above?.accuracyLow ?? null,
      high: above?.accuracyHigh ?? null,
      ...(above?.rows === 0 ? { reason: 'No row is that sure.' } : {}),
    },
    errorShare: shareOf(highError),
  };
}

/** (n) 1 for rows at or above a confidence, and for the wrong ones of them; else 0. */
export function rowsAbove(
  data: PredictionData,
  threshold: number,
): { readonly high: Float64Array; readonly highError: Float64Array } {
  const { confidence, correct } = confidenceOf(data);
  const high = confidence.map((p) => Number(p >= threshold));
  return { high, highError: high.map((is, i) => is * (1 - (correct[i] ?? 0))) };
}
