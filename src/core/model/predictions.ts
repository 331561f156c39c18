/**
 * The shapes that the numeric core works on: columns of a prediction table in, JSON-able results out.
 *
 * Rows are columns of typed arrays, so that 1,000,000 rows are a few arrays and not a million objects.
 * n is the number of rows, K the number of labels; matrices are row-major.
 */

/** Value of `ConfidenceData.correct` if the truth is unknown. Such rows can be calibrated, not evaluated. */
export const UNKNOWN_CORRECT = 255;
/** Value of `LabelData.truth` if the truth is unknown. */
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
   * order of everything beyond 1 − 1e-16. Absent: taken from `confidence`; those of exactly 0 and 1 are ∓ln(1e12).
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
   * (n·K) P(label), which all numbers are made from: as the table gives it, or computed from `logProbs` and then
   * rounded to 12 decimals, so that rows that are equal but for rounding fall into one bin, bucket and tie.
   */
  readonly probs: Float64Array;
  /** Whether the table gives `probs`. If not, `logProbs` know the order of what rounds to one probability. */
  readonly given: boolean;
  /**
   * (n·K) log-softmax of the smoothed agreement of sampled answers, if a combination weights it against `logProbs`,
   * which are then the token probabilities. Absent in all other tables.
   */
  readonly agreement?: Float64Array | undefined;
  /** (n) index of the true label, or UNKNOWN_LABEL. */
  readonly truth: Int32Array;
}

export type PredictionData = ConfidenceData | LabelData;

/** What is calibrated: the distribution over labels (may change the predicted label), or only its confidence. */
export type CalibrateOn = 'labels' | 'confidence';

/** A sentence for the person, with a stable code for tests and for the panel. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  /** The mapping of columns (role or score to column, "" for none) that would fit better. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** A rejected row, with its line in the file. */
export interface RejectedRow {
  readonly line: number;
  readonly reason: string;
}
