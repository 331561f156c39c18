/**
 * What can only be known of a source's scores by asking for some: how answers are read, the shape of the context, and how
 * far a text's score moves with what is scored beside it.
 */
import type { Score } from '../core/scoring/score';
import { UserError } from '../core/user-error';
import type { ContextShape } from '../protocol/engine';
import { isFailed, type Failed } from './source';

/** Of several lengths, none of them clear: where the labels are close, a difference shows. */
const TEXTS = [
  'Fine.',
  'It has its moments, but not many of them.',
  'I could not say whether I liked it.',
  'The first half drags, the second half makes up for it, and the ending left the whole row arguing about what it meant.',
  'Not bad.',
  'Some will love this and some will want their money back.',
] as const;

/** Scores texts, one for each, in order. */
export type Ask = (
  texts: readonly string[],
) => Promise<{ readonly scores: readonly (Score | Failed)[]; readonly shape: ContextShape | null }>;

export interface Probe {
  /** A score as all others will be. */
  readonly score: Score;
  readonly shape: ContextShape | null;
  /**
   * The largest difference, in probability, between a text alone and the same text among others. A GPU, or a server that
   * batches its clients, chooses kernels by batch; on a CPU the engine pads what it decodes so that there is none.
   * Null for drawn answers, which differ anyway.
   */
  readonly jitter: number | null;
}

/** @throws UserError what `ask` throws; probe-failed: why not even a plain text gets a score */
export async function probe(ask: Ask): Promise<Probe> {
  const { scores, shape } = await ask([TEXTS[0]]);
  const score = scored(scores[0]);
  if (score.method === 'sampled' || score.agreement !== undefined) return { score, shape, jitter: null };
  const alone: Score[] = [score];
  for (const text of TEXTS.slice(1)) alone.push(scored((await ask([text])).scores[0]));
  const together = (await ask(TEXTS)).scores.map(scored);
  return { score, shape, jitter: largestDistance(alone, together) };
}

function scored(result: Score | Failed | undefined): Score {
  if (result === undefined) throw new Error('a source must give a score for every text');
  if (isFailed(result)) throw new UserError('probe-failed', result.reason);
  return result;
}

/** Over all labels of all texts, in probability. */
function largestDistance(a: readonly Score[], b: readonly Score[]): number {
  return Math.max(
    ...a.flatMap(({ labels }, text) =>
      labels.map(({ confidence }, k) => Math.abs(confidence - (b[text]?.labels[k]?.confidence ?? NaN))),
    ),
  );
}
