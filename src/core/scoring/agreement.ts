/** Answers drawn from a model at a temperature above 0, and how far they agree. */

import type { Variants } from '../model/confidence-method';

/** One drawn answer. */
export interface Answer {
  /** What the model said, as far as it was read; empty where only the label is known. */
  readonly text: string;
  /** The label that it stands for; null where it stands for none. */
  readonly label: string | null;
}

/** What sampling said about one text: kept in its score beside the confidence that was made of it. */
export interface Agreement {
  /** N, with the answers that stand for no label. */
  readonly samples: number;
  /** n_k, in the order of the classifier's labels. */
  readonly counts: readonly number[];
  /** Answers that stand for no label: N − Σ n_k. */
  readonly unparsed: number;
  /** The answer given most often. */
  readonly label: string;
  /**
   * Wilson 95% range of how often the model gives its winning answer; never of being right.
   */
  readonly answerRate: { readonly low: number; readonly high: number };
  /** Null where the provider does not say. */
  readonly temperature: number | null;
  readonly variants: Variants;
  /** How equal counts were told apart. */
  readonly tieBrokenBy: 'token-probability' | 'label-order' | null;
}
