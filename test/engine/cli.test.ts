/**
 * The command line as a person or a script runs it: with the real model where its numbers count, with a small one, which
 * loads in a third of the time, where any do.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { builtinFile, BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { scoreAll, sharedEngine } from '../support/engine';
import { CLI, fixture, ROOT, TEST_MODEL } from '../support/paths';
import { withoutSeconds } from '../support/score-meta';
import { sharedFolder } from '../support/temporary';

const answerSchema = z.object({
  classifier: z.literal('sentiment'),
  model: z.object({ file: z.string(), sha256: z.string().length(64) }),
  results: z.array(
    z.object({
      text: z.string(),
      label: z.string(),
      confidence: z.number(),
      labels: z.array(z.object({ label: z.string(), logProb: z.number(), confidence: z.number() })),
      tokens: z.array(z.object({ rank: z.number(), text: z.string(), logProb: z.number() })),
    }),
  ),
});

const SMALL_MODEL = fixture('tiny-chat.gguf');

describe('the command line', () => {
  const folder = sharedFolder();
  /** What the numbers are held against. */
  const engine = sharedEngine();

  interface Ran {
    readonly status: number | null;
    readonly out: string;
    readonly err: string;
  }

  function runIn(env: NodeJS.ProcessEnv, args: readonly string[]): Ran {
    const result = spawnSync(process.execPath, [CLI, ...args], {
      cwd: folder(),
      encoding: 'utf8',
      env,
      timeout: 170_000,
    });
    return { status: result.status, out: result.stdout, err: result.stderr };
  }

  const run = (...args: string[]): Ran => runIn(process.env, args);

  /** Under the small model, in a cache of its own: the person's should not list it. */
  const runSmall = (...args: string[]): Ran =>
    runIn({ ...process.env, PROMPT_CONFIDENCE_HOME: path.join(folder(), 'home') }, [
      ...args,
      ...['--model', SMALL_MODEL, '--gpu', 'off', '--threads', '1'],
    ]);

  function write(name: string, content: string): string {
    const file = path.join(folder(), name);
    writeFileSync(file, content);
    return file;
  }

  it('classifies with the same numbers as the engine, to the last digit', async () => {
    const text = 'I love this movie!';
    const { status, out } = run(
      'classify',
      text,
      'Best worst thing ever',
      '--gpu',
      'off',
      '--top',
      '5',
      '--json',
    );
    assert.equal(status, 0);
    const answer = answerSchema.parse(JSON.parse(out));
    assert.equal(answer.results.length, 2);
    assert.equal(answer.results[0]?.tokens.length, 5);
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    const [score] = await scoreAll(engine(), sentiment, [text]);
    assert.deepEqual(answer.results[0].labels, score?.labels);
  });

  it('shows people the label, the label mass and the token table of a model by its path', () => {
    const args = ['classify', 'I love this movie!', '--model', TEST_MODEL, '--gpu', 'off', '--top', '3'];
    const { status, out } = run(...args);
    assert.equal(status, 0);
    assert.match(out, /positive, combined confidence \d/);
    assert.match(out, /label mass/);
    assert.match(out, /1 {2}·positive/);
  });

  it('uses a model by its path without remembering it, and of several the one used last', () => {
    const home = path.join(folder(), 'several');
    const models = path.join(home, 'models');
    mkdirSync(models, { recursive: true });
    const classify = (...more: string[]): Ran =>
      runIn({ ...process.env, PROMPT_CONFIDENCE_HOME: home }, [
        ...['classify', 'I love this movie!', '--gpu', 'off', '--threads', '1', ...more],
      ]);
    assert.equal(classify('--model', SMALL_MODEL).status, 0);
    assert.match(classify().err, /There is no model on this machine yet/u);
    for (const name of ['one.gguf', 'two.gguf']) copyFileSync(SMALL_MODEL, path.join(models, name));
    assert.match(classify().err, /No model is chosen yet/u);
    assert.match(classify('--model', 'three.gguf').err, /Here are "one\.gguf", "two\.gguf"/u);
    assert.match(classify('--model').err, /Here are "one\.gguf", "two\.gguf"/u);
    assert.equal(classify('--model', 'two.gguf').status, 0);
    const byDefault = classify();
    assert.equal(byDefault.status, 0);
    assert.match(byDefault.err, /The model is two\.gguf, the one used last/u);
    assert.match(byDefault.out, /two\.gguf/u);
  });

  it('warns where the model wanted to say something else', () => {
    const classifier = write(
      'vague.json',
      JSON.stringify({
        version: 1,
        name: 'vague',
        template: '{{text}}',
        labels: [{ name: 'zebra' }, { name: 'quartz' }],
      }),
    );
    const { status, out } = runSmall('classify', 'Once upon a', '--classifier', classifier);
    assert.equal(status, 0);
    assert.match(out, /tends to answer something else/);
  });

  it('scores a table: every row in order, the same bits as one by one, with its provenance', async () => {
    const texts = ['I love this movie!', 'Dull, and "long"', 'Best\nworst'];
    const table = write(
      'in.csv',
      `id,text\n${texts.map((text, index) => `${index},"${text.replaceAll('"', '""')}"`).join('\n')}\n3,\n`,
    );
    const out = path.join(folder(), 'out.csv');
    const first = run('score', table, '--out', out, '--gpu', 'off');
    assert.equal(first.status, 0, first.err);
    assert.match(first.err, /line 6: There is no text/);
    const scored = readFileSync(out, 'utf8');
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    for (const text of texts) {
      const [score] = await scoreAll(engine(), sentiment, [text]);
      assert.ok(
        scored.includes(`,${score?.labels.map((entry) => entry.logProb).join(',') ?? 'none'},`),
        text,
      );
    }
    const meta = JSON.parse(readFileSync(`${out}.meta.json`, 'utf8')) as Record<string, unknown>;
    assert.deepEqual(meta.labels, ['positive', 'negative']);
    assert.deepEqual(meta.scoring, { '': { method: 'token-probability', mode: 'first-token' } });

    const again = run('score', table, '--out', out, '--gpu', 'off');
    assert.equal(again.status, 2);
    assert.match(again.err, /exists\. .*--force/);
    assert.equal(run('score', table, '--out', out, '--gpu', 'off', '--force').status, 0);
    assert.equal(readFileSync(out, 'utf8'), scored, 'the same run gives the same bytes');

    const evaluated = run(
      'evaluate',
      write(
        'labelled.csv',
        scored
          .replace('id,text', 'id,text,label')
          .replace(/^(\d,(?:"(?:[^"]|"")*"|[^,\n]*)),/gm, '$1,positive,'),
      ),
      '--json',
    );
    assert.equal(evaluated.status, 0, evaluated.err);
    assert.equal((JSON.parse(evaluated.out) as { n: number }).n, 3);
  });

  it('merges the shards of a table to the bytes of a whole run', () => {
    const rows = Array.from({ length: 11 }, (_, i) =>
      i === 4 ? `${i},\n` : `${i},"It was ${'so '.repeat(i % 6)}good, ${i}"\n`,
    );
    const table = write('rows.csv', `id,text\n${rows.join('')}`);
    const scored = (name: string, ...more: string[]) => {
      const { status, err } = runSmall('score', table, '--out', name, ...more);
      assert.equal(status, 0, err);
      return name;
    };
    scored('whole.csv');
    const shards = ['1/2', '2/2'].map((shard, at) => scored(`shard${at}.csv`, '--shard', shard));
    // In any order.
    const { status, err } = run('merge', ...shards.toReversed(), '--out', 'merged.csv');
    assert.equal(status, 0, err);
    const read = (name: string) => readFileSync(path.join(folder(), name), 'utf8');
    assert.equal(read('merged.csv'), read('whole.csv'));
    assert.equal(withoutSeconds(read('merged.csv.meta.json')), withoutSeconds(read('whole.csv.meta.json')));
  });

  it('calibrates with what the classifier names: score is then score and apply, and another prompt is refused', () => {
    const calibrator = path.join(folder(), '.prompt-confidence', 'calibrators', 'reviews.json');
    const named = (change: object) => {
      const classifiers = path.join(folder(), '.prompt-confidence', 'classifiers');
      mkdirSync(classifiers, { recursive: true });
      writeFileSync(
        path.join(classifiers, 'sentiment.json'),
        JSON.stringify({ ...builtinFile('sentiment'), calibrator: 'reviews', ...change }),
      );
    };
    const reviews = path.join(ROOT, 'docs', 'real-data', 'reviews.csv');
    mkdirSync(path.dirname(calibrator), { recursive: true });
    assert.equal(run('calibrate', reviews, '--method', 'bias-temperature', '--out', calibrator).status, 0);
    named({});
    const text = 'Best worst thing ever';
    const shown = run('classify', text, '--gpu', 'off', '--top', '0');
    assert.match(shown.out, /calibrated by reviews \(bias-temperature on labels, fitted on 2,000 rows\)/);
    assert.match(shown.out, /calibrated confidence [\d.]+%: [●▲◆■] [a-z ]+, raw/);

    // From here on any model does. To the small one the labels are several tokens.
    const fitted = JSON.parse(readFileSync(calibrator, 'utf8')) as { bound: { scoring: object } };
    const sha256 = createHash('sha256').update(readFileSync(SMALL_MODEL)).digest('hex');
    const model = { kind: 'file', name: path.basename(SMALL_MODEL), sha256 };
    const bound = { ...fitted.bound, model, scoring: { ...fitted.bound.scoring, mode: 'sequence' } };
    writeFileSync(calibrator, JSON.stringify({ ...fitted, bound }));
    const own = runSmall('classify', text, '--top', '0', '--buckets', 'act=.01,ask=0');
    assert.match(own.out, /calibrated confidence > 99\.9%: ● act, raw/);

    const table = write('calibrate-me.csv', `text,label\n${text},negative\nI love it,positive\n,positive\n`);
    const at = (name: string) => path.join(folder(), name);
    assert.equal(runSmall('score', table, '--out', at('direct.csv')).status, 0);
    assert.equal(runSmall('score', table, '--out', at('raw.csv'), '--no-calibrator').status, 0);
    assert.equal(run('apply', calibrator, at('raw.csv'), '--out', at('applied.csv')).status, 0);
    assert.equal(readFileSync(at('direct.csv'), 'utf8'), readFileSync(at('applied.csv'), 'utf8'));

    named({ template: 'Film: {{text}}\nSentiment:' });
    const refused = runSmall('classify', text);
    assert.equal(refused.status, 2);
    assert.match(refused.err, /does not belong to the classifier sentiment\. The prompt differs/);
    named({ calibrator: 'none' });
    const missing = runSmall('classify', text);
    assert.match(missing.err, /names the calibrator "none"\. There is no file .*--no-calibrator/);
    const without = runSmall('classify', text, '--no-calibrator');
    assert.equal(without.status, 0);
    assert.doesNotMatch(without.out, /calibrated/);
    rmSync(path.join(folder(), '.prompt-confidence'), { recursive: true });
  });

  const refusals: [string, string[], RegExp][] = [
    ['no command', [], /Usage/],
    ['an unknown command', ['clasify', 'x'], /no command "clasify"/],
    ['nothing to classify', ['classify'], /nothing to classify/],
    ['an empty text', ['classify', ' '], /no text/],
    ['an unknown option', ['classify', 'x', '--clasifier', 'y'], /clasifier/],
    ['an unknown classifier', ['classify', 'x', '--classifier', 'mood'], /no classifier "mood"/],
    ['an unknown model', ['classify', 'x', '--model', 'none.gguf'], /none\.gguf/],
    ['a model path that leads nowhere', ['classify', 'x', '--model', './none.gguf'], /none\.gguf/],
    ['a bad number', ['classify', 'x', '--top', 'many'], /--top takes a whole number/],
    ['buckets with a gap', ['classify', 'x', '--buckets', 'act=.9,ask=.5'], /the last and must start at 0/],
    ['a table that is not there', ['score', 'none.csv', '--out', 'o.csv'], /none\.csv/],
  ];
  for (const [what, args, message] of refusals)
    it(`refuses ${what} with a sentence and code 2`, () => {
      const { status, out, err } = run(...args);
      assert.equal(status, 2, err);
      assert.match(err, message);
      assert.equal(out, '');
    });

  it('refuses a table without the text column, naming those that it has', () => {
    const { status, err } = run(
      'score',
      write('no-text.csv', 'id,review\n1,x\n'),
      '--out',
      'o2.csv',
      '--gpu',
      'off',
    );
    assert.equal(status, 2);
    assert.match(err, /no text column "text".*columns are "id", "review"/s);
  });

  it('refuses a file that is not a model', () => {
    const { status, err } = run(
      'classify',
      'x',
      '--model',
      `./${path.basename(write('text.gguf', 'hello world, I am no model'))}`,
    );
    assert.equal(status, 2);
    assert.match(err, /GGUF/);
  });

  it('does what was asked for where nobody reads its output any more', async () => {
    const table = path.join(ROOT, 'docs/real-data/reviews.csv');
    const child = spawn(process.execPath, [CLI, 'evaluate', table, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, said);
    assert.doesNotMatch(said, /EPIPE/);
  });

  it('leaves no temporary files behind', () => {
    assert.deepEqual(
      readdirSync(folder()).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });
});
