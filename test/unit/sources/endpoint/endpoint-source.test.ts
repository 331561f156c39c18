import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { PromptClassifier } from '../../../../src/core/classifier/definition';
import { UserError } from '../../../../src/core/user-error';
import { EndpointSource } from '../../../../src/sources/endpoint/endpoint-source';
import { serverWords } from '../../../../src/sources/endpoint/http';
import { FIRST_DIALECT, nextDialect } from '../../../../src/sources/endpoint/wire';
import { endpointFrom, type EndpointSetting } from '../../../../src/sources/endpoint/settings';
import { isFailed } from '../../../../src/sources/source';
import { fixture } from '../../../support/paths';
import { FakeClock } from '../../../support/fake-clock';
import {
  chatAnswer,
  completionAnswer,
  json,
  plainAnswers,
  serve,
  type Behaviour,
  type TestServer,
} from './misbehaving-server';
import { promptClassifierFrom } from '../../../support/prompt-classifier';

const KEY = 'sk-secret-of-the-test';
const GOOD = { ' positive': 0.6, ' negative': 0.3, ' very': 0.05 };
const CLASSIFIER = promptClassifierFrom(
  {
    version: 1,
    name: 'sentiment',
    instruction: 'Is it {{labels}}?',
    template: 'Review: {{text}}\nSentiment: ',
    examples: [{ text: 'Dull.', label: 'negative' }],
    labels: [{ name: 'positive' }, { name: 'negative' }],
  },
  'test',
);

