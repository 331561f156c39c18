import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { classify } from '../../../src/cli/classify';
import type { Command } from '../../../src/cli/command';
import { score } from '../../../src/cli/score';
import {
  chatAnswer,
  json,
  plainAnswers,
  serve,
  type TestServer,
} from '../sources/endpoint/misbehaving-server';
import { Workbench, type Ran } from './workbench';

const KEY = 'sk-of-the-command-line';

/** The answers are canned; requests, tables and files are real. */
describe('an endpoint on the command line', () => {
  let bench: Workbench;
  let server: TestServer;

  before(async () => {
    bench = await Workbench.create();
    server = await serve((response, { authorization, body }) => {
      const text = body.messages?.at(-1)?.content ?? '';
      if (authorization !== `Bearer ${KEY}`) json(response, { error: 'who are you' }, 401);
      else if (text.includes('endless')) json(response, { error: { message: 'too many tokens' } }, 400);
      else if (text.includes('bad')) json(response, chatAnswer({ negative: 0.9, un: 0.05 }));
      else json(response, chatAnswer({ positive: 0.7, negative: 0.2 }));
    });
    process.env.PROMPT_CONFIDENCE_API_KEY = KEY;
  });
  after(async () => {
    delete process.env.PROMPT_CONFIDENCE_API_KEY;
    await server.close();
    await bench.remove();
  });

  const run = async (command: Command, ...argv: string[]): Promise<Ran> => {
    let out = '';
    let err = '';
    const code = await command(argv, {
      out: (text) => (out += text),
      err: (text) => (err += text),
      now: () => new Date('2026-01-02T03:04:05Z'),
      version: '0.0.0',
    });
    return { code, out, err };
  };
  const options = (): string[] => ['--endpoint', server.url, '--endpoint-model', 'tiny', '--api', 'chat'];

  it('classifies, and says where', async () => {
    const { code, out } = await run(classify, 'Good.', ...options());
    assert.equal(code, 0, out);
    assert.match(out, new RegExp(`sentiment with tiny at ${server.url}`));
    assert.match(out, /positive, combined confidence 77\.8%/);
  });

  it('shows what is only a bound', async () => {
    const { out } = await run(classify, 'So bad.', ...options());
    assert.match(out, /positive .*≤ /);
    assert.match(out, /⚠ Not all shown: .*positive.*so negative has at least its/);
  });

  it('scores a table, with the estimate before and the origin beside it', async () => {
    const table = await bench.write('in.csv', 'text\nGood.\nSo bad.\nAn endless one.\nGood.\n');
    const out = bench.at('out.csv');
    const ran = await run(
      score,
      table,
      '--out',
      out,
      ...options(),
      '--price',
      '1,2',
      '--requests-per-minute',
      '60000',
    );
    assert.equal(ran.code, 0, ran.err);
    assert.match(
      ran.err,
      /tiny at .*: about 4 requests with .* tokens of prompt and 4 of answer, 0\.00 by the price/,
    );
    assert.match(ran.err, /line 4: .*refused the request \(400\)\. It says: too many tokens/);
    const lines = (await readFile(out, 'utf8')).trim().split('\n');
    assert.deepEqual(
      lines.slice(1).map((line) => /positive|negative/.exec(line)?.[0] ?? ''),
      ['positive', 'negative', '', 'positive'],
    );
    // Of "So bad." the server does not show "positive".
    assert.deepEqual(
      lines.map((line) => /label_bound|\[""positive""\]/.exec(line)?.[0] ?? ''),
      ['label_bound', '', '[""positive""]', '', ''],
    );
    const truth = ['label', 'positive', 'negative', 'negative', 'positive'];
    await bench.write('labelled.csv', lines.map((line, index) => `${truth[index] ?? ''},${line}\n`).join(''));
    assert.match(
      (await bench.run('evaluate', '@labelled.csv')).err,
      /In 1 of 3 rows the server did not show/,
    );
    const meta = JSON.parse(await readFile(`${out}.meta.json`, 'utf8')) as { model: object; backend: string };
    assert.deepEqual(meta.model, {
      kind: 'endpoint',
      address: server.url,
      name: 'tiny',
      fingerprint: 'fp_test',
      verified: false,
    });
    assert.equal(meta.backend, 'endpoint');
    for (const text of [ran.out, ran.err, JSON.stringify(meta), lines.join()]) assert.ok(!text.includes(KEY));
  });

  it('takes the key from the environment only', async () => {
    assert.equal((await run(classify, 'Good.', ...options(), '--key', KEY)).code, 2);
    process.env.PROMPT_CONFIDENCE_API_KEY = '';
    const { code, err } = await run(classify, 'Good.', ...options());
    process.env.PROMPT_CONFIDENCE_API_KEY = KEY;
    assert.equal(code, 2);
    assert.match(err, /requires a key \(401\).*PROMPT_CONFIDENCE_API_KEY/);
  });

  it('says what is missing', async () => {
    const of = async (...argv: string[]): Promise<string> => (await run(classify, 'Good.', ...argv)).err;
    assert.match(await of('--endpoint', server.url), /needs --endpoint-model/);
    assert.match(await of('--endpoint', server.url, '--endpoint-model', 'm'), /needs --api/);
    assert.match(
      await of('--endpoint', 'http://gpu.example', '--endpoint-model', 'm', '--api', 'chat'),
      /not encrypted/,
    );
    assert.match(await of(...options(), '--price', '3'), /--price must be PROMPT,ANSWER/);
  });

  it('does not guess where the endpoint of a classifier is', async () => {
    const file = await bench.write(
      'far.json',
      JSON.stringify({
        version: 1,
        name: 'far',
        template: '{{text}}:',
        labels: [{ name: 'positive' }, { name: 'negative' }],
        source: 'endpoint:ours',
      }),
    );
    const { code, err } = await run(classify, 'Good.', '--classifier', file);
    assert.equal(code, 2);
    assert.match(err, /has the source "endpoint:ours".*--endpoint URL/);
    assert.equal((await run(classify, 'Good.', '--classifier', file, ...options())).code, 0);
  });

  describe('says how many requests a run takes', () => {
    const CLASSIFIER = {
      version: 1,
      name: 'films',
      instruction: 'Is it {{labels}}?',
      template: '{{text}}:',
      labels: [{ name: 'positive' }, { name: 'negative' }, { name: 'mixed' }],
    };
    const ROWS = 12;
    let counting: TestServer;
    let knowsN: boolean;
    let fails: boolean;
    before(async () => {
      await bench.write('films.json', JSON.stringify(CLASSIFIER));
      counting = await serve((response, { body }, index) => {
        if (fails && index % 20 === 19) json(response, { error: 'who are you' }, 401);
        else if ('logprobs' in body) json(response, chatAnswer({ positive: 0.7, negative: 0.2 }));
        else {
          const answers = knowsN ? Number(body.n ?? 1) : 1;
          json(response, plainAnswers(...Array.from({ length: answers }, () => 'positive')));
        }
      });
    });
    beforeEach(() => {
      knowsN = true;
      fails = false;
      counting.requests.length = 0;
    });
    after(() => counting.close());

    /** What was announced, and what was asked for rows of the table. */
    async function scoreRows(...argv: string[]): Promise<Ran & { announced: number; made: number }> {
      const rows = Array.from({ length: ROWS }, (_, row) => `row ${row}\n`).join('');
      const table = await bench.write('rows.csv', `text\n${rows}`);
      const endpoint = ['--endpoint', counting.url, '--endpoint-model', 'tiny', '--api', 'chat'];
      const out = ['--out', bench.at('rows.out.csv'), '--classifier', bench.at('films.json')];
      const ran = await run(score, table, ...out, ...endpoint, ...argv);
      const announced = Number(/about (\d+) requests/.exec(ran.err)?.[1]);
      const made = counting.requests.filter(
        ({ body }) => body.messages?.at(-1)?.content.startsWith('row') === true,
      ).length;
      return { ...ran, announced, made };
    }

    const METHODS = {
      '--method token-probability': ROWS,
      '--method consistency': ROWS * 6,
      '--method ensemble --samples 4': ROWS * 5,
      '--method consistency --variants plain': ROWS,
      '--methods token,consistency,ensemble': ROWS * 7,
      '--methods token': ROWS,
    };
    for (const [options, expected] of Object.entries(METHODS))
      it(`with ${options}`, async () => {
        const { code, err, announced, made } = await scoreRows('--force', ...options.split(' '));
        assert.equal(code, 0, err);
        assert.deepEqual([announced, made], [expected, expected]);
        assert.match(err, / at the pace of a few test texts\.\n/);
      });

    it('with a server that gives one answer at a time', async () => {
      knowsN = false;
      const { announced, made } = await scoreRows(
        ...['--force', '--method', 'consistency', '--variants', 'plain', '--samples', '5'],
      );
      assert.deepEqual([announced, made], [5 * ROWS, 5 * ROWS]);
    });

    it('and needs --yes where one text takes more than 200', async () => {
      const many = ['--method', 'ensemble', '--variants', 'plain', '--samples', '200'];
      const refused = await scoreRows('--force', ...many);
      assert.equal(refused.code, 2);
      assert.match(refused.err, /tiny at .* would get about 201 requests.*Nothing was sent\..*--yes/);
      assert.equal(counting.requests.length, 0);
      const endpoint = ['--endpoint', counting.url, '--endpoint-model', 'tiny', '--api', 'chat'];
      const texts = ['Good.', ...endpoint, ...many];
      assert.match((await run(classify, ...texts)).err, /would get about 201 requests/);
      assert.equal(counting.requests.length, 0);
      assert.equal((await run(classify, ...texts, '--yes')).code, 0);
      assert.equal((await scoreRows('--force', ...many, '--yes')).code, 0);
    });

    it('of the rows that are left', async () => {
      await rm(bench.at('rows.out.csv'), { force: true });
      fails = true;
      const first = await scoreRows();
      assert.equal(first.announced, ROWS);
      const kept = Number(/(\d+) of 12 rows are kept/.exec(first.err)?.[1]);
      assert.ok(kept > 0);
      fails = false;
      counting.requests.length = 0;
      const { announced, made } = await scoreRows();
      assert.deepEqual([announced, made], [ROWS - kept, ROWS - kept]);
    });
  });
});
