import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { classify } from '../../../src/cli/classify';
import type { Command } from '../../../src/cli/command';
import { score } from '../../../src/cli/score';
import { chatAnswer, json, serve, type TestServer } from '../sources/endpoint/misbehaving-server';
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
    assert.match(out, /positive, combined confidence 77\.7%/);
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
    assert.match(err, /wants a key \(401\).*PROMPT_CONFIDENCE_API_KEY/);
  });

  it('says what is missing', async () => {
    const of = async (...argv: string[]): Promise<string> => (await run(classify, 'Good.', ...argv)).err;
    assert.match(await of('--endpoint', server.url), /needs --endpoint-model/);
    assert.match(await of('--endpoint', server.url, '--endpoint-model', 'm'), /needs --api/);
    assert.match(
      await of('--endpoint', 'http://gpu.example', '--endpoint-model', 'm', '--api', 'chat'),
      /not encrypted/,
    );
    assert.match(await of(...options(), '--price', '3'), /--price is PROMPT,ANSWER/);
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
    assert.match(err, /scored by "endpoint:ours".*--endpoint URL/);
    assert.equal((await run(classify, 'Good.', '--classifier', file, ...options())).code, 0);
  });
});
