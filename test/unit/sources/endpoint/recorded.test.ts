/**
 * What real servers answered to the requests of an OpenAI-compatible client, replayed: recorded by
 * scripts/fixtures/record-endpoint.mjs with the model of the tests, so the numbers can be held against the
 * float32 reference of the same prompts.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { BUILTIN_CLASSIFIERS } from '../../../../src/core/classifier/builtin';
import { UserError } from '../../../../src/core/user-error';
import { EndpointSource } from '../../../../src/sources/endpoint/endpoint-source';
import { endpointFrom } from '../../../../src/sources/endpoint/settings';
import { isFailed } from '../../../../src/sources/source';
import { fixture } from '../../../support/paths';
import { FakeClock } from '../../../support/fake-clock';
import { serve, type Behaviour, type TestServer } from './misbehaving-server';

const bodySchema = z.looseObject({ prompt: z.string().optional(), messages: z.unknown().optional() });

const recordingSchema = z.object({
  exchanges: z.array(
    z.object({
      name: z.string(),
      request: z.object({
        path: z.string(),
        authorization: z.string().nullable(),
        body: bodySchema.optional(),
      }),
      response: z.object({
        status: z.number(),
        headers: z.record(z.string(), z.string()),
        body: z.string(),
      }),
    }),
  ),
});
type Exchange = z.infer<typeof recordingSchema>['exchanges'][number];

const referenceSchema = z.object({
  template: z.string(),
  texts: z.array(
    z.object({
      text: z.string(),
      withBos: z.object({ labels: z.record(z.string(), z.object({ massAll: z.number() })) }),
    }),
  ),
});

const KEY = 'recorded-key';
const [sentiment] = BUILTIN_CLASSIFIERS;
assert.ok(sentiment);
const classifier = sentiment;
const reference = referenceSchema.parse(readJson('reference/sentiment.json'));
const [beforeText = '', afterText = ''] = reference.template.split('{{text}}');

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(fixture(name), 'utf8'));
}

/** P(positive) of a text among the two labels, by transformers in float32. */
function referenceConfidence(text: string): number {
  const { positive, negative } = reference.texts.find((entry) => entry.text === text)?.withBos.labels ?? {};
  assert.ok(positive && negative);
  return positive.massAll / (positive.massAll + negative.massAll);
}

/** What decides about an answer; the seed does not, as every run of the recording script draws anew. */
const DECISIVE = ['model', 'prompt', 'messages', 'temperature', 'n', 'logprobs', 'top_logprobs', 'stop'];

function asked(path: string, authorization: string | null, body: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([path, authorization, ...DECISIVE.map((field) => body[field] ?? null)]);
}

function replay(exchanges: readonly Exchange[]): Behaviour {
  const answers = new Map(
    exchanges.map(({ request, response }) => [
      asked(request.path, request.authorization, request.body ?? {}),
      response,
    ]),
  );
  return (response, { path, authorization, body }) => {
    const answer = answers.get(asked(path, authorization ?? null, body));
    if (answer === undefined) {
      // A failure that no test expects, with what was asked in its message.
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: `not recorded: ${path} ${JSON.stringify(body)}` }));
      return;
    }
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  };
}