describe('an endpoint', () => {
  let server: TestServer | undefined;
  let clock: FakeClock;
  beforeEach(() => (clock = new FakeClock()));
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function source(
    behaviour: Behaviour,
    setting: Partial<EndpointSetting> = {},
    options: { key?: string; timeoutMs?: number; pem?: string } = {},
  ): Promise<EndpointSource> {
    server = await serve(behaviour, options.pem);
    return sourceAt(server.url, setting, options);
  }

  function sourceAt(
    url: string,
    setting: Partial<EndpointSetting> = {},
    { key, timeoutMs = 5000 }: { key?: string; timeoutMs?: number } = {},
  ): EndpointSource {
    const endpoint = endpointFrom({ name: 'test', url, api: 'chat', model: 'tiny', ...setting });
    return new EndpointSource(endpoint, { key: () => key, clock, random: () => 0.5, timeoutMs });
  }

  const score = (
    from: EndpointSource,
    texts: readonly string[] = ['Nice.'],
    classifier = CLASSIFIER,
    topTokens = 0,
  ) => {
    assert.ok(from.score);
    return from.score({ classifier, texts, topTokens });
  };
  const sample = (from: EndpointSource, samples: number, texts: readonly string[] = ['Nice.']) =>
    from.sample({ prompts: [{ asks: CLASSIFIER.asks, samples }], texts, temperature: 1, seed: 7 });
  const fails = async (work: Promise<unknown>, code: string, message: RegExp): Promise<void> => {
    await assert.rejects(work, (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.ok(!error.message.includes(KEY), 'the key is in the message');
      return true;
    });
  };

  it('shows the request that it would send, without the key, and sends nothing', async () => {
    const from = await source((response) => json(response, chatAnswer(GOOD)), {}, { key: KEY });
    const shown = await from.prompt(CLASSIFIER, 'Nice.');
    assert.equal(server?.requests.length, 0);
    assert.match(shown.to, /^POST http:.*\/chat\/completions$/);
    assert.ok(!JSON.stringify(shown).includes(KEY));
    await score(from, ['Nice.']);
    assert.deepEqual(server.requests.at(-1)?.body, shown.body);
    const drawn = await from.prompt({ ...CLASSIFIER, method: 'consistency' }, 'Nice.');
    assert.equal(Reflect.get(drawn.body, 'logprobs'), undefined);
    assert.equal(Reflect.get(drawn.body, 'temperature'), CLASSIFIER.consistency.temperature);
  });

  /** Of the first text. */
  const refuses = async (work: ReturnType<typeof score>, reason: RegExp): Promise<void> => {
    const [first] = (await work).scores;
    assert.ok(first !== undefined && isFailed(first));
    assert.match(first.reason, reason);
    assert.ok(!first.reason.includes(KEY), 'the key is in the reason');
  };

  describe('asked for token probabilities', () => {
    it('reads the chat form', async () => {
      const from = await source((response) => json(response, chatAnswer(GOOD)), {}, { key: KEY });
      const { scores, shape } = await score(from, ['Nice.'], CLASSIFIER, 2);
      const [first] = scores;
      assert.ok(first !== undefined && !isFailed(first));
      assert.equal(first.label, 'positive');
      assert.ok(Math.abs(first.confidence - 0.6 / 0.9) < 1e-9);
      assert.ok(Math.abs((first.labelMass ?? NaN) - 0.9) < 1e-9);
      assert.equal(first.mode, 'first-token');
      assert.equal(first.tokens?.length, 2);
      assert.equal(shape, null);
      const [seen] = server?.requests ?? [];
      assert.equal(seen?.path, '/v1/chat/completions');
      assert.equal(seen.authorization, `Bearer ${KEY}`);
      assert.deepEqual(seen.body, {
        model: 'tiny',
        messages: [
          { role: 'system', content: 'Is it positive, negative?' },
          { role: 'user', content: 'Review: Dull.\nSentiment:' },
          { role: 'assistant', content: 'negative' },
          { role: 'user', content: 'Review: Nice.\nSentiment:' },
        ],
        max_tokens: 1,
        stream: false,
        temperature: 0,
        logprobs: true,
        top_logprobs: 20,
      });
    });

    it('reads the object form of completions', async () => {
      const from = await source((response) => json(response, completionAnswer(GOOD)), {
        api: 'completion',
        topLogprobs: 5,
      });
      const { scores } = await score(from);
      assert.ok(scores[0] !== undefined && !isFailed(scores[0]));
      assert.ok(Math.abs(scores[0].confidence - 0.6 / 0.9) < 1e-9);
      const [seen] = server?.requests ?? [];
      assert.equal(seen?.path, '/v1/completions');
      assert.deepEqual(seen.body, {
        model: 'tiny',
        prompt: 'Is it positive, negative?\n\nReview: Dull.\nSentiment: negative\nReview: Nice.\nSentiment:',
        max_tokens: 1,
        stream: false,
        temperature: 0,
        logprobs: 5,
      });
      assert.equal(seen.authorization, undefined);
    });

    it('reads the list form of completions, as llama-server and Ollama give it', async () => {
      const { choices } = chatAnswer(GOOD) as { choices: { logprobs: object }[] };
      const answer = { choices: [{ text: ' positive', logprobs: choices[0]?.logprobs }] };
      const from = await source((response) => json(response, answer), { api: 'completion' });
      const { scores } = await score(from);
      assert.ok(scores[0] !== undefined && !isFailed(scores[0]));
      assert.equal(scores[0].label, 'positive');
    });

    it('keeps the texts in order, whatever order the answers come in', async () => {
      const texts = ['good', 'bad', 'good', 'bad', 'bad', 'good'];
      // The good ones are answered once all bad ones are.
      let bad = texts.filter((text) => text === 'bad').length;
      const good: ServerResponse[] = [];
      const from = await source((response, { body }) => {
        if (body.messages?.at(-1)?.content.includes('good') === true) good.push(response);
        else {
          json(response, chatAnswer({ negative: 0.8, positive: 0.1 }));
          bad--;
        }
        if (bad === 0) for (const held of good.splice(0)) json(held, chatAnswer(GOOD));
      });
      const { scores } = await score(from, texts);
      assert.deepEqual(
        scores.map((entry) => (isFailed(entry) ? '' : entry.label)),
        ['positive', 'negative', 'positive', 'negative', 'negative', 'positive'],
      );
    });

    it('fails only the texts that the server refuses', async () => {
      const from = await source((response, { body }) => {
        if (body.messages?.at(-1)?.content.includes('long') === true)
          json(response, { error: { message: "This model's maximum context length is 8 tokens." } }, 400);
        else json(response, chatAnswer(GOOD));
      });
      const { scores } = await score(from, ['a', 'too long', 'b']);
      assert.ok(scores[1] !== undefined && isFailed(scores[1]));
      assert.match(scores[1].reason, /refused the request \(400\)\. It says: This model's maximum context/);
      assert.ok(
        scores[0] !== undefined && !isFailed(scores[0]) && scores[2] !== undefined && !isFailed(scores[2]),
      );
    });

    it('says so where an answer has nothing to do with the labels, be it the only one', async () => {
      const from = await source((response) => json(response, chatAnswer({ I: 0.7, As: 0.2 })));
      await refuses(score(from), /None of the labels \("positive", "negative"\)/);
    });

    it('leads to consistency where no probabilities are shown', async () => {
      const from = await source((response) => json(response, plainAnswers('positive')));
      await fails(score(from), 'endpoint-no-logprobs', /Set "method" of the classifier to "consistency"/);
      assert.equal(sourceAt('http://localhost:1', { topLogprobs: 0 }).score, null);
    });

    it('fails only the text for which none are shown, where others have had theirs', async () => {
      const from = await source((response, { body }) =>
        json(
          response,
          body.messages?.at(-1)?.content.includes('filtered') === true ? plainAnswers('') : chatAnswer(GOOD),
        ),
      );
      await score(from);
      await refuses(score(from, ['filtered']), /shows no token probabilities/);
      await fails(score(sourceAt(server?.url ?? ''), ['filtered']), 'endpoint-no-logprobs', /consistency/);
    });

    it('says which limit a server has on them', async () => {
      const from = await source((response) =>
        json(response, { error: 'top_logprobs must be between 0 and 5' }, 400),
      );
      await fails(score(from), 'endpoint-no-logprobs', /Ask for fewer.*between 0 and 5/);
    });

    it('does not promise whole labels', async () => {
      const from = await source((response) => json(response, chatAnswer(GOOD)));
      const whole: PromptClassifier = {
        ...CLASSIFIER,
        asks: { ...CLASSIFIER.asks, scoring: 'sequence' },
      };
      await fails(score(from, ['a'], whole), 'labels-indistinct', /shows only the first token/);
      assert.equal(server?.requests.length, 0);
    });

    it('does not send a chat to a completion API', async () => {
      const from = await source((response) => json(response, completionAnswer(GOOD)), { api: 'completion' });
      await fails(
        score(from, ['a'], { ...CLASSIFIER, asks: { ...CLASSIFIER.asks, prompt: 'chat' } }),
        'endpoint-prompt',
        /needs a chat prompt/,
      );
    });
  });

  describe('asked for answers', () => {
    it('takes them in one request where the server can, and reads their labels', async () => {
      const from = await source((response, { body }) =>
        json(response, plainAnswers(...['positive', 'Negative.', 'who knows'].slice(0, Number(body.n)))),
      );
      const { samples, temperature } = await sample(from, 3);
      assert.ok(samples[0] !== undefined && !isFailed(samples[0]));
      assert.deepEqual(
        samples[0].answers.map(({ label }) => label),
        ['positive', 'negative', null],
      );
      assert.equal(temperature, 1);
      assert.equal(server?.requests.length, 1);
    });

    it('asks again, with another seed, where the server gives one answer at a time', async () => {
      const from = await source((response) => json(response, plainAnswers('positive')));
      const { samples } = await sample(from, 4);
      assert.ok(samples[0] !== undefined && !isFailed(samples[0]));
      assert.equal(samples[0].answers.length, 4);
      const seeds = server?.requests.map(({ body }) => body.seed) ?? [];
      assert.equal(new Set(seeds).size, 4);
    });

    it('asks for a text with the same seeds, whatever other texts it is asked with', async () => {
      const other = { ...CLASSIFIER.asks, examples: [] };
      const seedsOf = async (texts: readonly string[], seed = 7): Promise<string[]> => {
        const from = await source((response) => json(response, plainAnswers('positive')));
        const prompts = [CLASSIFIER.asks, other].map((asks) => ({ asks, samples: 2 }));
        await from.sample({ prompts, texts, temperature: 1, seed });
        const seen = server?.requests ?? [];
        await server?.close();
        return seen
          .filter(({ body }) => body.messages?.at(-1)?.content.includes('Nice.') === true)
          .map(({ body }) => `${body.messages?.length} messages, seed ${String(body.seed)}`)
          .sort();
      };
      const alone = await seedsOf(['Nice.']);
      assert.equal(new Set(alone.map((entry) => entry.split('seed')[1])).size, 4);
      assert.deepEqual(await seedsOf(['Awful.', 'So so.', 'Nice.']), alone);
      assert.notDeepEqual(await seedsOf(['Nice.'], 8), alone);
      server = undefined;
    });

    it('leaves out what the server does not know', async () => {
      const from = await source((response, { body }) => {
        if ('max_tokens' in body)
          json(
            response,
            {
              error: {
                message:
                  "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
              },
            },
            400,
          );
        else if ('seed' in body)
          json(response, [{ error: { message: 'Unknown name "seed": Cannot find field.' } }], 400);
        else if ('n' in body) json(response, { error: { message: "'n' must be 1" } }, 400);
        else if ('temperature' in body)
          json(
            response,
            { error: { message: "Unsupported value: 'temperature' does not support 1 with this model." } },
            400,
          );
        else json(response, plainAnswers('negative'));
      });
      const { samples, temperature } = await sample(from, 2);
      assert.ok(samples[0] !== undefined && !isFailed(samples[0]));
      assert.equal(samples[0].answers.length, 2);
      // Nobody knows what they were drawn at.
      assert.equal(temperature, null);
    });
  });

  describe('whose model thinks', () => {
    const ended = (content: string | null, extra: object = {}, reason = 'length'): object => ({
      choices: [{ message: { content, ...extra }, finish_reason: reason }],
    });
    const THOUGHTS: readonly (readonly [string, object])[] = [
      ['ends before its answer', ended('')],
      ['has no content', ended(null, { reasoning_content: 'Let me see' })],
      ['has a thought of its own field', ended('', { reasoning: 'Let me see' }, 'stop')],
      ['ends within a thought', ended('<think>\nIs it negative?')],
      ['ends within a channel', ended('<|channel|>analysis<|message|>positive or')],
    ];

    for (const [name, thought] of THOUGHTS)
      it(`gives it more tokens where an answer ${name}`, async () => {
        const from = await source((response, { body }) =>
          json(response, Number(body.max_tokens) > 1000 ? plainAnswers('negative') : thought),
        );
        const { samples } = await sample(from, 2, ['Nice.', 'Dull.']);
        for (const sampled of samples) {
          assert.ok(!isFailed(sampled), JSON.stringify(sampled));
          assert.deepEqual(
            sampled.answers.map(({ label }) => label),
            ['negative', 'negative'],
          );
        }
      });

    for (const [name, thought] of THOUGHTS)
      it(`fails that text alone where an answer still ${name}`, async () => {
        const from = await source((response, { body }) =>
          json(
            response,
            body.messages?.at(-1)?.content.includes('hard') === true ? thought : plainAnswers('positive'),
          ),
        );
        const { samples } = await sample(from, 2, ['easy', 'hard']);
        const [easy, hard] = samples;
        assert.ok(easy !== undefined && !isFailed(easy));
        assert.ok(hard !== undefined && isFailed(hard), JSON.stringify(hard));
        assert.match(hard.reason, /thinks before it answers.*Turn thinking off/);
      });

    for (const [name, thought] of THOUGHTS)
      it(`passes the test of one token where an answer ${name}`, async () => {
        const from = await source((response) => json(response, thought));
        assert.equal((await from.test()).likeliest, 0);
      });

    it('says so where the context has no room for the thought', async () => {
      const from = await source((response, { body }) =>
        Number(body.max_tokens) > 1000
          ? json(response, { error: { message: 'The context has 1024 tokens.' } }, 400)
          : json(response, ended('')),
      );
      const [first] = (await sample(from, 2)).samples;
      assert.ok(first !== undefined && isFailed(first));
      assert.match(first.reason, /thinks before it answers/);
    });

    it('asks once for each text where the answers end, and leaves an answer of white space alone', async () => {
      const from = await source((response) => json(response, ended('\n\n')));
      const [first] = (await sample(from, 1)).samples;
      assert.ok(first !== undefined && !isFailed(first));
      assert.deepEqual(first.answers, [{ text: '\n\n', label: null }]);
      assert.equal(server?.requests.length, 1);
    });

    it('passes the test where the server refuses to end within a thought', async () => {
      const message =
        'Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.';
      const from = await source((response) => json(response, { error: { message } }, 400));
      assert.deepEqual(await from.test(), { likeliest: 0, thinks: true });
      await refuses(score(from), /thinks before it answers/);
    });
  });

  describe('that misbehaves', () => {
    it('is waited for in a storm of 429', async () => {
      const from = await source((response, _, index) => {
        if (index % 3 !== 2) json(response, { error: 'slow down' }, 429, { 'retry-after': '2' });
        else json(response, chatAnswer(GOOD));
      });
      const { scores } = await score(
        from,
        Array.from({ length: 20 }, (_, index) => `Text ${index}`),
      );
      assert.ok(scores.every((entry) => !isFailed(entry)));
      assert.ok(clock.sleeps.includes(2000));
    });

    it('is given up when it stays busy', async () => {
      const from = await source((response) => json(response, { error: 'slow down' }, 429));
      await refuses(score(from), /received too many requests \(429\).*fewer requests a minute/);
      assert.equal(server?.requests.length, 7);
    });

    it('is tried again after a failure of its own', async () => {
      const from = await source((response, _, index) =>
        index === 0 ? json(response, { error: 'CUDA error' }, 500) : json(response, chatAnswer(GOOD)),
      );
      assert.equal((await score(from)).scores.length, 1);
    });

    it('is not asked a thousand times where nothing works', async () => {
      const from = await source((response) => json(response, { error: 'CUDA error' }, 500));
      const texts = Array.from({ length: 200 }, (_, index) => `Text ${index}`);
      await fails(score(from, texts), 'endpoint-server', /failed \(500\)\. Check the log/);
      assert.ok((server?.requests.length ?? 0) < 200);
    });

    it('is given up after failures one after another, in whatever portions the texts come', async () => {
      let works = true;
      const from = await source((response) =>
        works ? json(response, chatAnswer(GOOD)) : json(response, { error: 'CUDA error' }, 500),
      );
      const failures = async (): Promise<number> => {
        for (let count = 0; ; count++)
          try {
            await refuses(score(from), /failed \(500\)/);
          } catch (error) {
            assert.ok(error instanceof UserError, String(error));
            assert.equal(error.code, 'endpoint-server');
            return count;
          }
      };
      works = false;
      for (let text = 0; text < 5; text++) await refuses(score(from), /failed \(500\)/);
      works = true;
      await score(from);
      works = false;
      assert.equal(await failures(), 8);
      // Whoever tries again later is not held to what was.
      assert.equal(await failures(), 8);
    });

    it('is not given up for texts that it refuses', async () => {
      const from = await source((response) => json(response, { error: { message: 'Filtered.' } }, 400));
      const { scores } = await score(
        from,
        Array.from({ length: 50 }, (_, index) => `Text ${index}`),
      );
      assert.ok(scores.every(isFailed));
    });

    it('answers too late', async () => {
      const from = await source(() => undefined, {}, { timeoutMs: 30 });
      await refuses(score(from), /did not answer within/);
    });

    it('answers with half a line', async () => {
      const from = await source((response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
        response.write('{"choices": [', () => response.destroy());
      });
      await refuses(score(from), /was lost/);
    });

    it('answers with something else', async () => {
      const from = await source((response) => {
        response.end('<html>Welcome to nginx!</html>');
      });
      await refuses(score(from), /is not JSON\. Check that this is the address/);
      const other = await source((response) => json(response, { status: 'ok' }));
      await refuses(score(other), /does not follow this API/);
    });

    it('closes the connection at once', async () => {
      const from = await source((response) => response.destroy());
      await refuses(score(from), /was lost/);
    });
  });

  describe('that refuses a temperature of 0', () => {
    const strict = (): Promise<EndpointSource> =>
      source((response, { body }) => {
        if (body.temperature === 0) json(response, { error: 'temperature must be > 0' }, 422);
        else json(response, 'top_logprobs' in body ? chatAnswer(GOOD) : plainAnswers('positive'));
      });

    it('is asked without one for probabilities, and with one for answers', async () => {
      const from = await strict();
      const [first] = (await score(from)).scores;
      assert.ok(first !== undefined && !isFailed(first));
      const { temperature } = await sample(from, 1);
      assert.equal(temperature, 1);
      const seen = server?.requests.map(({ body }) => body.temperature);
      assert.deepEqual(seen, [0, undefined, 1]);
    });
  });

  describe('that answers with an error', () => {
    const RUN_ENDS: readonly (readonly [
      what: string,
      status: number,
      body: object,
      code: string,
      says: RegExp,
    ])[] = [
      [
        '402',
        402,
        { error: 'Payment required' },
        'endpoint-quota',
        /no credit left \(402\).*Payment required/,
      ],
      [
        'a spent balance',
        400,
        { error: { message: 'Your credit balance is too low to access the API.' } },
        'endpoint-quota',
        /balance is too low/,
      ],
      [
        '403 about money',
        403,
        { error: { message: 'Insufficient account balance' } },
        'endpoint-quota',
        /Insufficient account balance/,
      ],
      [
        '200 with 402',
        200,
        { error: { message: 'Insufficient balance', code: 402 } },
        'endpoint-quota',
        /Insufficient balance/,
      ],
      [
        '200 with a named code',
        200,
        { error: { message: 'No.', code: 'insufficient_quota' } },
        'endpoint-quota',
        /It says: No\./,
      ],
      [
        '200 with 401',
        200,
        { error: { message: 'User not found.', code: 401 } },
        'endpoint-key',
        /requires a key \(401\)/,
      ],
      [
        '404 about a deployment',
        404,
        { error: { message: 'The API deployment for this resource does not exist.' } },
        'endpoint-not-found',
        /has no model "tiny"/,
      ],
      [
        '404 about providers',
        404,
        { error: { message: 'No allowed providers are available.' } },
        'endpoint-not-found',
        /has no model "tiny"/,
      ],
      [
        '404 about a route',
        404,
        { error: 'Unexpected endpoint or method. (POST /v1/chat/completions)' },
        'endpoint-not-found',
        /does not serve \/chat\/completions \(404\)\. Choose the other API/,
      ],
    ];
    for (const [what, status, body, code, says] of RUN_ENDS)
      it(`ends the run at once: ${what}`, async () => {
        const from = await source((response) => json(response, body, status));
        await fails(score(from, ['a']), code, says);
        assert.equal(server?.requests.length, 1);
      });

    const TEXT_FAILS: readonly (readonly [what: string, status: number, body: object, says: RegExp])[] = [
      [
        '403 for a flagged text',
        403,
        { error: { message: 'Your input was flagged', metadata: { reasons: ['x'] } } },
        /content filter of .* stopped this text \(403\).*flagged/,
      ],
      [
        'a content filter',
        400,
        {
          error: {
            code: 'content_filter',
            message: 'The response was filtered due to the prompt triggering the content management policy',
          },
        },
        /content filter of .* stopped this text/,
      ],
      [
        'a filtered answer',
        200,
        { choices: [{ message: { content: '' }, finish_reason: 'content_filter' }] },
        /content filter of .* stopped the answer/,
      ],
      [
        '200 with an error',
        200,
        { error: { message: 'Something broke' } },
        /answered with an error\. It says: Something broke/,
      ],
      ['200 with an error as a text', 200, { error: 'Something broke' }, /It says: Something broke/],
      [
        'an error in a choice',
        200,
        { choices: [{ error: { message: 'Provider failed', code: 400 } }] },
        /refused the request \(400\)\. It says: Provider failed/,
      ],
    ];
    for (const [what, status, body, says] of TEXT_FAILS)
      it(`fails that text alone: ${what}`, async () => {
        const from = await source((response, { body: asked }) =>
          asked.messages?.at(-1)?.content.includes('odd') === true
            ? json(response, body, status)
            : json(response, chatAnswer(GOOD)),
        );
        const [odd, good] = (await score(from, ['odd', 'good'])).scores;
        assert.ok(odd !== undefined && isFailed(odd), JSON.stringify(odd));
        assert.match(odd.reason, says);
        assert.ok(good !== undefined && !isFailed(good));
      });

    it('names the filter of a drawn answer', async () => {
      const from = await source((response) =>
        json(response, { choices: [{ message: { content: null }, finish_reason: 'content_filter' }] }),
      );
      const [first] = (await sample(from, 2)).samples;
      assert.ok(first !== undefined && isFailed(first));
      assert.match(first.reason, /content filter/);
    });

    it('is waited for where 200 says that there were too many requests', async () => {
      const from = await source((response, _, index) =>
        json(response, index === 0 ? { error: { message: 'Rate limit', code: 429 } } : chatAnswer(GOOD)),
      );
      assert.equal((await score(from)).scores.filter(isFailed).length, 0);
      assert.equal(server?.requests.length, 2);
    });
  });

  describe('that answers in a form nobody asked for', () => {
    const { choices } = chatAnswer(GOOD) as { choices: { logprobs: object }[] };
    const logprobs = choices[0]?.logprobs;
    const events = [
      {
        choices: [
          { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
        ],
      },
      { choices: [{ index: 0, delta: { content: ' positive' }, logprobs, finish_reason: null }] },
      { choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }] },
    ];
    const lines = (prefix: string): string =>
      events.map((event) => `${prefix}${JSON.stringify(event)}\n\n`).join('');
    const infinite = JSON.stringify(chatAnswer({ ...GOOD, '-Infinity,"': 0.01 })).replace(
      '"top_logprobs":[',
      '"top_logprobs":[{"token":"x","logprob":-Infinity},',
    );
    for (const [what, text] of [
      ['a stream', `: comment\n\n${lines('data: ')}data: [DONE]\n\n`],
      ['a stream of events', lines('event: chunk\ndata:')],
      ['one JSON text a line', lines('')],
      ['a bare -Infinity', infinite],
    ] as const)
      it(`is read: ${what}`, async () => {
        const from = await source((response) => {
          response.end(text);
        });
        const [first] = (await score(from)).scores;
        assert.ok(first !== undefined && !isFailed(first), JSON.stringify(first));
        assert.ok(Math.abs(first.confidence - 0.6 / 0.9) < 1e-9);
      });

    it('joins the answers of a stream', async () => {
      const piece = (index: number, content: string): string =>
        `data: ${JSON.stringify({ choices: [{ index, delta: { content } }] })}\n\n`;
      const from = await source((response) => {
        response.end(piece(0, 'posi') + piece(1, 'nega') + piece(0, 'tive') + piece(1, 'tive'));
      });
      const [first] = (await sample(from, 2)).samples;
      assert.ok(first !== undefined && !isFailed(first));
      assert.deepEqual(
        first.answers.map(({ label }) => label),
        ['positive', 'negative'],
      );
    });

    it('says the error of a stream', async () => {
      const from = await source((response) => {
        response.end(`${lines('data: ')}data: {"error":{"message":"Something broke"}}\n\n`);
      });
      await refuses(score(from), /Something broke/);
    });
  });

  describe('that cannot be used', () => {
    it('wants a key', async () => {
      const from = await source((response) => json(response, { error: { message: 'Missing bearer.' } }, 401));
      await fails(score(from), 'endpoint-key', /requires a key \(401\)/);
    });

    it('wants another key, which is in no message', async () => {
      const from = await source(
        (response) => json(response, { error: { message: `Incorrect API key provided: ${KEY}` } }, 401),
        {},
        { key: KEY },
      );
      await fails(score(from, ['a', 'b', 'c']), 'endpoint-key', /does not accept the key \(401\)/);
      const echo = await source(
        (response) => json(response, { error: `bad header ${KEY}` }, 400),
        {},
        { key: KEY },
      );
      await refuses(score(echo), /bad header …/);
    });

    it('has no such model', async () => {
      const from = await source((response) =>
        json(response, { error: { message: 'The model `tiny` does not exist.' } }, 404),
      );
      await fails(score(from), 'endpoint-not-found', /has no model "tiny" \(404\)/);
      assert.equal(server?.requests.length, 1);
    });

    it('has no such API', async () => {
      const from = await source((response) => json(response, { detail: 'Not Found' }, 404));
      await fails(score(from), 'endpoint-not-found', /There is no API at .*usually ends in \/v1/);
    });

    it('has no credit left, and is not asked again', async () => {
      const from = await source((response) =>
        json(
          response,
          {
            error: {
              message: 'You exceeded your current quota, please check your plan and billing details.',
            },
          },
          429,
        ),
      );
      await fails(score(from), 'endpoint-quota', /no credit left/);
      assert.equal(server?.requests.length, 1);
    });

    it('shows a certificate that nobody vouches for', async () => {
      const pem = readFileSync(fixture('endpoint/self-signed.pem'), 'utf8');
      const from = await source((response) => json(response, chatAnswer(GOOD)), {}, { pem, key: KEY });
      await fails(score(from), 'endpoint-tls', /certificate of .* cannot be trusted .*NODE_EXTRA_CA_CERTS/);
      assert.equal(server?.requests.length, 0);
    });

    it('does not speak https', async () => {
      await source((response) => json(response, chatAnswer(GOOD)));
      const from = sourceAt(server?.url.replace('http:', 'https:') ?? '');
      await fails(score(from), 'endpoint-tls', /does not speak https/);
    });

    it('is not there', async () => {
      await source((response) => json(response, {}));
      const url = server?.url ?? '';
      await server?.close();
      server = undefined;
      await fails(score(sourceAt(url)), 'endpoint-unreachable', /Nothing listens at/);
    });

    it('redirects, and nobody follows with the key', async () => {
      const other = await serve((response) => json(response, chatAnswer(GOOD)));
      try {
        for (const status of [301, 302, 307, 308]) {
          const from = await source(
            (response) => json(response, {}, status, { location: `${other.url}/chat/completions` }),
            {},
            { key: KEY },
          );
          await fails(score(from), 'endpoint-redirect', /Redirects are not followed/);
          await server?.close();
          server = undefined;
        }
        assert.equal(other.requests.length, 0);
      } finally {
        await other.close();
      }
    });
  });

  it('lets go when it is cancelled', async () => {
    const controller = new AbortController();
    const from = await source(() => controller.abort());
    assert.ok(from.score);
    const work = from.score({ classifier: CLASSIFIER, texts: ['a', 'b'], topTokens: 0 }, controller.signal);
    await fails(work, 'cancelled', /Cancelled/);
  });

  it('tells where its scores come from, asking once', async () => {
    const from = await source((response) => json(response, chatAnswer(GOOD)));
    const origin = await from.identity();
    assert.deepEqual(origin.model, {
      kind: 'endpoint',
      address: server?.url,
      name: 'tiny',
      fingerprint: 'fp_test',
      verified: false,
    });
    assert.equal(origin.backend, 'endpoint');
    await from.identity();
    assert.equal(server?.requests.length, 1);
    assert.deepEqual(await from.test(), { likeliest: 3, thinks: false });
  });
});

