import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { BUILTIN_CLASSIFIERS } from '../../../../src/core/classifier/builtin';
import { labelOfAnswer } from '../../../../src/core/scoring/parse-answer';
import { UserError } from '../../../../src/core/user-error';
import { EndpointSource } from '../../../../src/sources/endpoint/endpoint-source';
import { endpointFrom } from '../../../../src/sources/endpoint/settings';
import { readReply } from '../../../../src/sources/endpoint/wire';
import { isFailed } from '../../../../src/sources/source';
import { FakeClock } from './clock';
import { serve, type TestServer } from './misbehaving-server';

const recordingSchema = z.object({
  exchanges: z.array(
    z.object({
      name: z.string(),
      request: z.object({ path: z.string(), body: z.looseObject({}).optional() }),
      response: z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.string() }),
    }),
  ),
});
const SENTIMENT = BUILTIN_CLASSIFIERS.find(({ name }) => name === 'sentiment') ?? assert.fail();

type Exchange = z.infer<typeof recordingSchema>['exchanges'][number];

/** What a real server answered once (llama-cpp-python with the model of the tests), given again to the same requests. */
describe('recorded answers of llama-cpp-python', () => {
  let exchanges: readonly Exchange[];
  let server: TestServer;

  before(async () => {
    const root = process.env.PROMPT_CONFIDENCE_ROOT ?? assert.fail();
    const file = path.join(root, 'test/fixtures/endpoint/llama-cpp-python.json');
    ({ exchanges } = recordingSchema.parse(JSON.parse(readFileSync(file, 'utf8'))));
    server = await serve((response, seen) => {
      const found = exchanges.find(
        ({ request }) => request.path === seen.path && asksTheSame(request.body ?? {}, seen.body),
      );
      if (found === undefined) {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: { message: 'This request was not recorded.' } }));
        return;
      }
      response.writeHead(found.response.status, found.response.headers);
      response.end(found.response.body);
    });
  });
  after(() => server.close());

  const sourceOf = (
    api: 'chat' | 'completion',
    { topLogprobs = 20 }: { topLogprobs?: number } = {},
  ): EndpointSource => {
    const { url } = server;
    const endpoint = endpointFrom({ name: 'peer', url, api, model: 'gemma-3-270m-q4_k_m.gguf', topLogprobs });
    return new EndpointSource(endpoint, { key: () => undefined, clock: new FakeClock(), random: () => 0.5 });
  };
  const scoreOf = async (source: EndpointSource, text: string) => {
    assert.ok(source.score);
    const { scores } = await source.score({ classifier: SENTIMENT, texts: [text], topTokens: 20 });
    const [score] = scores;
    assert.ok(score !== undefined && !isFailed(score));
    return score;
  };
  const named = (name: string): Exchange[] => exchanges.filter((exchange) => exchange.name === name);

  for (const api of ['completion', 'chat'] as const)
    it(`are read: ${api}`, async () => {
      const found = named(api);
      assert.ok(found.length >= 10);
      for (const { request, response } of found) {
        const text = textIn(request.body ?? {});
        const score = await scoreOf(sourceOf(api), text);
        const shown = shownIn(response.body);
        const sum = (...spellings: string[]): number =>
          shown.reduce((total, [token, p]) => total + (spellings.includes(token.trim()) ? p : 0), 0);
        const positive = sum('positive', 'Positive', 'POSITIVE');
        const negative = sum('negative', 'Negative', 'NEGATIVE');
        assert.ok(positive > 0 && negative > 0);
        const expected = Math.max(positive, negative) / (positive + negative);
        assert.ok(
          Math.abs(score.confidence - expected) < 1e-12,
          `${text}: ${score.confidence}, not ${expected}`,
        );
        assert.ok(Math.abs(score.labelMass - positive - negative) < 1e-12);
        assert.equal(score.label, positive >= negative ? 'positive' : 'negative');
        assert.equal(score.tokens?.length, shown.length);
      }
    });

  it('are bounded where few tokens are shown', async () => {
    const [few] = named('completion, few top tokens');
    const text = textIn(few?.request.body ?? {});
    const all = await scoreOf(sourceOf('completion'), text);
    const score = await scoreOf(sourceOf('completion', { topLogprobs: 2 }), text);
    score.labels.forEach(({ logProb, isBound }, index) => {
      const whole = all.labels[index]?.logProb ?? NaN;
      assert.ok(isBound === true ? logProb >= whole : logProb <= whole);
    });
  });

  it('are answers drawn one by one', () => {
    const drawn = [...named('completion, sampled'), ...named('chat, sampled')];
    assert.ok(drawn.length >= 6);
    for (const { response } of drawn) {
      const reply = readReply(JSON.parse(response.body));
      assert.equal(reply?.answers.length, 1);
      const [answer = ''] = reply.answers;
      const [, word] = /^\s*(positive|negative)\b/i.exec(answer) ?? [];
      assert.equal(labelOfAnswer(answer, SENTIMENT.labels), word?.toLowerCase() ?? null);
    }
  });

  it('are refusals, told so that one knows what to do', async () => {
    const replay = async (name: string): Promise<UserError> => {
      const [found] = named(name);
      assert.ok(found);
      const own = await serve((response) => {
        response.writeHead(found.response.status, found.response.headers);
        response.end(found.response.body);
      });
      try {
        const endpoint = endpointFrom({ name: 'peer', url: own.url, api: 'chat', model: 'tiny' });
        const options = { key: () => 'sk-wrong', clock: new FakeClock(), random: () => 0.5 };
        await new EndpointSource(endpoint, options).test();
      } catch (error) {
        assert.ok(error instanceof UserError);
        return error;
      } finally {
        await own.close();
      }
      return assert.fail(`${name} was taken for an answer`);
    };
    assert.match((await replay('wrong key')).message, /does not accept the key \(401\)/);
    assert.match((await replay('unknown path')).message, /There is no API at/);
    assert.match((await replay('too long')).message, /refused the request \(400\)\. It says: .*context/i);
    assert.match((await replay('malformed')).message, /failed \(500\)/);
  });

  it('have no probabilities where none are shown', () => {
    const [none] = named('chat, no top tokens');
    assert.equal(readReply(JSON.parse(none?.response.body ?? ''))?.first, null);
  });
});

/** What stands between the template's two parts in the last question. */
function textIn(body: object): string {
  const { prompt, messages } = z
    .object({
      prompt: z.string().optional(),
      messages: z.array(z.object({ content: z.string() })).optional(),
    })
    .parse(body);
  const last = prompt ?? messages?.at(-1)?.content ?? '';
  return last.slice(last.lastIndexOf('Review: ') + 'Review: '.length, -'\nSentiment:'.length);
}

/** The likeliest first tokens of an answer, with their probabilities, read without the code under test. */
function shownIn(body: string): [string, number][] {
  const list = z.object({
    content: z.array(
      z.object({ top_logprobs: z.array(z.object({ token: z.string(), logprob: z.number() })) }),
    ),
  });
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

/** The fields that decide about the answer. */
function asksTheSame(recorded: object, asked: object): boolean {
  const fields = ['prompt', 'messages', 'logprobs', 'top_logprobs', 'temperature', 'max_tokens'] as const;
  const of = (body: object, field: string): unknown => (body as Readonly<Record<string, unknown>>)[field];
  return fields.every((field) => isDeepStrictEqual(of(recorded, field), of(asked, field)));
}
