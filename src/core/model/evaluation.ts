/** The options and the result of an evaluation. */
import type { RejectedRow, Warning } from './predictions';

/** With fewer rows nothing is drawn, and no verdict is given. */
export const FEWEST_TO_JUDGE = 10;

/** A number with its uncertainty. `low` and `high` are the ends of a 95% interval; null where undefined, with `reason`. */
export interface Metric {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Standard error, from resampling (AUROC's is one of its log-odds); absent where there is none. */
  readonly se?: number | null;
  /** Of a calibration error: what a calibrated model would show on these confidences, on average. */
  readonly nullMean?: number | null;
  /** Why a value or an interval is null, or how it was computed if not in the usual way. */
  readonly reason?: string;
}

export type BinningKind = 'width' | 'mass';

/** One non-empty bin (low, high], the first closed on the left too. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  /** Rows in the bin (not their weight). */
  readonly count: number;
  readonly meanConfidence: number;
  readonly accuracy: number;
  /** Wilson 95%; null where the rows of the table belong to too few groups. */
  readonly accuracyLow: number | null;
  readonly accuracyHigh: number | null;
}

export interface PerLabelMetrics {
  readonly label: string;
  /** Rows whose true label this is. */
  readonly support: number;
  /** Rows for which this label was predicted. */
  readonly predicted: number;
  /** These three count weights; null where the denominator is zero. */
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** ECE of P(label) against truth = label, in the bins of the evaluation's kind and count. */
  readonly ece: number;
}

export interface LabelMetrics {
  /** Sum over labels of (P(k) − [truth = k])², mean over rows: between 0 and 2. */
  readonly brier: Metric;
  /** −ln P(true label), mean over rows. */
  readonly nll: Metric;
  /** Mean over labels of each label's own ECE. */
  readonly classwiseEce: Metric;
  /** (K×K) rows: true label, columns: predicted label; counts rows, not their weight. */
  readonly confusion: readonly (readonly number[])[];
  readonly perLabel: readonly PerLabelMetrics[];
}

/** What `evaluate` returns and `prompt-confidence evaluate --json` prints. Holds no NaN and no Infinity. */
export interface Evaluation {
  readonly schema: 1;
  readonly kind: 'confidence' | 'labels';
  /** Rows with a known truth. */
  readonly n: number;
  readonly nCorrect: number;
  readonly nWrong: number;
  /** Labelled rows that could not be used, and rows without a label. Absent in the JSON of earlier versions. */
  readonly nUnused?: number;
  readonly nUnlabelled?: number;
  readonly labels: readonly string[] | null;
  readonly rejected: readonly RejectedRow[];
  readonly warnings: readonly Warning[];
  readonly seed: number;
  readonly binning: { readonly kind: BinningKind; readonly count: number };
  readonly bins: readonly ReliabilityBin[];
  readonly accuracy: Metric;
  readonly meanConfidence: Metric;
  readonly ece: Metric;
  /** `count`: rows in the bin that it comes from. */
  readonly mce: Metric & { readonly count: number | null };
  /** One column: mean of (confidence − correct)². */
  readonly brier: Metric;
  /** `clipped`: rows whose probability was raised to 2.2e-16. */
  readonly nll: Metric & { readonly clipped: number };
  readonly auroc: Metric;
  readonly aurc: Metric;
  readonly smoothEce: Metric;
  readonly debiasedL2: Metric;
  /** What ECE a perfectly calibrated model would show on these confidences; nulls without rows. */
  readonly eceNull: { readonly mean: number | null; readonly q95: number | null; readonly p: number | null };
  readonly labelMetrics: LabelMetrics | null;
}

export interface EvaluateOptions {
  /** Bins of the diagram and of ECE; 20. */
  readonly bins?: number | undefined;
  /** 'width'. */
  readonly binning?: BinningKind | undefined;
  /** Seed of the bootstrap and of the null; 0. */
  readonly seed?: number | undefined;
  /** Bootstrap rounds; 1,000 below 20,000 rows, else 200. 0: no intervals from resampling (fast). */
  readonly rounds?: number | undefined;
  /** Draws of the null; 1,000. 0: no null, and no lower ends of ECE-type intervals. */
  readonly nullDraws?: number | undefined;
  /** Passed through into the result, as are the next two. */
  readonly rejected?: readonly RejectedRow[] | undefined;
  readonly unused?: number | undefined;
  readonly unlabelled?: number | undefined;
  /** Warnings of the reader, put before ours. */
  readonly warnings?: readonly Warning[] | undefined;
  /**
   * (n) fold of each row, for predictions pooled over folds: AUROC and AURC are computed within folds and
   * averaged, since scores of different fits are not on one scale.
   */
  readonly folds?: Int32Array | undefined;
}
