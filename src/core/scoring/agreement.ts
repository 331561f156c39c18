/** Answers sampled from a model at a temperature above 0, and their agreement. */

import type { Variants } from '../model/confidence-method';

/** One sampled answer. */
export interface Answer {
  /** The model's answer, as far as it was read; empty if only the label is known. */
  readonly text: string;
  /** The label that it stands for; null for none. */
  readonly label: string | null;
}

/** The result of sampling for one text, kept in its score beside the confidence computed from it. */
export interface Agreement {
  /** N, including the answers that stand for no label. */
  readonly samples: number;
  /** n_k, in the order of the classifier's labels. */
  readonly counts: readonly number[];
  /** Answers that stand for no label: N − Σ n_k. */
  readonly unparsed: number;
  /** The answer given most often. */
  readonly label: string;
  /**
   * Wilson 95% interval of how often the model gives its most frequent answer; it is not one of the accuracy.
   */
  readonly answerRate: { readonly low: number; readonly high: number };
  /** Null if the provider does not report it. */
  readonly temperature: number | null;
  readonly variants: Variants;
  /** How a tie of counts was broken. */
  readonly tieBrokenBy: 'token-probability' | 'label-order' | null;
}
