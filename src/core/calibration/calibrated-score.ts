/** A calibrator on the score of a single text: the numbers that `apply` writes for the same row of a table. */
import { type Bucket, isAnotherLabelLikelier } from '../model/buckets';
import { type MarkedBucket, markedBucket } from '../decisions/bucket-mark';
import { smoothedLogRates } from '../scoring/consistency';
import { labelScores, type Score } from '../scoring/score';
import { applyCalibrator, type Calibrator } from './calibrator';
import { softplus } from '../model/numeric';
import { pairOf } from '../model/pair';
import { confidenceOf, labelData } from '../model/rows';
import { tableLabels } from './compatibility';
import { type CalibratorId, needs } from './registry';
import type { SavedCalibrator } from './saved';
import { type CalibrateOn, type PredictionData, UNKNOWN_CORRECT, UNKNOWN_LABEL } from '../model/predictions';

export interface CalibratedScore {
  readonly on: CalibrateOn;
  /** On labels, the likeliest label after calibration; on confidence, the raw label. */
  readonly label: string;
  /** P(label is correct) in [0, 1]. */
  readonly confidence: number;
  /** In the order of the score's labels; null on confidence, which leaves the other labels open. */
  readonly labels: readonly { readonly label: string; readonly confidence: number }[] | null;
  /** True where the raw score had another label. */
  readonly labelChanged: boolean;
  /** True if the confidence is below 1/K, so that another of the K labels is likelier. */
  readonly anotherLikelier: boolean;
  readonly bucket: MarkedBucket;
}

/** Which calibrator made a number, as it is shown to people. */
export interface CalibratedBy {
  /** Name of its file, without the ending. */
  readonly name: string;
  /** Its file, as it is shown to people. */
  readonly file: string;
  readonly method: CalibratorId;
  readonly on: CalibrateOn;
  /** Rows that it was fitted on. */
  readonly n: number;
  /** Its accuracy, mean confidence and ECE on rows that it did not see; null if its file does not say. */
  readonly measured: { readonly accuracy: number; readonly confidence: number; readonly ece: number } | null;
}

/** A score after the calibrator of its classifier, or why it is still raw. */
export type Calibration =
  | {
      readonly kind: 'calibrated';
      readonly by: CalibratedBy;
      readonly score: CalibratedScore;
      /** Reasons to doubt it, in sentences. */
      readonly warnings: readonly string[];
      /** What is to be known of it and is no reason to doubt it, in sentences. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'raw'; readonly reason: string }
  /** Of labels that do not exclude each other: those that have a calibrator. */
  | { readonly kind: 'each'; readonly labels: readonly CalibratedLabel[] };

/** P(label) after the label's own calibrator, or why it is still raw. */
export interface CalibratedLabel {
  readonly label: string;
  /** Null: raw. */
  readonly confidence: number | null;
  /** Name of its calibrator. */
  readonly by: string;
  /** Why it is raw, or reasons to doubt it, in sentences. */
  readonly notes: readonly string[];
}

export function calibratedBy(
  name: string,
  file: string,
  { calibrator, n, after }: SavedCalibrator,
): CalibratedBy {
  const accuracy = after.accuracy?.value ?? null;
  const confidence = after.meanConfidence?.value ?? null;
  const ece = after.ece?.value ?? null;
  const measured =
    accuracy === null || confidence === null || ece === null ? null : { accuracy, confidence, ece };
  return { name, file, method: calibrator.method, on: calibrator.on, n, measured };
}

/**
 * ln P of a label that is impossible, for arithmetic: far below every real one, and still small enough in size that a row
 * of impossible labels comes out uniform.
 */
const IMPOSSIBLE = -1e6;

/** The parts of a score that a calibrator needs. */
type RawScore = Pick<Score, 'label' | 'confidence' | 'labels' | 'agreement' | 'tokenLabels'>;

/** @throws UserError label-order: the calibrator was fitted on other labels, or in another order */
export function calibratedScore(
  score: RawScore,
  calibrator: Calibrator,
  buckets: readonly Bucket[],
): CalibratedScore {
  const out = applyCalibrator(calibrator, rowOf(score, calibrator));
  const winner = confidenceOf(out);
  const confidence = winner.confidence[0] ?? 0;
  const names = score.labels.map(({ label }) => label);
  const label = winner.predicted === null ? score.label : (names[winner.predicted[0] ?? 0] ?? score.label);
  return {
    on: calibrator.on,
    label,
    confidence,
    labels:
      out.kind === 'labels' ? names.map((name, k) => ({ label: name, confidence: out.probs[k] ?? 0 })) : null,
    labelChanged: label !== score.label,
    anotherLikelier: isAnotherLabelLikelier(confidence, names.length),
    bucket: markedBucket(confidence, buckets),
  };
}

/** One label of a score whose labels do not exclude each other, as the score of a pair of labels: it and not it. */
export function pairScore(score: Score, label: string): Score | undefined {
  const own = score.labels.find((entry) => entry.label === label);
  if (own?.output === undefined || score.mode !== 'multi-label') return undefined;
  const { logit } = own.output;
  const scored = labelScores(pairOf(label.trim()), [-softplus(-logit), -softplus(logit)]);
  return { ...score, ...scored, labelMass: null };
}

/** P(label) after a calibrator of the pair. */
export function pairProbability({ label: said, confidence, labels }: CalibratedScore, label: string): number {
  return labels?.[0]?.confidence ?? (said === label.trim() ? confidence : 1 - confidence);
}

/** A table of one row, as `score` writes it and `apply` reads it. */
function rowOf(score: RawScore, { on, method }: Calibrator): PredictionData {
  if (on === 'confidence')
    return {
      kind: 'confidence',
      confidence: Float64Array.of(score.confidence),
      correct: Uint8Array.of(UNKNOWN_CORRECT),
    };
  const { labels, agreement, tokenLabels } = score;
  const combines = needs(method, 'agreement') && tokenLabels !== undefined && agreement !== undefined;
  return labelData({
    labels: tableLabels(labels.map(({ label }) => label)),
    scores: Float64Array.from(combines ? tokenLabels : labels, ({ logProb }) =>
      Math.max(logProb, IMPOSSIBLE),
    ),
    agreement: combines ? Float64Array.from(smoothedLogRates(agreement)) : undefined,
    truth: Int32Array.of(UNKNOWN_LABEL),
  });
}
