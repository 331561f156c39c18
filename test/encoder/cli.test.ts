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

  it('classifies, scores and calibrates labels that do not exclude each other, each by itself', () => {
    const { logits } = encoderReference('multi-label');
    const model = ['--model', encoderFolder('multi-label')];
    const [reference] = logits;
    assert.ok(reference);
    const printed = run('classify', reference.text, ...model, '--json');
    const each = z
      .object({
        results: z.tuple([
          z.object({
            labels: z.array(
              z.object({
                label: z.string(),
                output: z.object({ index: z.number(), logit: z.number() }),
                probability: z.number(),
                threshold: z.number(),
                yes: z.boolean(),
              }),
            ),
          }),
        ]),
      })
      .parse(JSON.parse(printed.out)).results[0].labels;
    assert.deepEqual(
      each.map(({ label, output }) => [label, output.index]),
      [
        ['toxic', 0],
        ['insult', 1],
        ['threat', 2],
      ],
    );
    each.forEach(({ output, probability, threshold, yes }, k) => {
      assert.ok(Math.abs(output.logit - (reference.logits[k] ?? NaN)) < 1e-4);
      assert.ok(Math.abs(probability - 1 / (1 + Math.exp(-output.logit))) < 1e-9);
      assert.deepEqual([threshold, yes], [0.5, probability >= 0.5]);
    });
    assert.match(run('classify', reference.text, ...model).out, /^ {4}toxic .*(yes|no ) .*output 0, logit/m);

    const rows = Array.from({ length: 240 }, (_, row) => {
      const { text } = logits[row % logits.length] ?? { text: '' };
      const insult = row % 4 === 0 ? '' : Number(row % 3 === 0);
      return `"${text.replaceAll('"', '""')} ${row}",${row % 2},${insult}`;
    });
    writeFileSync(
      path.join(folder(), 'abuse.csv'),
      ['text,label:toxic,label:insult', ...rows, ''].join('\n'),
    );
    const scored = run('score', 'abuse.csv', '--out', 'abuse-scored.csv', ...model);
    assert.equal(scored.status, 0, scored.err);
    const other = run('score', 'abuse.csv', '--out', 'no.csv', ...model, '--methods', 'token,consistency');
    assert.equal(other.status, 2);
    assert.match(other.err, /each has one probability by itself, and there are no other confidence methods/);
    const [header = ''] = readFileSync(path.join(folder(), 'abuse-scored.csv'), 'utf8').split('\n');
    assert.equal(
      header.trim(),
      'text,label:toxic,label:insult,yes:toxic,yes:insult,yes:threat,score_warnings,score_error',
    );
    const summed = run('evaluate', 'abuse-scored.csv');
    assert.equal(summed.status, 0, summed.err);
    assert.match(summed.out, /^240 texts, 2 labels that do not exclude each other$/m);
    assert.match(summed.out, /^insult +180 /m);
    assert.match(summed.err, /"threat" is right, so it is left out/);
    const whole = run('evaluate', 'abuse-scored.csv', '--label', 'insult');
    assert.match(whole.out, /^180 rows .*2 labels: insult, not insult/m);
    for (const [command, ...args] of [
      ['calibrate', '--method', 'platt', '--out', 'no.json'],
      ['gate', '--max', 'ece=.5'],
      ['estimate'],
      ['sample', '--rows', '10', '--out', 'no.csv'],
      ['evaluate', '--target', '.9'],
      ['evaluate', '--on', 'confidence'],
    ] as const) {
      const asked = run(command, 'abuse-scored.csv', ...args);
      assert.equal(asked.status, 2, command);
      assert.match(asked.err, /"toxic", "insult", "threat".*--label toxic/, command);
    }
    assert.equal(run('gate', 'abuse-scored.csv', '--max', 'ece=.9', '--label', 'insult').status, 0);
    writeFileSync(path.join(folder(), 'all.json'), run('evaluate', 'abuse-scored.csv', '--json').out);
    assert.match(
      run('gate', 'abuse-scored.csv', '--baseline', 'all.json', '--label', 'insult').err,
      /is an evaluation of all labels, and this compares one/,
    );

    const fit = ['calibrate', 'abuse-scored.csv', '--method', 'platt', '--label'];
    assert.equal(run(...fit, 'toxic', '--out', 'toxic.json').status, 0);
    const calibrated = run('classify', reference.text, ...model, '--calibrator', 'toxic.json');
    assert.equal(calibrated.err, '');
    assert.match(calibrated.out, /toxic +(yes|no ) .*%, raw \d+\.\d%/);
    assert.match(
      run('evaluate', 'abuse-scored.csv', '--calibrator', 'toxic.json', '--label', 'insult').err,
      /for the label "toxic"/,
    );
    assert.match(
      run('classify', 'a', '--model', encoderFolder('single-label'), '--calibrator', 'toxic.json').err,
      /fitted on the label "toxic" by itself/,
    );
    assert.equal(run('apply', 'toxic.json', 'abuse-scored.csv', '--out', 'abuse-calibrated.csv').status, 0);
    assert.match(
      run('evaluate', 'abuse-calibrated.csv').err,
      /toxic: The table holds predictions calibrated by toxic/,
    );
  });

  it('says how often several labels would be right where nothing tells whether they exclude each other', () => {
    const open = path.join(folder(), 'open');
    cpSync(encoderFolder('multi-label'), open, { recursive: true });
    const config = path.join(open, 'config.json');
    const { problem_type, ...rest } = z
      .looseObject({ problem_type: z.string() })
      .parse(JSON.parse(readFileSync(config, 'utf8')));
    assert.equal(problem_type, 'multi_label_classification');
    writeFileSync(config, JSON.stringify(rest));
    const texts = encoderReference('multi-label').logits.slice(0, 20);
    const several = texts.filter(({ logits }) => logits.filter((logit) => logit > 0).length > 1).length;
    const { status, err } = run('classify', ...texts.map(({ text }) => text), '--model', open);
    assert.equal(status, 2);
    assert.ok(err.includes(`several would be right at once in ${several} of ${texts.length} texts`), err);
    assert.match(err, /--outputs single-label or --outputs multi-label/);
    assert.equal(run('classify', 'a', '--model', open, '--outputs', 'multi-label').status, 0);
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
    // Said before a trainer is installed.
    write({});
    assert.match(
      run('tune', 'texts.csv', '--classifier', 'topics.json', '--out', 'a.gguf').err,
      /sequence classification model, which gets the text alone/,
    );
    assert.match(
      run('classify', 'a', '--classifier', 'sentiment', '--model', encoderFolder('single-label')).err,
      /asks a language model/,
    );
  });
});