describe('the setting of an endpoint', () => {
  const address = (url: string): string => endpointFrom({ name: 'a', url, api: 'chat', model: 'm' }).address;

  it('takes addresses as people write them', () => {
    assert.equal(address('http://localhost:8000'), 'http://localhost:8000/v1');
    assert.equal(address('http://localhost:8000/v1/'), 'http://localhost:8000/v1');
    assert.equal(
      address('https://host.example/openai/v1/chat/completions'),
      'https://host.example/openai/v1',
    );
    assert.equal(address(' http://[::1]:11434/v1 '), 'http://[::1]:11434/v1');
  });

  it('refuses what could be read on the way, and secrets in addresses', () => {
    for (const url of ['http://gpu.example:8000/v1', 'http://192.168.1.5:8000', 'ftp://host/v1'])
      assert.throws(() => address(url), /is not encrypted/);
    for (const url of ['https://me:secret@host/v1', 'https://host/v1?key=secret', 'no address'])
      assert.throws(
        () => address(url),
        (error: unknown) => error instanceof UserError && !error.message.includes('secret'),
      );
  });

  it('names the field that is wrong', () => {
    assert.throws(
      () => endpointFrom({ name: 'a b', url: 'https://h', api: 'chat', model: 'm' }),
      /name: letters/,
    );
    assert.throws(
      () => endpointFrom({ name: 'a', url: 'https://h', api: 'chat', model: 'm', key: 'x' }),
      /key/,
    );
  });
});

