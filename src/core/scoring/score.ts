/** The score of one text: what every source returns, and what hover, panel, table and command line show. */
import { largest } from '../extremes';
import type { Agreement } from './agreement';
import type { AnswerMode } from './answer-plan';
import { logSumExp } from './log-space';
import { trusted } from '../model/numeric';

export interface LabelScore {
  readonly label: string;
  /** ln P(any spelling of this label), over all possible answers. */
  readonly logProb: number;
  /** P(label) normalised over the labels, in [0, 1]: the combined confidence. */
  readonly confidence: number;
  /** True if the source did not show all of the label among its likeliest tokens: logProb is an upper bound. */
  readonly isBound?: boolean;
  /** The output of a sequence classification model that stands for this label; absent where none does. */
  readonly output?: HeadLogit;
  /**
   * From which probability on the label is right, of labels that do not exclude each other: then `confidence` is that of
   * this label by itself. Absent where one label is right.
   */
  readonly threshold?: number;
}

/** From the outputs of a sequence classification model: one label is right, or each by itself. */
export const HEAD_MODES = ['head', 'multi-label'] as const;
type HeadMode = (typeof HEAD_MODES)[number];

export function isFromHead(mode: Score['mode']): mode is HeadMode {
  return (HEAD_MODES as readonly string[]).includes(mode);
}

/** One output of a sequence classification model. */
interface HeadLogit {
  /** From 0. */
  readonly index: number;
  readonly logit: number;
}

/** One row of the token table: a candidate for the first token of the answer. */
export interface TokenRow {
  /** 1 for the likeliest. */
  readonly rank: number;
  readonly id: number;
  readonly text: string;
  readonly logProb: number;
  /** The label that the token counts for, or undefined; a token that begins several labels names none. */
  readonly label?: string;
}

export interface Score {
  /**
   * Name of the likeliest label; the earlier one on a tie. Of labels that do not exclude each other, the names of those that
   * are right, or that none is.
   */
  readonly label: string;
  /** Its combined confidence in [0, 1]; of labels that do not exclude each other, that of the least sure decision. */
  readonly confidence: number;
  /** True where another label has exactly the same probability. */
  readonly tie: boolean;
  /** In the order of the classifier's labels. */
  readonly labels: readonly LabelScore[];
  /**
   * Probability in [0, 1] that the answer is any label at all, before normalising; null where the model cannot answer
   * anything else, so that there is no such number.
   */
  readonly labelMass: number | null;
  /** How the model's answer was read. */
  readonly mode: AnswerMode | 'sampled' | HeadMode;
  /** Tokens of the text as it was given, and how many were cut from its middle to make it fit. */
  readonly textTokens: number;
  readonly cutTokens: number;
  /** The likeliest first tokens, if they were requested. */
  readonly tokens?: readonly TokenRow[];
  /** The result of sampling, if the confidence comes from it: consistency and ensemble. */
  readonly agreement?: Agreement;
  /** The token probabilities that went into the confidence beside the agreement: ensemble. */
  readonly tokenLabels?: readonly LabelScore[];
  /** What is odd about the source's answer, although there is a score. */
  readonly notes?: readonly ScoreNote[];
}

export const SCORE_NOTES = [
  /** The server's list had another value for the token that it chose. */
  'chosen-differs',
  /** The chat template ended with an open thought or before a channel; the prompt was continued to the answer. */
  'answer-opened',
  /** The label mass is low, and the model may think before it answers. */
  'may-think',
] as const;
export type ScoreNote = (typeof SCORE_NOTES)[number];

/**
 * Below this label mass the model tends to answer something else, and the small probabilities of the labels mean
 * little. Measured on the test model: .89 with examples in the prompt, .002 without any.
 */
const LOW_LABEL_MASS = 0.5;

export function isLabelMassLow({ labelMass }: Pick<Score, 'labelMass'>): boolean {
  return labelMass !== null && labelMass < LOW_LABEL_MASS;
}

/**
 * Normalises label log-probabilities over the labels (softmax) and picks the winner.
 *
 * @param logProbs ln P(label), one per name, not all -Infinity
 */
export function labelScores(
  names: readonly string[],
  logProbs: readonly number[],
): Pick<Score, 'label' | 'confidence' | 'tie' | 'labels'> & { readonly labelMass: number } {
  const total = logSumExp(logProbs);
  // Where every label is impossible (underflow beyond what a double holds), nothing favours any of them.
  const confidences = logProbs.map((logProb) =>
    trusted(total === -Infinity ? 1 / names.length : Math.exp(logProb - total)),
  );
  const best = largest(confidences);
  const winner = confidences.indexOf(best);
  return {
    label: names[winner] ?? '',
    confidence: best,
    tie: confidences.lastIndexOf(best) !== winner,
    labels: names.map((label, index) => ({
      label,
      logProb: logProbs[index] ?? -Infinity,
      confidence: confidences[index] ?? 0,
    })),
    labelMass: Math.min(1, Math.exp(total)),
  };
}
