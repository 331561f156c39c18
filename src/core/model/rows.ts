import { UserError } from '../user-error';
import { argmax, finiteLogOdds, LOG_ODDS_LIMIT, logit, logSoftmax, oneVsRest, trusted } from './numeric';
import {
  type ConfidenceData,
  type LabelData,
  type PredictionData,
  type RowColumns,
  UNKNOWN_CORRECT,
  UNKNOWN_LABEL,
} from './predictions';

/** The predicted label of each row and its confidence. */
export interface Predicted extends ConfidenceData {
  /** (n) exact log-odds of the confidence. */
  readonly logOdds: Float64Array;
  /** (n) what rows are ranked by: a given confidence, or computed log-odds, which keep apart what rounds to 1. */
  readonly rank: Float64Array;
  /** (n) index of the predicted label; null for a table of confidence alone. */
  readonly predicted: Int32Array | null;
  /** Rows in which two labels share the highest score; the earlier label is taken. */
  readonly ties: number;
  /** Rows with a confidence of exactly 0 or 1, whose log-odds are taken as ∓ln(1e12). */
  readonly clipped: number;
}

export function rowCount(data: PredictionData): number {
  return data.kind === 'labels' ? data.truth.length : data.correct.length;
}

interface LabelColumns extends RowColumns {
  readonly labels: readonly string[];
  /** (n·K) */
  readonly agreement?: Float64Array | undefined;
  readonly truth: Int32Array;
}

/** A label table from any scores (n·K): log-softmax makes raw logits with any offset per row the same. */
export function labelData(columns: LabelColumns & { readonly scores: Float64Array }): LabelData {
  const logProbs = logSoftmax(columns.scores, columns.labels.length);
  return labelTable(columns, { logProbs, probs: computedProbs(logProbs), given: false });
}

/**
 * A label table from probabilities (n·K), which are kept as they are. For the fits, which need logarithms, an exact 0
 * is 1e-12, or the row's smallest other probability if that is below: a rounded 0.000 is not impossible.
 *
 * @returns also the number of rows with a 0
 */
export function givenProbs(columns: LabelColumns & { readonly probs: Float64Array }): {
  data: LabelData;
  zeros: number;
} {
  const { probs, labels } = columns;
  const K = labels.length;
  const logs = new Float64Array(probs.length);
  let zeros = 0;
  for (let at = 0; at < probs.length; at += K) {
    let smallest = -LOG_ODDS_LIMIT;
    for (let k = 0; k < K; k++) {
      const log = Math.log(probs[at + k] ?? 0);
      logs[at + k] = log;
      if (log !== -Infinity) smallest = Math.min(smallest, log);
    }
    let hasZero = false;
    for (let k = 0; k < K; k++) {
      if (logs[at + k] !== -Infinity) continue;
      hasZero = true;
      logs[at + k] = smallest;
    }
    if (hasZero) zeros++;
  }
  return { data: labelTable(columns, { logProbs: logSoftmax(logs, K), probs, given: true }), zeros };
}

/** The same rows with other scores, as a calibrator makes them. @param logProbs (n·K) log-softmax */
export function rescored(data: LabelData, logProbs: Float64Array): LabelData {
  return { ...data, logProbs, probs: computedProbs(logProbs), given: false };
}

function computedProbs(logProbs: Float64Array): Float64Array {
  return logProbs.map((log) => trusted(Math.exp(log)));
}

function labelTable(
  { labels, agreement, truth, group, weight, split }: LabelColumns,
  scores: Pick<LabelData, 'logProbs' | 'probs' | 'given'>,
): LabelData {
  if (labels.length < 2)
    throw new UserError('too-few-labels', 'A table of label scores needs at least two labels.');
  return {
    kind: 'labels',
    labels,
    ...scores,
    agreement: agreement && logSoftmax(agreement, labels.length),
    truth,
    group,
    weight,
    split,
  };
}

/** Confidence and correct of any table: of a label table's predicted labels, or the table itself with its log-odds. */
export function confidenceOf(data: PredictionData): Predicted {
  return data.kind === 'labels' ? winnerOf(data) : withLogOdds(data);
}

/** P(label k) against truth = k, for classwise calibration. */
export function labelAgainstRest(data: LabelData, k: number): ConfidenceData {
  const { labels, logProbs, probs, given, truth, group, weight, split } = data;
  const K = labels.length;
  return {
    kind: 'confidence',
    confidence: labelProbability(probs, K, k),
    correct: Uint8Array.from(truth, (label) =>
      label === UNKNOWN_LABEL ? UNKNOWN_CORRECT : Number(label === k),
    ),
    logOdds: given
      ? undefined
      : Float64Array.from(truth, (_, i) => trusted(oneVsRest(logProbs, K, i * K, k))),
    group,
    weight,
    split,
  };
}

/** (n) P(label k). @param probs (n·K) */
export function labelProbability(probs: Float64Array, K: number, k: number): Float64Array {
  return Float64Array.from({ length: probs.length / K }, (_, i) => probs[i * K + k] ?? 0);
}

/** A label table reduced to confidence against correct. */
export function confidenceOnly(data: PredictionData): ConfidenceData {
  const { confidence, correct, logOdds, group, weight, split } = confidenceOf(data);
  const isGiven = data.kind === 'labels' ? data.given : data.logOdds === undefined;
  return {
    kind: 'confidence',
    confidence,
    correct,
    logOdds: isGiven ? undefined : logOdds,
    group,
    weight,
    split,
  };
}

