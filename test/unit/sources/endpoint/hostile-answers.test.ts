import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../../../src/core/user-error';
import { EndpointSource } from '../../../../src/sources/endpoint/endpoint-source';
import { redactor } from '../../../../src/sources/endpoint/key';
import { endpointFrom } from '../../../../src/sources/endpoint/settings';
import { readReply } from '../../../../src/sources/endpoint/wire';
import { isFailed } from '../../../../src/sources/source';
import { assertNoCanary } from '../../../support/canary';
import { FakeClock } from '../../../support/fake-clock';
import { CLASSIFIER, fuzzAnswers, KEY } from '../../../support/fuzz-answers';
import {
  chatAnswer,
  completionAnswer,
  json,
  plainAnswers,
  serve,
  type Behaviour,
  type TestServer,
} from './misbehaving-server';

const GOOD = { positive: 0.6, negative: 0.3 };

describe('a server that attacks', () => {
  let server: TestServer | undefined;
  let clock: FakeClock;
  beforeEach(() => (clock = new FakeClock()));
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function source(behaviour: Behaviour, key: string | undefined = KEY): Promise<EndpointSource> {
    server = await serve(behaviour);
    const endpoint = endpointFrom({ name: 'test', url: server.url, api: 'chat', model: 'tiny' });
    return new EndpointSource(endpoint, { key: () => key, clock, random: () => 0.5, timeoutMs: 20_000 });
  }
  const score = (from: EndpointSource, texts: readonly string[] = ['Nice.'], topTokens = 0) => {
    assert.ok(from.score);
    return from.score({ classifier: CLASSIFIER, texts, topTokens });
  };
  const reasonOf = async (from: EndpointSource): Promise<string> => {
    const [first] = (await score(from)).scores;
    assert.ok(first !== undefined && isFailed(first), JSON.stringify(first));
    return first.reason;
  };
  const rejects = async (work: Promise<unknown>, code: string): Promise<UserError> => {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code, error.message);
    return error;
  };
  const tries = (): number => server?.requests.length ?? 0;
  const raw = (
    response: ServerResponse,
    text: string | Buffer,
    headers: Record<string, string> = {},
  ): void => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(text);
  };

  describe('with too much', () => {
    it('sends 300,000 likeliest tokens: refused, and the stack holds', async () => {
      const top = Array.from({ length: 300_000 }, (_, i) => `{"token":"${i}","logprob":-9}`).join();
      const content = `[{"token":"0","logprob":-9,"top_logprobs":[${top}]}]`;
      const from = await source((response) =>
        raw(response, `{"choices":[{"logprobs":{"content":${content}}}]}`),
      );
      assert.match(await reasonOf(from), /does not follow this API/);
      assert.equal(tries(), 1);
      const tokens = Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [`t${i}`, 1e-6]));
      const other = completionAnswer({ ...GOOD, ...tokens });
      assert.equal(readReply(other, redactor(KEY)), undefined);
    });

    it('sends as many tokens as anybody may ask for: they are read', async () => {
      const tokens = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`t${i}`, 1e-6]));
      const from = await source((response) => json(response, chatAnswer({ ...GOOD, ...tokens })));
      const [first] = (await score(from, ['Nice.'], 2000)).scores;
      assert.ok(first !== undefined && !isFailed(first));
      assert.equal(first.tokens?.length, 1002);
    });

    it('sends a long answer: cut off, not tried again, whatever it is', async () => {
      const mega = Buffer.alloc(1 << 20, ' ');
      const from = await source((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.on('error', () => undefined);
        const more = (left: number): void => {
          if (left > 0 && !response.destroyed) response.write(mega, () => more(left - 1));
          else response.end('{}');
        };
        more(64);
      });
      const [first] = (await score(from)).scores;
      assert.ok(first !== undefined && isFailed(first));
      assert.match(first.reason, /has more than 16 MB/);
      assert.equal(tries(), 1);
      await rejects(from.test(), 'endpoint-answer-large');
    });

    it('sends a bomb: what it unpacks to counts', async () => {
      const bomb = gzipSync(Buffer.alloc(100 << 20, ' '));
      const from = await source((response) => raw(response, bomb, { 'content-encoding': 'gzip' }));
      assert.match(await reasonOf(from), /has more than 16 MB/);
      assert.equal(tries(), 1);
    });

    it('sends a deep answer, and a deep error', async () => {
      const deep = (left: string, right: string): string =>
        left.repeat(200_000) + '1' + right.repeat(200_000);
      const from = await source((response) => raw(response, deep('[', ']')));
      assert.match(await reasonOf(from), /does not follow this API|is not JSON/);
      assert.equal(tries(), 1);
      await server?.close();
      const failing = await source((response) => {
        response.writeHead(400);
        response.end(deep('{"error":', '}'));
      });
      assert.match(await reasonOf(failing), /refused the request \(400\)/);
      assert.equal(tries(), 1);
    });

    it('sends nothing at all, which is not waited for', async () => {
      const from = await source((response) => {
        response.writeHead(204);
        response.end();
      });
      assert.match(await reasonOf(from), /is not JSON/);
    });

    it('sends more answers than were asked for', async () => {
      const from = await source((response) =>
        json(response, plainAnswers(...Array<string>(5000).fill('positive'))),
      );
      const prompts = [{ asks: CLASSIFIER.asks, samples: 3 }];
      const { samples } = await from.sample({ prompts, texts: ['Nice.'], temperature: 1, seed: 1 });
      assert.ok(samples[0] !== undefined && !isFailed(samples[0]));
      assert.equal(samples[0].answers.length, 3);
    });
  });

  describe('with numbers that are none', () => {
    const withLogprob = (number: string): string =>
      JSON.stringify(chatAnswer(GOOD)).replaceAll(/"logprob":[^,}]+/g, `"logprob":${number}`);

    for (const [number, reason] of [
      ['1e999', /does not follow this API/],
      ['"0"', /does not follow this API/],
      ['{}', /does not follow this API/],
      ['1.5', /no log-probabilities/],
      ['0', /no log-probabilities/],
    ] as const)
      it(`refuses a logprob of ${number}`, async () => {
        const from = await source((response) => raw(response, withLogprob(number)));
        assert.match(await reasonOf(from), reason);
        assert.equal(tries(), 1);
      });

    for (const number of ['-1e999', '-9999', 'null'])
      it(`takes a logprob of ${number} for none`, async () => {
        const from = await source((response) => raw(response, withLogprob(number)));
        assert.match((await rejects(score(from), 'endpoint-no-logprobs')).message, /no token probabilities/);
        assert.equal(tries(), 1);
      });

    it('refuses what is no JSON without another try', async () => {
      const from = await source((response) => raw(response, withLogprob('NaN')));
      assert.match(await reasonOf(from), /is not JSON/);
      assert.equal(tries(), 1);
    });

    it('takes a logarithm of 1 that rounding lifted', async () => {
      const answer = JSON.stringify(chatAnswer({ positive: 1, negative: 1e-9 }));
      const from = await source((response) =>
        raw(response, answer.replaceAll('"logprob":0', '"logprob":1.2e-7')),
      );
      assert.equal((await score(from)).scores.filter(isFailed).length, 0);
    });
  });

  describe('tried again', () => {
    it('is a proxy whose page says that the server starts', async () => {
      for (const status of [502, 503, 504]) {
        const from = await source((response, _, index) => {
          if (index > 0) json(response, chatAnswer(GOOD));
          else {
            response.writeHead(status, { 'content-type': 'text/html' });
            response.end('<html>Starting…</html>');
          }
        });
        assert.equal((await score(from)).scores.filter(isFailed).length, 0);
        assert.equal(tries(), 2);
        await server?.close();
      }
      server = undefined;
    });

    it('is not a server that answers with a page, and one bad answer ends no run', async () => {
      const from = await source((response, _, index) => {
        if (index % 4 === 0) response.end('<html>Welcome to nginx!</html>');
        else json(response, chatAnswer(GOOD));
      });
      const texts = Array.from({ length: 40 }, (_, index) => `Text ${index}`);
      const { scores } = await score(from, texts);
      assert.equal(scores.filter(isFailed).length, 10);
      assert.equal(tries(), 40);
      assert.equal(clock.sleeps.length, 0);
    });

    it('is not a key that the server refuses', async () => {
      for (const status of [401, 403]) {
        const from = await source((response) => json(response, { error: 'no' }, status));
        await rejects(score(from), 'endpoint-key');
        assert.equal(tries(), 1);
        await server?.close();
      }
      server = undefined;
    });

    it('is not what can never be sent: a port that fetch blocks', async () => {
      const endpoint = endpointFrom({
        name: 'test',
        url: 'http://127.0.0.1:6000/v1',
        api: 'chat',
        model: 'tiny',
      });
      const from = new EndpointSource(endpoint, { key: () => undefined, clock, random: () => 0.5 });
      assert.match(await reasonOf(from), /failed \(bad port\)/);
      assert.equal(clock.sleeps.length, 0);
    });
  });

  describe('for the key', () => {
    const everywhere = `key ${KEY} ${KEY.slice(0, 9)} ${encodeURIComponent(KEY)} ${Buffer.from(`x${KEY}`).toString('base64')}`;

    it('finds it in no message, however the server says it', async () => {
      const padded = 'x'.repeat(290) + KEY;
      const bodies: object[] = [
        { error: { message: everywhere } },
        { detail: [{ msg: padded }] },
        { error: KEY },
      ];
      for (const body of bodies)
        for (const status of [400, 401, 404, 429, 500]) {
          const from = await source((response) => json(response, body, status));
          const told = await score(from).then(
            ({ scores }) => JSON.stringify(scores),
            (error: unknown) => (error instanceof UserError ? `${error.message} ${error.stack ?? ''}` : ''),
          );
          assert.notEqual(told, '');
          assertNoCanary(KEY, { [`${status}`]: told });
          await server?.close();
        }
      server = undefined;
    });

    it('finds it in no address that it redirects to', async () => {
      const from = await source((response) => {
        response.writeHead(302, { location: `https://evil.example/?q=${encodeURIComponent(KEY)}` });
        response.end();
      });
      assertNoCanary(KEY, { redirect: (await rejects(score(from), 'endpoint-redirect')).message });
    });

    it('finds it in no token and in no origin', async () => {
      const answer = {
        ...chatAnswer({ ...GOOD, [KEY]: 0.05, [` ${KEY.slice(2)}`]: 0.01 }),
        system_fingerprint: everywhere,
      };
      const from = await source((response) => json(response, answer));
      const { scores } = await score(from, ['Nice.'], 5);
      const identity = await from.identity();
      assertNoCanary(KEY, { scores: JSON.stringify(scores), identity: JSON.stringify(identity) });
    });

    it('finds the same scores, whatever the key is: servers of one’s own take any', async () => {
      const scoresOf = async (key: string): Promise<object> => {
        const from = await source((response) => json(response, chatAnswer({ ...GOOD, pos: 0.05 })), key);
        const [first] = (await score(from)).scores;
        assert.ok(first !== undefined && !isFailed(first), JSON.stringify(first));
        await server?.close();
        return { label: first.label, labels: first.labels, mass: first.labelMass };
      };
      const expected = await scoresOf(KEY);
      for (const key of ['o', 'pos', 'negative', 'positive-key'])
        assert.deepEqual(await scoresOf(key), expected, key);
      server = undefined;
    });

    it('finds the same answers, whatever the key is', async () => {
      const from = await source((response) => json(response, plainAnswers('positive')), 'positive');
      const { samples } = await from.sample({
        prompts: [{ asks: CLASSIFIER.asks, samples: 1 }],
        texts: ['Nice.'],
        temperature: 1,
        seed: 1,
      });
      const [first] = samples;
      assert.ok(first !== undefined && !isFailed(first), JSON.stringify(first));
      assert.deepEqual(first.answers, [{ text: '…', label: 'positive' }]);
    });

    it('sends no key that a header does not take, and does not show it', async () => {
      const from = await source((response) => json(response, chatAnswer(GOOD)), `${KEY}\nx-evil: 1`);
      const error = await rejects(score(from), 'endpoint-key');
      assertNoCanary(KEY, { message: error.message, stack: error.stack ?? '' });
      assert.equal(tries(), 0);
    });
  });

  it('never does more than fail: 2,000 answers', async () => {
    await fuzzAnswers({ runs: 2000, seed: 10 });
  });
});
