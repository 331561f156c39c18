/** Scores by any confidence method from any source: the same for the editor and the command line. */
import type { Classifier } from '../core/classifier/definition';
import { agreementOf, consistencyScore, ensembleScore } from '../core/scoring/consistency';
import type { ConfidenceMethod, MethodSeconds } from '../core/model/confidence-method';
import type { Score } from '../core/scoring/score';
import { variantsOf } from '../core/scoring/variants';
import { UserError } from '../core/user-error';
import type { ContextShape } from '../protocol/engine';
import { isFailed, type Failed, type Sampled, type Source } from './source';
import { timed } from './timed';

export interface ScoreTextsOptions {
  /** Instead of the classifier's own, for tables that hold several. */
  readonly method?: ConfidenceMethod | undefined;
  /** Rows of the token table, 0 for none; consistency has none. */
  readonly topTokens: number;
  /** Seed of the sampled answers and of the orders of the prompt; {@link DEFAULT_SEED} by default. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the seconds are measured by: milliseconds of a clock that only goes forward; absent: the system's. */
  readonly now?: () => number;
}

/** The same text gets the same answers, wherever it is classified. */
export const DEFAULT_SEED = 0;

export interface ScoredTexts {
  /** One for each text, in order. */
  readonly scores: readonly (Score | Failed)[];
  readonly shape: ContextShape | null;
  /** Seconds that the source took, including waits for its limits. */
  readonly seconds: MethodSeconds;
}

/**
 * @throws UserError `no-token-probabilities`, `no-samples` if the source lacks what the method needs; what
 *   the source throws
 */
export async function scoreTexts(
  source: Source,
  classifier: Classifier,
  texts: readonly string[],
  options: ScoreTextsOptions,
): Promise<ScoredTexts> {
  const { method = classifier.method, topTokens, signal, now } = options;
  if (method === 'consistency') {
    const [drawn, seconds] = await timed(() => byConsistency(source, classifier, texts, options), now);
    return { ...drawn, seconds: { drawn: seconds } };
  }
  const { score } = source;
  if (score === null)
    throw new UserError(
      'no-token-probabilities',
      `This source shows no token probabilities. Set "method" of "${classifier.name}" to "consistency".`,
    );
  const [byToken, tokenSeconds] = await timed(() => score({ classifier, texts, topTokens }, signal), now);
  if (method === 'token-probability') return { ...byToken, seconds: { token: tokenSeconds } };
  const [drawn, drawnSeconds] = await timed(() => draw(source, classifier, texts, options), now);
  return {
    shape: byToken.shape,
    seconds: { token: tokenSeconds, drawn: drawnSeconds },
    scores: drawn.samples.map((sampled, index) => {
      const token = byToken.scores[index];
      if (token === undefined) throw new Error('the source left a text out');
      if (isFailed(token)) return token;
      return isFailed(sampled) ? sampled : ensembleScore(token, drawn.agreement(sampled, token));
    }),
  };
}

/** Token probabilities are requested only to break ties of counts, and only if the source has them. */
async function byConsistency(
  source: Source,
  classifier: Classifier,
  texts: readonly string[],
  options: ScoreTextsOptions,
): Promise<Omit<ScoredTexts, 'seconds'>> {
  const drawn = await draw(source, classifier, texts, options);
  const names = classifier.labels.map(({ name }) => name);
  const scores = drawn.samples.map((sampled) =>
    isFailed(sampled) ? sampled : consistencyScore(names, drawn.agreement(sampled), sampled),
  );
  const tied = scores.flatMap((score, index) => (!isFailed(score) && score.tie ? [index] : []));
  if (tied.length === 0 || source.score === null) return { scores, shape: drawn.shape };
  const byToken = await source.score(
    { classifier, texts: tied.map((index) => texts[index] ?? ''), topTokens: 0 },
    options.signal,
  );
  tied.forEach((index, at) => {
    const sampled = drawn.samples[index];
    const token = byToken.scores[at];
    if (sampled === undefined || token === undefined || isFailed(sampled) || isFailed(token)) return;
    scores[index] = consistencyScore(names, drawn.agreement(sampled, token), sampled);
  });
  return { scores, shape: drawn.shape };
}

async function draw(
  source: Source,
  classifier: Classifier,
  texts: readonly string[],
  { seed = DEFAULT_SEED, signal }: ScoreTextsOptions,
) {
  const { variants, temperature: wanted } = classifier.consistency;
  if (source.sample === null)
    throw new UserError(
      'no-samples',
      `This source cannot sample answers. Set "method" of "${classifier.name}" to "token-probability".`,
    );
  const request = { prompts: variantsOf(classifier, seed), texts, temperature: wanted, seed };
  const { samples, temperature, shape } = await source.sample(request, signal);
  const names = classifier.labels.map(({ name }) => name);
  return {
    samples,
    shape,
    agreement: ({ answers }: Sampled, token?: Score) =>
      agreementOf(names, { answers, temperature, variants }, token?.labels),
  };
}
