import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { csvLine } from '../../../src/store/tables/csv-line';
import { assertNoCanary } from '../../support/canary';
import { HOSTILE, unseenIn } from '../../support/hostile';
import { ROOT } from '../../support/paths';
import { chatAnswer, json, serve, type TestServer } from '../sources/endpoint/misbehaving-server';
import { Workbench, type Ran } from './workbench';

const KEY = 'sk-Canary+4f/9_Zq~7=Xw"Lm';
/** A table with a null character is binary, and refused. */
const TEXTS = Object.values(HOSTILE).filter((text) => !text.includes('\0'));
/** Labels that a classifier may have, the worst of them. */
const LABELS = ['\u001b]0;root\u0007spam', 'ham\u202e\n✓ every limit is met', '[no](command:evil)'];

/** The program itself, with its own way to the terminal. */
describe('the command line and texts that attack', () => {
  let bench: Workbench;
  let server: TestServer;
  before(async () => {
    bench = await Workbench.create();
    server = await serve((response, { body }) => {
      const text = body.messages?.at(-1)?.content ?? '';
      const attack = TEXTS.find((hostile) => text.includes(hostile));
      if (text.includes('refuse'))
        json(
          response,
          { error: { message: `${attack ?? ''} ${KEY} ${Buffer.from(KEY).toString('base64')}` } },
          400,
        );
      else
        json(response, {
          ...chatAnswer({ '\u001b': 0.5, ham: 0.3, [`\u202e${KEY}`]: 0.1 }),
          system_fingerprint: `\u001b[2J\u202e ${KEY}`,
        });
    });
    await bench.write(
      'classifier.json',
      JSON.stringify({
        version: 1,
        name: 'bad\u001b[31m\nname\u202e',
        description: TEXTS.join(''),
        template: '{{text}}\nAnswer:',
        labels: LABELS.map((name) => ({ name })),
      }),
    );
    const rows = TEXTS.map((text, i) => [`${i}`, i % 3 === 0 ? `refuse ${text}` : text, text]);
    await bench.write(
      'texts.csv',
      [['id', 'text', '\u001b[31mnote\u202e'], ...rows].map((row) => csvLine(row, ',')).join(''),
    );
    const scored = Array.from({ length: 60 }, (_, i) => {
      const k = i % LABELS.length;
      const shares = LABELS.map((_, j) => (j === k ? '0.8' : '0.1'));
      return [`${i}`, TEXTS[i % TEXTS.length] ?? '', LABELS[i % 7 === 0 ? (k + 1) % 3 : k] ?? '', ...shares];
    });
    const bad = [['x', 'text', TEXTS[6] ?? '', '1', '\u001b[2J', '0']];
    const header = ['id', 'slice\u001b[2J', 'label', ...LABELS.map((label) => `prob:${label}`)];
    await bench.write('scored.csv', [header, ...scored, ...bad].map((row) => csvLine(row, ',')).join(''));
  });
  after(async () => {
    await server.close();
    await bench.remove();
  });

  async function run(...argv: readonly string[]): Promise<Ran> {
    const child = spawn(process.execPath, [path.join(ROOT, 'dist', 'cli.mjs'), ...argv], {
      cwd: bench.folder,
      env: { ...process.env, PROMPT_CONFIDENCE_API_KEY: KEY },
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out, err };
  }

  async function assertHarmless({ out, err }: Ran): Promise<void> {
    for (const [name, text] of Object.entries({ out, err })) {
      assert.deepEqual(unseenIn(text, '\n'), [], `${name}: ${text}`);
      assert.ok(!/^✓/mu.test(text), `${name} has a forged line: ${text}`);
    }
    const written = await Promise.all(
      (await readdir(bench.folder)).map(async (name) => [name, await readFile(bench.at(name), 'utf8')]),
    );
    assertNoCanary(KEY, { out, err, ...(Object.fromEntries(written) as Record<string, string>) });
  }

  const endpoint = (): string[] => [
    '--endpoint',
    server.url,
    '--endpoint-model',
    'm\u001b[31m',
    '--api',
    'chat',
    '--classifier',
    bench.at('classifier.json'),
  ];

  it('classifies', async () => {
    const ran = await run('classify', 'Good.', TEXTS[6] ?? '', ...endpoint());
    assert.equal(ran.code, 0, ran.err);
    await assertHarmless(ran);
    const asJson = await run('classify', 'Good.', '--json', ...endpoint());
    await assertHarmless(asJson);
    const document = JSON.parse(asJson.out) as {
      results: { labels: { label: string }[] }[];
      classifier: string;
    };
    assert.deepEqual(
      document.results[0]?.labels.map(({ label }) => label),
      LABELS,
    );
    assert.equal(document.classifier, 'bad\u001b[31m\nname\u202e');
  });

  it('tells why a text is refused', async () => {
    const ran = await run('classify', `refuse ${TEXTS[0] ?? ''}`, ...endpoint());
    assert.equal(ran.code, 2);
    assert.match(ran.err, /refused the request \(400\)/);
    await assertHarmless(ran);
  });

  it('scores a table, safe for a spreadsheet', async () => {
    const ran = await run('score', 'texts.csv', '--out', 'out.csv', '--spreadsheet-safe', ...endpoint());
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.err, /refused the request \(400\)/);
    await assertHarmless(ran);
    assert.match(await readFile(bench.at('out.csv.meta.json'), 'utf8'), /"spreadsheetSafe": true/);
    assert.match(await readFile(bench.at('out.csv'), 'utf8'), /"'=HYPERLINK/);
  });

  for (const [command, ...argv] of [
    ['evaluate', 'scored.csv', '--slice', 'slice\u001b[2J', '--target', '.8', '--label', LABELS[1] ?? ''],
    ['evaluate', 'scored.csv', '--json'],
    ['evaluate', 'scored.csv', '--column', 'label=\u001b[2J\nno'],
    ['evaluate', '\u001b[2J\n✓ missing.csv'],
    ['gate', 'scored.csv', '--max', 'ece=.5'],
    ['calibrate', 'scored.csv', '--out', 'calibrator.json', '--method', 'temperature'],
    ['apply', 'calibrator.json', 'scored.csv', '--out', 'applied.csv', '--spreadsheet-safe'],
    ['\u001b[2J\nnothing'],
  ] as const)
    it(`does ${JSON.stringify([command, ...argv].join(' '))}`, async () => {
      const ran = await run(command, ...argv);
      if (command === 'gate') {
        // Its own marks begin the lines of the limits that were asked for.
        assert.equal(ran.out.match(/^[✓✗?]/gmu)?.length, 1, ran.out);
        await assertHarmless({ ...ran, out: ran.out.replace(/^✓/u, '') });
      } else await assertHarmless(ran);
      assert.notEqual(ran.out + ran.err, '');
    });

  it('refuses a key that a header does not take, and shows nothing of it', async () => {
    const child = spawn(
      process.execPath,
      [path.join(ROOT, 'dist', 'cli.mjs'), 'classify', 'x', ...endpoint()],
      {
        cwd: bench.folder,
        env: { ...process.env, PROMPT_CONFIDENCE_API_KEY: `${KEY}\n${KEY}` },
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 2);
    assert.match(said, /The key of the endpoint cannot be used.*PROMPT_CONFIDENCE_API_KEY/);
    assertNoCanary(KEY, { said });
  });
});
