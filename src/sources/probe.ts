/**
 * What only a trial shows about a source's scores: how answers are read, the shape of the context, how far
 * a text's score depends on the texts scored beside it, and how long texts take.
 */
import { largest } from '../core/extremes';
import type { ConfidenceMethod } from '../core/model/confidence-method';
import type { Score } from '../core/scoring/score';
import { UserError } from '../core/user-error';
import type { ContextShape } from '../protocol/engine';
import { isFailed, type Failed } from './source';
import { timed } from './timed';

/** Texts of several lengths without a clear answer: a difference shows best if the labels are close. */
const TEXTS = [
  'Fine.',
  'It has its moments, but not many of them.',
  'I could not say whether I liked it.',
  'The first half drags, the second half makes up for it, and the ending left the whole row arguing about what it meant.',
  'Not bad.',
  'Some will love this and some will want their money back.',
] as const;

/** Scores texts by a method, one for each, in order. */
export type Ask = (
  texts: readonly string[],
  method: ConfidenceMethod,
) => Promise<{ readonly scores: readonly (Score | Failed)[]; readonly shape: ContextShape | null }>;

export interface Probe {
  /** A sample score; all others have the same form. */
  readonly score: Score;
  readonly shape: ContextShape | null;
  /**
   * The largest difference, in probability, between a text alone and the same text among others. A GPU, or a server that
   * batches its clients, chooses kernels by batch; on a CPU the engine pads what it decodes so that there is none.
   * Null if no token probabilities are requested, or no text has them: sampled answers differ anyway.
   */
  readonly jitter: number | null;
  /** Seconds for one text by the method: among others if only token probabilities are requested, otherwise alone. */
  readonly secondsPerText: number;
}

/**
 * A source may refuse some of the texts (a filter, labels that are not among the likeliest tokens), but not all of them.
 *
 * @throws UserError what `ask` throws; probe-failed: why not even a plain text gets a score
 */
export async function probe(ask: Ask, method: ConfidenceMethod): Promise<Probe> {
  let refused: Failed | undefined;
  for (const text of TEXTS) {
    const [{ scores, shape }, seconds] = await timed(() => ask([text], method));
    const [score] = scores;
    if (score === undefined) throw new Error('a source must give a score for every text');
    if (isFailed(score)) {
      refused ??= score;
      continue;
    }
    if (method === 'consistency') return { score, shape, jitter: null, secondsPerText: seconds };
    const { jitter, secondsTogether } = await measureJitter(ask);
    const secondsPerText = method === 'ensemble' ? seconds : secondsTogether / TEXTS.length;
    return { score, shape, jitter, secondsPerText };
  }
  throw new UserError('probe-failed', refused?.reason ?? '');
}

/** The largest difference of token probabilities, over all labels of all texts that have them. */
async function measureJitter(ask: Ask): Promise<{ jitter: number | null; secondsTogether: number }> {
  const alone: (Score | Failed | undefined)[] = [];
  for (const text of TEXTS) alone.push((await ask([text], 'token-probability')).scores[0]);
  const [together, secondsTogether] = await timed(() => ask(TEXTS, 'token-probability'));
  const distances = alone.flatMap((a, text) => {
    const b = together.scores[text];
    if (a === undefined || b === undefined) throw new Error('a source must give a score for every text');
    if (isFailed(a) || isFailed(b)) return [];
    return a.labels.map(({ confidence }, k) => Math.abs(confidence - (b.labels[k]?.confidence ?? NaN)));
  });
  return {
    jitter: distances.length === 0 ? null : largest(distances),
    secondsTogether,
  };
}
