import { consistencyScore } from './consistency';
import type { ConfidenceMethod } from '../model/confidence-method';
import { labelScores, type Score } from './score';
import type { Binding } from '../model/binding';

/** What of a score says how it was made. */
export type HowScored = Pick<Score, 'mode' | 'agreement' | 'tokenLabels'>;

export function confidenceMethodOf({ agreement, tokenLabels }: HowScored): ConfidenceMethod {
  if (agreement === undefined) return 'token-probability';
  return tokenLabels === undefined ? 'consistency' : 'ensemble';
}

/**
 * The score of the same text by one of the methods that went into it.
 *
 * @returns undefined where that method did not
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

/** How a score came about, as calibrators are bound to it. */
export function scoringOf(score: HowScored): Binding['scoring'] {
  const { agreement } = score;
  const how = { method: confidenceMethodOf(score), mode: score.mode };
  if (agreement === undefined) return how;
  const { samples, temperature, variants } = agreement;
  return { ...how, sampling: { samples, temperature, variants } };
}
