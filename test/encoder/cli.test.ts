/** The command line with sequence classification models. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { encoderFolder, encoderReference, LIMIT } from '../support/encoder';
import { CLI } from '../support/paths';
import { sharedFolder } from '../support/temporary';

const answer = z.object({
  model: z.object({ kind: z.literal('encoder'), name: z.string(), sha256: z.string().length(64) }),
  results: z.array(
    z.object({
      label: z.string(),
      confidence: z.number(),
      labelMass: z.null(),
      cutTokens: z.number(),
      labels: z.array(
        z.object({
          label: z.string(),
          confidence: z.number(),
          output: z.object({ index: z.number(), logit: z.number() }).optional(),
        }),
      ),
    }),
  ),
});

describe('the command line with a model folder', () => {
  const folder = sharedFolder();

  function run(...args: readonly string[]): { status: number | null; out: string; err: string } {
    const result = spawnSync(process.execPath, [CLI, ...args], {
      cwd: folder(),
      encoding: 'utf8',
      env: { ...process.env, PROMPT_CONFIDENCE_HOME: path.join(folder(), 'home') },
      timeout: 100_000,
    });
    return { status: result.status, out: result.stdout, err: result.stderr };
  }
  const classify = (...args: readonly string[]): z.infer<typeof answer> => {
    const { status, out, err } = run('classify', ...args, '--json');
    assert.equal(status, 0, err);
    return answer.parse(JSON.parse(out));
  };

  it('shows for each label index, name, logit and probability, and no label mass', () => {
    const [reference] = encoderReference('single-label').logits;
    assert.ok(reference);
    const { model, results } = classify(reference.text, '--model', encoderFolder('single-label'));
    assert.equal(model.name, 'single-label');
    const [result] = results;
    const sum = reference.logits.reduce((total, logit) => total + Math.exp(logit), 0);
    result?.labels.forEach(({ label, confidence, output }, k) => {
      assert.deepEqual([label, output?.index], [`topic ${k}`, k]);
      assert.ok(Math.abs((output?.logit ?? NaN) - (reference.logits[k] ?? NaN)) < 1e-4);
      assert.ok(Math.abs(confidence - Math.exp(reference.logits[k] ?? NaN) / sum) < 1e-4);
    });
    const { out } = run('classify', reference.text, '--model', encoderFolder('single-label'));
    assert.match(out, /^ {4}topic 10 .* output 10, logit −?\d\.\d{3}$/m);
    assert.doesNotMatch(out, /label mass|token/);
  });

  it('asks how one output is read, and what its labels are called', () => {
    const one = ['--model', encoderFolder('one-logit')];
    assert.match(run('classify', 'a', ...one).err, /one output.*--outputs binary\.$/m);
    assert.match(run('classify', 'a', ...one, '--outputs', 'binary').err, /--labels A,B/);
    const { results } = classify('a', ...one, '--outputs', 'binary', '--labels', 'ham,spam');
    const labels = results[0]?.labels;
    const [ham, spam] = [labels?.at(0), labels?.at(1)];
    assert.ok(ham && spam?.output);
    assert.equal(ham.output, undefined);
    assert.equal(spam.output.index, 0);
    assert.ok(Math.abs(spam.confidence - 1 / (1 + Math.exp(-spam.output.logit))) < 1e-9);
    assert.match(
      run('classify', 'a', ...one, '--outputs', 'single-label').err,
      /cannot be read as single-label/,
    );
  });

  it('says that a long text was cut', () => {
    const { results } = classify('good '.repeat(50), '--model', encoderFolder('single-label'));
    const cut = results[0]?.cutTokens ?? 0;
    assert.ok(cut > 0);
    const { out } = run('classify', 'good '.repeat(50), '--model', encoderFolder('single-label'));
    assert.ok(out.includes(`Text cut: ${cut} of its ${cut + LIMIT - 2} tokens were left out`));
  });

  it('scores a table, and calibrates and evaluates it like any other', () => {
    const { logits } = encoderReference('single-label');
    const rows = Array.from({ length: 200 }, (_, row) => {
      const { text } = logits[row % logits.length] ?? { text: '' };
      return `"${text.replaceAll('"', '""')} ${row}",topic ${row % 12}`;
    });
    writeFileSync(path.join(folder(), 'texts.csv'), ['text,label', ...rows, ''].join('\n'));
    const model = ['--model', encoderFolder('single-label')];
    const scored = run('score', 'texts.csv', '--out', 'scored.csv', ...model);
    assert.equal(scored.status, 0, scored.err);
    const meta: unknown = JSON.parse(readFileSync(path.join(folder(), 'scored.csv.meta.json'), 'utf8'));
    const found = z.looseObject({ model: z.object({ kind: z.string() }), jitter: z.number() }).parse(meta);
    assert.deepEqual([found.model.kind, found.jitter], ['encoder', 0]);
    assert.ok(!('promptSha256' in found));
    const fitted = run('calibrate', 'scored.csv', '--method', 'vector', '--out', 'c.json');
    assert.equal(fitted.status, 0, fitted.err);
    assert.equal(run('evaluate', 'scored.csv', '--calibrator', 'c.json').status, 0);
    const { out, err, status } = run('classify', 'good', ...model, '--calibrator', 'c.json');
    assert.equal(status, 0, err);
    assert.equal(err, '');
    assert.match(out, /calibrated confidence/);

    // Other files of the tokenizer are another model, although the weights are the same.
    const other = path.join(folder(), 'other');
    cpSync(encoderFolder('single-label'), other, { recursive: true });
    const file = path.join(other, 'tokenizer_config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('24', '20'));
    const refused = run('classify', 'good', '--model', other, '--calibrator', 'c.json');
    assert.equal(refused.status, 2);
    assert.match(refused.err, /model, its tokenizer or its labels differs/);
  });

  it('has classifier files that name a folder of the list and its hash, never a path', () => {
    const file = {
      version: 1,
      name: 'topics',
      kind: 'encoder',
      labels: Array.from({ length: 12 }, (_, k) => ({ name: `topic ${k}` })),
      model: { folder: 'single-label', sha256: '0'.repeat(64) },
    };
    const write = (changed: object): void =>
      writeFileSync(path.join(folder(), 'topics.json'), JSON.stringify({ ...file, ...changed }));
    write({});
    const args = ['classify', 'good', '--classifier', 'topics.json'];
    assert.match(run(...args).err, /The model folder single-label is not on this machine/);
    cpSync(encoderFolder('single-label'), path.join(folder(), 'home', 'models', 'single-label'), {
      recursive: true,
    });
    assert.match(run(...args).err, /none of its ONNX files has the SHA-256 000000000000…/);
    // A person may name another folder; it is the same model, and the labels are checked.
    assert.equal(run(...args, '--model', encoderFolder('single-label')).status, 0);
    assert.match(run(...args, '--model', encoderFolder('one-logit')).err, /one output/);
    write({ model: { folder: '../single-label', sha256: '0'.repeat(64) } });
    assert.match(run(...args).err, /without a path/);
    write({ labels: [{ name: 'a' }, { name: 'b' }] });
    assert.match(run(...args, '--model', encoderFolder('single-label')).err, /2 labels.*12 outputs/);
    write({ template: '{{text}}' });
    assert.match(run(...args).err, /template: there is no field of this name/);
    assert.match(
      run('classify', 'a', '--classifier', 'sentiment', '--model', encoderFolder('single-label')).err,
      /asks a language model/,
    );
  });
});
