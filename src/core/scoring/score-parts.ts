import { consistencyScore } from './consistency';
import type { ConfidenceMethod } from '../model/confidence-method';
import { labelScores, type Score } from './score';
import type { Binding } from '../model/binding';

/** The fields of a score that show how it was made. */
export type HowScored = Pick<Score, 'mode' | 'agreement' | 'tokenLabels'>;

export function confidenceMethodOf({ agreement, tokenLabels }: HowScored): ConfidenceMethod {
  if (agreement === undefined) return 'token-probability';
  return tokenLabels === undefined ? 'consistency' : 'ensemble';
}

/** The scores by token probability that a score consists of, or was made from. */
function tokenLabelsOf({ labels, tokenLabels }: Pick<Score, 'labels' | 'tokenLabels'>): Score['labels'] {
  return tokenLabels ?? labels;
}

/** Whether two scores of one text come from the same probabilities. Sampled answers may differ. */
export function hasSameTokenScores(
  a: Pick<Score, 'labels' | 'tokenLabels'>,
  b: Pick<Score, 'labels' | 'tokenLabels'>,
): boolean {
  const [first, second] = [tokenLabelsOf(a), tokenLabelsOf(b)];
  return (
    first.length === second.length &&
    first.every(({ label, logProb }, k) => label === second[k]?.label && logProb === second[k].logProb)
  );
}

/**
 * The score of the same text by one of the methods that it was made from.
 *
 * @returns undefined if it was not made from that method
 */
export function scoreBy(method: ConfidenceMethod, score: Score): Score | undefined {
  if (method === confidenceMethodOf(score)) return score;
  const { agreement, tokenLabels, ...rest } = score;
  if (agreement === undefined || tokenLabels === undefined || method === 'ensemble') return undefined;
  const names = score.labels.map(({ label }) => label);
  if (method === 'consistency') return consistencyScore(names, agreement, score);
  const token = labelScores(
    names,
    tokenLabels.map(({ logProb }) => logProb),
  );
  return { ...rest, ...token, labels: tokenLabels };
}

/** How a score was made, in the form that calibrators are bound to. */
export function scoringOf(score: HowScored): Binding['scoring'] {
  const { agreement } = score;
  const how = { method: confidenceMethodOf(score), mode: score.mode };
  if (agreement === undefined) return how;
  const { samples, temperature, variants } = agreement;
  return { ...how, sampling: { samples, temperature, variants } };
}
