import { consistencyScore } from './consistency';
import type { ConfidenceMethod } from '../model/confidence-method';
import { labelScores, type Score } from './score';
import type { Binding } from '../model/binding';

/** What of a score says how it was made. */
export type ScoredBy = Pick<Score, 'method' | 'agreement' | 'tokenLabels'>;

export function methodOf({ agreement, tokenLabels }: ScoredBy): ConfidenceMethod {
  if (agreement === undefined) return 'token-probability';
  return tokenLabels === undefined ? 'consistency' : 'ensemble';
}

/**
 * The score of the same text by one of the methods that went into it.
 *
 * @returns undefined where that method did not
 */
export function scoreBy(method: ConfidenceMethod, score: Score): Score | undefined {
  if (method === methodOf(score)) return score;
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
export function scoringOf(score: ScoredBy): Binding['scoring'] {
  const { agreement } = score;
  const how = { method: methodOf(score), mode: score.method };
  if (agreement === undefined) return how;
  const { samples, temperature, variants } = agreement;
  return { ...how, sampling: { samples, temperature, variants } };
}