describe('what a server says', () => {
  /** Refused fields, in the words of servers, and what a request at temperature 0 leaves out then. */
  const REFUSALS: readonly (readonly [body: object, omitted: string])[] = [
    [{ detail: [{ loc: ['body', 'seed'], msg: 'Extra inputs are not permitted' }] }, 'seed'],
    [{ detail: [{ type: 'extra', loc: ['body', 'stop'], msg: 'Extra inputs are not permitted' }] }, 'stop'],
    [{ error: { message: 'Unsupported value.', param: 'temperature' } }, 'temperature 0'],
    [{ detail: [{ loc: ['body', 'n'], msg: 'Extra inputs are not permitted' }] }, 'n'],
    [{ detail: [{ loc: ['body', 'stop', 0], msg: 'Input should be an integer' }] }, 'stop'],
    [{ detail: [{ loc: ['body', 'stop', 'list[str]'], msg: 'Unstoppable: no such input' }] }, 'stop'],
    [{ error: { message: 'Extra inputs are not permitted', param: 'n' } }, 'n'],
    [{ error: { message: 'Seeds are not random here', param: 'seed' } }, 'seed'],
    [{ message: 'temperature=0.0 is not supported' }, 'temperature 0'],
    [{ error: '`temperature` must be strictly positive' }, 'temperature 0'],
    [{ error: 'Invalid request: temperature must be > 0' }, 'temperature 0'],
    [{ message: 'Only n=1 is supported' }, 'n'],
    [{ error: { message: 'n must be at most 1' } }, 'n'],
    [{ error: "Unrecognized request argument supplied: 'n'" }, 'n'],
    [{ error: 'Unrecognized request argument supplied: stop' }, 'stop'],
    [{ message: "[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs'}]" }, 'seed'],
    [{ error: `${'The request is not valid. '.repeat(20)}Unknown parameter: 'seed'` }, 'seed'],
  ];
  for (const [body, omitted] of REFUSALS)
    it(`about ${omitted} is understood: ${JSON.stringify(body).slice(0, 90)}`, () => {
      const message = serverWords(JSON.stringify(body));
      assert.deepEqual([...(nextDialect(FIRST_DIALECT, message, 0)?.without ?? [])], [omitted]);
    });

  it('about other things omits nothing', () => {
    for (const message of [
      "This model's maximum context length is 8 tokens.",
      'top_n_tokens must be at most 5',
      'The input is not valid.',
      'Filtered.',
    ])
      assert.equal(nextDialect(FIRST_DIALECT, message, 0), undefined, message);
  });
});
