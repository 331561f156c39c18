/** The score of a text from the outputs of a sequence classification model. */
import type { HeadKind } from '../encoder/config';
import { logSoftmax, sigmoid, softplus, trusted } from '../model/numeric';
import { decided } from './decided';
import { labelScores, type LabelScore, type Score } from './score';

/** What a sequence classification model gives for one text. */
export interface HeadOutput {
  /** One for each output. */
  readonly logits: readonly number[];
  /** Tokens of the text, special tokens not included, and how many of them were left out. */
  readonly textTokens: number;
  readonly cutTokens: number;
}

/**
 * ln P of each label.
 *
 * - single-label: log-softmax of the outputs.
 * - binary: of one output z, ln(1 − σ(z)) and ln σ(z), as −softplus(z) and −softplus(−z), which keep their digits.
 *
 * @param logits finite
 */
function headLogProbs(kind: Exclude<HeadKind, 'multi-label'>, logits: readonly number[]): readonly number[] {
  if (kind === 'single-label') return [...logSoftmax(Float64Array.from(logits), logits.length)];
  const [logit = 0] = logits;
  return [-softplus(logit), -softplus(-logit)];
}

/**
 * The score of a text whose labels exclude each other.
 *
 * @param labels in the order of the outputs; of two labels with one output, the second is the output's
 * @param output with finite logits, as many as `kind` and `labels` need
 */
export function headScore(
  kind: Exclude<HeadKind, 'multi-label'>,
  labels: readonly string[],
  { logits, textTokens, cutTokens }: HeadOutput,
): Score {
  const scored = labelScores(labels, headLogProbs(kind, logits));
  const first = labels.length - logits.length;
  return {
    ...scored,
    labels: scored.labels.map((entry, k) => {
      const logit = logits[k - first];
      return logit === undefined ? entry : { ...entry, output: { index: k - first, logit } };
    }),
    // It cannot answer anything but a label.
    labelMass: null,
    mode: 'head',
    textTokens,
    cutTokens,
  };
}

/** From which probability on a label is right where its classifier does not say it. */
const DEFAULT_THRESHOLD = 0.5;

/** Labels that do not exclude each other, and from which probability on each is right. */
export type OwnLabels = readonly { readonly name: string; readonly threshold?: number | undefined }[];

/**
 * The score of a text whose labels do not exclude each other: a sigmoid for each output.
 *
 * @param labels in the order of the outputs
 * @param output with a finite logit for each
 */
export function multiLabelScore(labels: OwnLabels, { logits, textTokens, cutTokens }: HeadOutput): Score {
  const scored = labels.map(({ name, threshold = DEFAULT_THRESHOLD }, index): LabelScore => {
    const logit = logits[index] ?? 0;
    const logProb = -softplus(-logit);
    return { label: name, logProb, confidence: trusted(sigmoid(logit)), output: { index, logit }, threshold };
  });
  return {
    ...decided(scored),
    tie: false,
    labels: scored,
    labelMass: null,
    mode: 'multi-label',
    textTokens,
    cutTokens,
  };
}

/**
 * The share of texts on which several labels would be right if each were judged by itself: high for a model whose labels
 * do not exclude each other, and near 0 for one whose labels do.
 */
export function shareWithSeveral(rows: readonly (readonly number[])[]): number {
  const several = rows.filter((logits) => logits.filter((logit) => logit > 0).length > 1).length;
  return rows.length === 0 ? 0 : several / rows.length;
}
