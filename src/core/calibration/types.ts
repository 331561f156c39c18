/**
 * The shapes that the numeric core works on: columns of a prediction table in, JSON-able results out.
 *
 * Rows are columns of typed arrays, so that 1,000,000 rows are a few arrays and not a million objects.
 * n is the number of rows, K the number of labels; matrices are row-major.
 */

/** Value of `ConfidenceData.correct` where the truth is not known. Such rows can be calibrated, not evaluated. */
export const UNKNOWN_CORRECT = 255;
/** Value of `LabelData.truth` where the truth is not known. */
export const UNKNOWN_LABEL = -1;
/** Values of `RowColumns.split`. */
export const SPLIT_FIT = 0;
export const SPLIT_TEST = 1;

/** Optional columns that any table may have. */
export interface RowColumns {
  /**
   * (n) number of the row's group: rows with equal numbers (equal normalised text, or a mapped user, document
   * or thread) are never parted between folds and are resampled together. Absent: each row is its own.
   */
  readonly group?: Int32Array | undefined;
  /** (n) non-negative finite row weights; only their ratios count. Absent: all 1. */
  readonly weight?: Float64Array | undefined;
  /** (n) SPLIT_FIT or SPLIT_TEST. Present: it replaces cross-fitting. */
  readonly split?: Uint8Array | undefined;
}

/** A table of confidence against correct. */
export interface ConfidenceData extends RowColumns {
  readonly kind: 'confidence';
  /** (n) probability of the predicted label, in [0, 1]. */
  readonly confidence: Float64Array;
  /** (n) 1 where the predicted label is the true one, 0 where not, UNKNOWN_CORRECT where the truth is unknown. */
  readonly correct: Uint8Array;
  /**
   * (n) log-odds of `confidence`, where they are known better than from the probability, which loses the
   * order of everything beyond 1 − 1e-16. Absent: taken from `confidence`, clipped at ±ln(1e12).
   */
  readonly logOdds?: Float64Array | undefined;
}

/** A table with a score for every label. */
export interface LabelData extends RowColumns {
  readonly kind: 'labels';
  /** (K) the label order: column k of `logProbs` and value k of `truth` are `labels[k]`. K ≥ 2. */
  readonly labels: readonly string[];
  /** (n·K) log-softmax of the label scores; raw logits with any offset per row are accepted and normalised. */
  readonly logProbs: Float64Array;
  /**
   * (n·K) log-softmax of the smoothed agreement of drawn answers, where a combination weighs it against `logProbs`,
   * which are then the token probabilities. Absent in all other tables.
   */
  readonly agreement?: Float64Array | undefined;
  /** (n) index of the true label, or UNKNOWN_LABEL. */
  readonly truth: Int32Array;
}

export type PredictionData = ConfidenceData | LabelData;

/** What is corrected: the distribution over labels (may change the predicted label), or its confidence only. */
export type CalibrateOn = 'labels' | 'confidence';

export const METHODS = [
  'platt',
  'isotonic',
  'temperature',
  'bias-temperature',
  'vector',
  'beta',
  'histogram',
  'slope',
  'combination',
  'content-free',
  'batch',
] as const;
/**
 * Every calibrator. The last two are label-free prior corrections, the rest are fitted on labelled rows; combination
 * on token probability and agreement together.
 */
export type Method = (typeof METHODS)[number];

/** How sure a number is. `low` and `high` are the ends of a 95% interval; null where undefined, with `reason`. */
export interface Metric {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Why a value or an interval is null, or how it came about where that is not the usual way. */
  readonly reason?: string;
}

/** A sentence for the person, with a stable code for tests and for the panel. */
export interface Warning {
  readonly code: string;
  readonly message: string;
}

/** A row that was not used, with the line of the file it stands on. */
export interface RejectedRow {
  readonly line: number;
  readonly reason: string;
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
  /** Wilson 95%. */
  readonly accuracyLow: number;
  readonly accuracyHigh: number;
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
  /** Passed through into the result. */
  readonly rejected?: readonly RejectedRow[] | undefined;
  /** Warnings of the reader, put before ours. */
  readonly warnings?: readonly Warning[] | undefined;
  /**
   * (n) fold of each row, for predictions pooled over folds: AUROC and AURC are computed within folds and
   * averaged, since scores of different fits are not on one scale.
   */
  readonly folds?: Int32Array | undefined;
}

/** How the out-of-sample predictions came about. */
export interface FoldReport {
  /** 'folds': cross-fitting; 'split': fitted on the rows marked fit, scored on those marked test. */
  readonly source: 'folds' | 'split';
  readonly count: number;
  readonly seed: number;
  readonly stratifiedBy: 'label' | 'correct';
  readonly grouped: boolean;
  /** Lowest and highest result over five fold seeds: how much the fit itself varies. Null for a split. */
  readonly seedRange: null | {
    readonly seeds: readonly number[];
    readonly nll: readonly [number, number];
    readonly brier: readonly [number, number];
    readonly ece: readonly [number, number];
  };
}

/** What `calibrate` prints. */
export interface CalibrationReport {
  readonly method: Method;
  readonly on: CalibrateOn;
  readonly folds: FoldReport;
  /** Raw and calibrated out-of-sample numbers, on the same rows. */
  readonly before: Evaluation;
  readonly after: Evaluation;
  /** The saved calibrator on the rows that it was fitted on: flatters, shown only beside the others. */
  readonly inSample: Evaluation;
  readonly warnings: readonly Warning[];
}