for (const name of ['llama-cpp-python', 'llama-server'])
  describe(`the recorded answers of ${name}`, () => {
    const { exchanges } = recordingSchema.parse(readJson(`endpoint/${name}.json`));
    const texts = exchanges
      .filter((exchange) => exchange.name === 'completion')
      .map(({ request }) => (request.body?.prompt ?? '').slice(beforeText.length, -afterText.length));
    let server: TestServer;
    before(async () => (server = await serve(replay(exchanges))));
    after(() => server.close());

    function source(
      api: 'chat' | 'completion',
      {
        key = KEY,
        topLogprobs = 20,
        at = server.url,
      }: { key?: string; topLogprobs?: number; at?: string } = {},
    ): EndpointSource {
      const setting = { name, url: at, api, model: 'gemma-3-270m-q4_k_m.gguf', topLogprobs };
      return new EndpointSource(endpointFrom(setting), {
        key: () => (key === '' ? undefined : key),
        clock: new FakeClock(),
        random: () => 0.5,
      });
    }

    async function scores(from: EndpointSource, of = texts, maxTextTokens = classifier.asks.maxTextTokens) {
      assert.ok(from.score);
      const request = {
        classifier: { ...classifier, asks: { ...classifier.asks, maxTextTokens } },
        texts: of,
        topTokens: 100,
      };
      return (await from.score(request)).scores.map((score) => {
        assert.ok(!isFailed(score), isFailed(score) ? score.reason : '');
        return score;
      });
    }

    it('are label probabilities that mean what the model means', async () => {
      assert.equal(texts.length, 10);
      const read = await scores(source('completion'));
      read.forEach((score, index) => {
        const [positive] = score.labels;
        const distance = Math.abs((positive?.confidence ?? NaN) - referenceConfidence(texts[index] ?? ''));
        // llama.cpp on 4-bit weights beside float32, whichever kernels the server's batches came to.
        assert.ok(distance < 0.1, `${texts[index] ?? ''}: ${distance}`);
        assert.ok(score.labels.every((entry) => entry.isBound === undefined));
        assert.ok((score.labelMass ?? NaN) > 0.5 && (score.labelMass ?? NaN) <= 1);
      });
    });

    for (const api of ['completion', 'chat'] as const)
      it(`are read to the last token shown: ${api}`, async () => {
        const found = exchanges.filter((exchange) => exchange.name === api);
        const read = await scores(source(api));
        assert.equal(found.length, read.length);
        found.forEach(({ response }, index) => {
          const shown = shownIn(response.body);
          const sum = (...spellings: string[]): number =>
            shown.reduce((total, [token, p]) => total + (spellings.includes(token.trim()) ? p : 0), 0);
          // Pieces count, too.
          const positive = sum('positive', 'Positive', 'POSITIVE', 'pos', 'posit');
          const negative = sum('negative', 'Negative', 'NEGATIVE', 'neg');
          assert.ok(positive > 0 && negative > 0);
          const { label, confidence, labelMass, tokens } = read[index] ?? assert.fail();
          assert.ok(Math.abs(confidence - Math.max(positive, negative) / (positive + negative)) < 1e-12);
          assert.ok(Math.abs((labelMass ?? NaN) - positive - negative) < 1e-12);
          assert.equal(label, positive >= negative ? 'positive' : 'negative');
          assert.equal(tokens?.length, shown.length);
        });
      });

    it('show less of the label mass with fewer tokens', async () => {
      for (const api of ['chat', 'completion'] as const) {
        const [first = ''] = texts;
        const [many] = await scores(source(api), [first]);
        const [few] = await scores(source(api, { topLogprobs: 2 }), [first]);
        assert.ok(few && many && (few.labelMass ?? NaN) < (many.labelMass ?? NaN));
        assert.equal(few.label, many.label);
      }
    });

    it('are answers that were drawn', async () => {
      for (const api of ['chat', 'completion'] as const) {
        const { samples } = await source(api).sample({
          prompts: [{ asks: classifier.asks, samples: 3 }],
          texts: texts.slice(0, 1),
          temperature: 1,
          seed: 1,
        });
        const [first] = samples;
        assert.ok(first && !isFailed(first), first && isFailed(first) ? first.reason : '');
        assert.equal(first.answers.length, 3);
        assert.ok(first.answers.every(({ label }) => label === 'positive' || label === 'negative'));
      }
    });

    it('are refusals that say what to do', async () => {
      const refused = (work: Promise<unknown>, code: string, message: RegExp) =>
        assert.rejects(work, (error: unknown) => {
          assert.ok(error instanceof UserError, String(error));
          assert.equal(error.code, code, error.message);
          assert.match(error.message, message);
          return true;
        });
      const [first = ''] = texts;
      const wrong = scores(source('chat', { key: 'wrong' }), [first]);
      await refused(wrong, 'endpoint-key', /does not accept the key \(401\)/);
      await refused(scores(source('chat', { key: '' }), [first]), 'endpoint-key', /requires a key \(401\)/);
      const long = scores(source('completion'), ['long '.repeat(512)], 10_000);
      await assert.rejects(long, {
        message: /refused the request \(400\)\. It says: .*context (length|size)/,
      });
      const answer = (about: string) => exchanges.find((exchange) => exchange.name === about)?.response;
      for (const [about, code, message] of [
        ['unknown path', 'endpoint-not-found', /There is no API at/],
        ['malformed', name === 'llama-server' ? 'endpoint-refused' : 'endpoint-server', /\((400|500)\)/],
      ] as const) {
        const { status, headers, body } = answer(about) ?? assert.fail();
        const own = await serve((response) => {
          response.writeHead(status, headers);
          response.end(body);
        });
        try {
          await refused(source('chat', { at: own.url }).test(), code, message);
        } finally {
          await own.close();
        }
      }
    });
  });

/** The likeliest first tokens of an answer, with their probabilities, read without the code under test. */
function shownIn(body: string): [string, number][] {
  const shown = z.object({ token: z.string(), logprob: z.number() });
  const list = z.object({ content: z.array(z.object({ top_logprobs: z.array(shown) })) });
  const object = z.object({ top_logprobs: z.array(z.record(z.string(), z.number())) });
  const { choices } = z
    .object({ choices: z.array(z.object({ logprobs: z.union([list, object]) })) })
    .parse(JSON.parse(body));
  const logprobs = choices[0]?.logprobs ?? assert.fail();
  const entries: [string, number][] =
    'content' in logprobs
      ? (logprobs.content[0]?.top_logprobs ?? []).map(({ token, logprob }) => [token, logprob])
      : Object.entries(logprobs.top_logprobs[0] ?? {});
  return entries.map(([token, logProb]) => [token, Math.exp(logProb)]);
}
