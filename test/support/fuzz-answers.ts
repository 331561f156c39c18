/** Answers of a server that are nearly right: whatever comes back, a text has a score or a reason, or the run an error. */
import assert from 'node:assert/strict';
import { promptClassifierFrom } from './prompt-classifier';
import { type Random, seededRandom } from '../../src/core/random';
import { UserError } from '../../src/core/user-error';
import { EndpointSource } from '../../src/sources/endpoint/endpoint-source';
import { endpointFrom } from '../../src/sources/endpoint/settings';
import { isFailed } from '../../src/sources/source';
import { chatAnswer, completionAnswer, plainAnswers } from '../unit/sources/endpoint/misbehaving-server';
import { assertNoCanary } from './canary';
import { FakeClock } from './fake-clock';
import { mutate, mutateText, pick } from './mutate';

export const KEY = 'sk-Canary+4f/9_Zq~7=Xw"Lm';
export const CLASSIFIER = promptClassifierFrom(
  {
    version: 1,
    name: 'sentiment',
    template: '{{text}}',
    labels: [{ name: 'positive' }, { name: 'negative' }],
  },
  'fuzz',
);
const TOKENS = { ' positive': 0.6, ' negative': 0.3, pos: 0.05 };
const ERRORS: readonly object[] = [
  { error: { message: `Wrong: ${KEY}` } },
  { detail: [{ msg: 'top_logprobs must be at most 5' }] },
  { message: "Unsupported parameter: 'seed'" },
];

/** What fetch brings, or how it fails. */
function answer(random: Random): Response {
  const status = random() < 0.7 ? 200 : pick(random, [204, 302, 400, 401, 403, 404, 408, 429, 500, 503]);
  const right =
    status === 200
      ? pick(random, [chatAnswer(TOKENS), completionAnswer(TOKENS), plainAnswers('positive', KEY)])
      : pick(random, ERRORS);
  const text = JSON.stringify(random() < 0.1 ? right : mutate(right, random));
  if (random() < 0.02)
    throw new TypeError('fetch failed', {
      cause: Object.assign(new Error(`lost ${KEY}`), random() < 0.5 ? { code: 'ECONNRESET' } : {}),
    });
  const headers = {
    ...(random() < 0.1 ? { 'retry-after': pick(random, ['1', '-1', '1e9', 'soon', '999999999999']) } : {}),
    ...(status === 302
      ? { location: pick(random, ['/', 'http://[', `https://evil.example/${encodeURIComponent(KEY)}`]) }
      : {}),
  };
  const body = random() < 0.2 ? mutateText(text, random) : text;
  return new Response(status === 204 ? null : body, { status, headers });
}

/**
 * Nothing goes over a network: what a real one adds is tested with a server.
 *
 * @param runs how many requests are asked for; further tries and samples come on top
 */
export async function fuzzAnswers({
  runs,
  seed,
}: {
  readonly runs: number;
  readonly seed: number;
}): Promise<void> {
  const random = seededRandom(seed);
  const { fetch } = globalThis;
  globalThis.fetch = () => new Promise((resolve) => resolve(answer(random)));
  try {
    for (let run = 0; run < runs; run++) {
      // Each run is a new endpoint: what one server refused is not held against the next.
      const endpoint = endpointFrom({
        name: 'fuzz',
        url: 'http://127.0.0.1:9/v1',
        model: 'tiny',
        api: run % 2 === 0 ? 'chat' : 'completion',
      });
      const source = new EndpointSource(endpoint, { key: () => KEY, clock: new FakeClock(), random });
      const told = await attempt(source, run);
      assertNoCanary(KEY, { [`run ${run} of seed ${seed}`]: told });
    }
  } finally {
    globalThis.fetch = fetch;
  }
}

/** Everything that was told, in one text. */
async function attempt(source: EndpointSource, run: number): Promise<string> {
  try {
    if (run % 5 === 4) {
      const prompts = [{ asks: CLASSIFIER.asks, samples: 2 }];
      return JSON.stringify(await source.sample({ prompts, texts: ['Nice.'], temperature: 1, seed: run }));
    }
    assert.ok(source.score);
    const { scores } = await source.score({ classifier: CLASSIFIER, texts: ['Nice.'], topTokens: 5 });
    for (const score of scores) {
      if (isFailed(score)) continue;
      const numbers = [
        score.confidence,
        score.labelMass ?? 0,
        ...score.labels.map(({ confidence }) => confidence),
      ];
      for (const number of numbers) assert.ok(number >= 0 && number <= 1 + 1e-9, JSON.stringify(score));
    }
    return JSON.stringify([scores, await source.identity().catch((error: unknown) => String(error))]);
  } catch (error) {
    assert.ok(error instanceof UserError, error instanceof Error ? error.stack : String(error));
    return `${error.message} ${error.stack ?? ''}`;
  }
}
