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
import { FakeClock } from './clock';
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
const DECISIVE = ['prompt', 'messages', 'temperature', 'n', 'logprobs', 'top_logprobs', 'stop'];

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
      { key = KEY, topLogprobs = 20 }: { key?: string | undefined; topLogprobs?: number } = {},
    ): EndpointSource {
      const setting = { name, url: server.url, api, model: 'gemma-3-270m-q4_k_m.gguf', topLogprobs };
      return new EndpointSource(endpointFrom(setting), {
        key: () => (key === '' ? undefined : key),
        clock: new FakeClock(),
        random: () => 0.5,
      });
    }

    async function scores(from: EndpointSource, of = texts, maxTextTokens = classifier.maxTextTokens) {
      assert.ok(from.score);
      const request = { classifier: { ...classifier, maxTextTokens }, texts: of, topTokens: 5 };
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
        assert.ok(score.labelMass > 0.5 && score.labelMass <= 1);
      });
    });

    it('are label probabilities of a chat, too', async () => {
      for (const score of await scores(source('chat'))) {
        assert.equal(score.tokens?.length, 5);
        const [likeliest] = score.tokens;
        assert.equal(likeliest?.label, score.label);
        assert.ok(score.labelMass > 0.5 && score.labelMass <= 1);
      }
    });

    it('show less of the label mass with fewer tokens', async () => {
      for (const api of ['chat', 'completion'] as const) {
        const [first = ''] = texts;
        const [many] = await scores(source(api), [first]);
        const [few] = await scores(source(api, { topLogprobs: 2 }), [first]);
        assert.ok(few && many && few.labelMass < many.labelMass);
        assert.equal(few.label, many.label);
      }
    });

    it('are answers that were drawn', async () => {
      for (const api of ['chat', 'completion'] as const) {
        const { samples } = await source(api).sample({
          prompts: [{ classifier, samples: 3 }],
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
      const code = (expected: string) => (error: unknown) => {
        assert.ok(error instanceof UserError, String(error));
        assert.equal(error.code, expected, error.message);
        return true;
      };
      const [first = ''] = texts;
      await assert.rejects(scores(source('chat', { key: 'wrong' }), [first]), code('endpoint-key'));
      await assert.rejects(scores(source('chat', { key: '' }), [first]), code('endpoint-key'));
      await assert.rejects(scores(source('completion'), ['long '.repeat(512)], 10_000), (error: unknown) => {
        code('endpoint-refused')(error);
        assert.match(String(error), /context (length|size)/);
        return true;
      });
    });
  });
