import { confidenceOf, normalisedWeights, rowCount } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { majorityBaseline } from '../metrics/confusion';
import { type BucketCount, countBuckets } from './bucket-counts';
import { type Bucket, checkBuckets } from '../model/buckets';
import { type CostChoice, type Costs, minimiseCost } from './costs';
import { chooseLabelThreshold, type LabelThreshold } from './label-threshold';
import { confidentErrors, evaluateSlices, type SliceReport } from './slices';
import type { Risk } from './risk';
import { chooseThreshold, type ThresholdChoice } from './threshold';
import type { EvaluateOptions } from '../model/evaluation';

/** The decisions on the confidences of a table, beside its metrics. */
export interface Decisions {
  /** Always answering the commonest label; null without label scores. */
  readonly majorityBaseline: { readonly label: string; readonly accuracy: number } | null;
  /** Highest first. */
  readonly buckets: readonly BucketCount[];
  /** The wrong rows of the highest confidence, at most 20. */
  readonly confidentErrors: readonly ConfidentError[];
  /** One report for each requested column. */
  readonly slices: readonly ({ readonly column: string } & SliceReport)[];
  /** Null if not requested, as are the next two. */
  readonly threshold: ThresholdChoice | null;
  readonly costs: CostChoice | null;
  readonly labelThreshold: LabelThreshold | null;
}

export interface ConfidentError {
  /** Row of the data, from 0. */
  readonly row: number;
  readonly confidence: number;
  /** Null if the table does not contain it. */
  readonly predicted: string | null;
  readonly truth: string | null;
}

export interface DecisionOptions extends Pick<EvaluateOptions, 'bins' | 'binning' | 'seed'> {
  readonly buckets?: readonly Bucket[] | undefined;
  /** (n) names of each column to slice by. */
  readonly slices?: ReadonlyMap<string, readonly (string | null)[]> | undefined;
  /** What automatic decisions must reach: an accuracy, or another risk. */
  readonly target?: number | undefined;
  /** What the target is of; accuracy if absent. */
  readonly risk?: Risk | undefined;
  readonly costs?: Costs | undefined;
  /** Label for which to choose a threshold. */
  readonly label?: string | undefined;
}

const LISTED_ERRORS = 20;

/** @param data rows with a known truth only */
export function decide(data: PredictionData, options: DecisionOptions = {}): Decisions {
  const { buckets, slices, target, risk, costs, label, seed } = options;
  if (buckets !== undefined) checkBuckets(buckets);
  return {
    majorityBaseline: namedMajority(data),
    buckets: countBuckets(data, buckets),
    confidentErrors: namedErrors(data),
    slices: Array.from(slices ?? [], ([column, names]) => ({
      column,
      ...evaluateSlices(data, names, { ...options, buckets }),
    })),
    threshold: target === undefined ? null : chooseThreshold(data, { target, risk, seed }),
    costs: costs === undefined ? null : minimiseCost(data, costs, { seed }),
    labelThreshold:
      label === undefined || data.kind !== 'labels' ? null : chooseLabelThreshold(data, label, { seed }),
  };
}

function namedMajority(data: PredictionData): Decisions['majorityBaseline'] {
  if (data.kind !== 'labels') return null;
  const { truth, labels } = data;
  const majority = majorityBaseline(truth, labels.length, normalisedWeights(data, truth.length));
  return majority && { label: labels[majority.label] ?? '', accuracy: majority.accuracy };
}

function namedErrors(data: PredictionData): ConfidentError[] {
  const { predicted } = confidenceOf(data);
  const labels = data.kind === 'labels' ? data.labels : [];
  const truth = data.kind === 'labels' ? data.truth : new Int32Array(rowCount(data)).fill(-1);
  return confidentErrors(data, LISTED_ERRORS).map(({ row, confidence }) => ({
    row,
    confidence,
    predicted: labels[predicted?.[row] ?? -1] ?? null,
    truth: labels[truth[row] ?? -1] ?? null,
  }));
}
