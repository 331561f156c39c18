/** Which labels are right, of labels that do not exclude each other. */
import { least } from '../extremes';
import type { Score } from './score';

interface Judged {
  readonly label: string;
  /** P(label) in [0, 1]. */
  readonly confidence: number;
  readonly threshold?: number;
}

/** Whether a label is right: at its threshold, it is. */
export function isRight({ confidence, threshold = 1 }: Judged): boolean {
  return confidence >= threshold;
}

/** The names of the labels that are right, and how sure the least sure decision is. */
export function decided(labels: readonly Judged[]): Pick<Score, 'label' | 'confidence'> {
  const right = labels.filter(isRight).map(({ label }) => label);
  return {
    label: right.length === 0 ? `none of ${labels.length} labels` : right.join(', '),
    confidence: least(labels.map((label) => (isRight(label) ? label.confidence : 1 - label.confidence))),
  };
}