function winnerOf(data: LabelData): Predicted {
  const K = data.labels.length;
  const n = data.truth.length;
  const confidence = new Float64Array(n);
  const correct = new Uint8Array(n);
  const logOdds = new Float64Array(n);
  const predicted = new Int32Array(n);
  let ties = 0;
  for (let i = 0; i < n; i++) {
    const { index, tied } = argmax(data.probs, i * K, K);
    if (tied) ties++;
    const p = data.probs[i * K + index] ?? 0;
    predicted[i] = index;
    confidence[i] = p;
    logOdds[i] = data.given ? givenLogOdds(p) : trusted(oneVsRest(data.logProbs, K, i * K, index));
    const truth = data.truth[i] ?? UNKNOWN_LABEL;
    correct[i] = truth === UNKNOWN_LABEL ? UNKNOWN_CORRECT : Number(truth === index);
  }
  const { group, weight, split } = data;
  return {
    kind: 'confidence',
    confidence,
    correct,
    logOdds,
    rank: data.given ? confidence : logOdds,
    predicted,
    ties,
    clipped: 0,
    group,
    weight,
    split,
  };
}

function withLogOdds(data: ConfidenceData): Predicted {
  const rest = { predicted: null, ties: 0 };
  if (data.logOdds !== undefined) {
    const logOdds = data.logOdds.map((f) => trusted(finiteLogOdds(f)));
    return { ...data, ...rest, logOdds, rank: logOdds, clipped: 0 };
  }
  const { confidence } = data;
  const clipped = confidence.reduce((count, p) => count + Number(p === 0 || p === 1), 0);
  return { ...data, ...rest, logOdds: confidence.map(givenLogOdds), rank: confidence, clipped };
}

/** The log-odds of a given probability. */
function givenLogOdds(p: number): number {
  const f = logit(p);
  return Number.isFinite(f) ? f : Math.sign(f) * LOG_ODDS_LIMIT;
}

/** The given rows of a table, in the given order. */
export function selectRows<T extends PredictionData>(data: T, rows: Uint32Array): T;
export function selectRows(data: PredictionData, rows: Uint32Array): PredictionData {
  const common = {
    group: data.group && takeInto(data.group, rows, new Int32Array(rows.length)),
    weight: data.weight && takeInto(data.weight, rows, new Float64Array(rows.length)),
    split: data.split && takeInto(data.split, rows, new Uint8Array(rows.length)),
  };
  if (data.kind === 'confidence')
    return {
      kind: 'confidence',
      confidence: takeInto(data.confidence, rows, new Float64Array(rows.length)),
      correct: takeInto(data.correct, rows, new Uint8Array(rows.length)),
      logOdds: data.logOdds && takeInto(data.logOdds, rows, new Float64Array(rows.length)),
      ...common,
    };
  return {
    kind: 'labels',
    labels: data.labels,
    logProbs: takeMatrix(data.logProbs, data.labels.length, rows),
    probs: takeMatrix(data.probs, data.labels.length, rows),
    given: data.given,
    agreement: data.agreement && takeMatrix(data.agreement, data.labels.length, rows),
    truth: takeInto(data.truth, rows, new Int32Array(rows.length)),
    ...common,
  };
}

/** Fills `out` with the chosen entries of a column and returns it. */
function takeInto<T extends Float64Array | Int32Array | Uint8Array>(column: T, rows: Uint32Array, out: T): T {
  for (let i = 0; i < rows.length; i++) out[i] = column[rows[i] ?? 0] ?? 0;
  return out;
}

function takeMatrix(matrix: Float64Array, K: number, rows: Uint32Array): Float64Array {
  const out = new Float64Array(rows.length * K);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] ?? 0) * K;
    for (let k = 0; k < K; k++) out[i * K + k] = matrix[from + k] ?? 0;
  }
  return out;
}

/** Rows for which the condition holds, ascending. */
export function rowsWhere(n: number, condition: (row: number) => boolean): Uint32Array {
  const rows = new Uint32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) if (condition(i)) rows[count++] = i;
  return rows.slice(0, count);
}

export function isTruthKnown(data: PredictionData, row: number): boolean {
  return data.kind === 'labels' ? data.truth[row] !== UNKNOWN_LABEL : data.correct[row] !== UNKNOWN_CORRECT;
}

/** The rows with a known truth; the table itself where that is all of them. */
export function knownRows<T extends PredictionData>(data: T): T {
  const n = rowCount(data);
  const rows = rowsWhere(n, (i) => isTruthKnown(data, i));
  return rows.length === n ? data : selectRows(data, rows);
}

/** Row weights scaled to mean 1, so that their sum is a number of rows; null where all are equal. */
export function normalisedWeights(data: RowColumns, n: number): Float64Array | null {
  const { weight } = data;
  if (weight === undefined) return null;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const w = weight[i] ?? 0;
    if (!(w >= 0 && w < Infinity))
      throw new UserError(
        'bad-weight',
        `The weight of row ${i + 1} is ${w}; weights must be finite and not negative.`,
      );
    sum += w;
  }
  if (n > 0 && sum === 0) throw new UserError('bad-weight', 'All weights are 0, so no row counts.');
  const scale = n / sum;
  if (n > 0 && !(scale > 0 && scale < Infinity))
    throw new UserError(
      'bad-weight',
      `The weights are too ${sum > 1 ? 'large' : 'small'} to be added up. Write them in another unit.`,
    );
  return weight.map((w) => w * scale);
}

/** Class by which folds are balanced: the true label, or correct. */
export function strataOf(data: PredictionData): ArrayLike<number> {
  return data.kind === 'labels' ? data.truth : data.correct;
}
