import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseSavedCalibrator } from '../../../src/core/calibration/saved';
import { parseEvaluation } from '../../../src/core/data/evaluation-json';
import { confidenceTable, labelTable } from './tables';
import { Workbench } from './workbench';
import type { CalibrationReport } from '../../../src/core/calibration/calibrate';

const SHA = (digit: string) => digit.repeat(64);

/** What score writes beside a table. */
function meta(changes: object = {}): string {
  return JSON.stringify({
    schema: 1,
    model: { kind: 'file', name: 'm.gguf', sha256: SHA('a') },
    promptSha256: SHA('b'),
    labels: ['neg', 'pos'],
    scoring: { '': { method: 'sum', mode: 'padded' } },
    backend: 'cpu',
    seed: 7,
    ...changes,
  });
}

describe('calibrate, apply and evaluate --calibrator', () => {
  let bench: Workbench;
  /** The calibrator of t.csv, fitted once: every test that only uses it writes it anew. */
  let fitted: string;
  before(async () => {
    const first = await Workbench.create();
    await first.write('t.csv', labelTable(200));
    await first.run('calibrate', '@t.csv', '--method', 'bias-temperature', '--out', '@c.json');
    fitted = await readFile(first.at('c.json'), 'utf8');
    await first.remove();
  });
  beforeEach(async () => {
    bench = await Workbench.create();
    await bench.write('t.csv', labelTable(200));
  });
  afterEach(() => bench.remove());

  const fit = (...options: string[]) =>
    bench.run('calibrate', '@t.csv', '--method', 'bias-temperature', '--out', '@c.json', ...options);

  it('saves a calibrator and prints out-of-sample numbers before and after', async () => {
    const { code, out } = await fit('--json');
    assert.equal(code, 0);
    const report = JSON.parse(out) as CalibrationReport;
    assert.deepEqual([report.method, report.on, report.folds.count], ['bias-temperature', 'labels', 10]);
    assert.ok((report.after.ece.value ?? 1) < (report.before.ece.value ?? 0));
    assert.equal(report.inSample.n, 200);
    const saved = parseSavedCalibrator(await readFile(bench.at('c.json'), 'utf8'));
    assert.equal(saved.n, 200);
    assert.equal(saved.scoreType, 'prob');
    assert.equal(saved.bound, null);
    assert.equal(saved.source.name, 't.csv');
    assert.equal(saved.time, '2026-01-02T03:04:05.000Z');
    assert.deepEqual(saved.after.ece?.value, report.after.ece.value);
  });

  it('fits on labels and on confidence, and refuses there what needs labels', async () => {
    await bench.write('t.csv', labelTable(100));
    for (const method of ['platt']) {
      const { code, err } = await bench.run(
        'calibrate',
        '@t.csv',
        '--method',
        method,
        '--out',
        `@${method}.json`,
      );
      assert.equal(code, 0, err);
    }
    await bench.write('c.csv', confidenceTable(100, { shift: 0.1 }));
    for (const method of ['slope']) {
      const { code, err } = await bench.run(
        'calibrate',
        '@c.csv',
        '--method',
        method,
        '--out',
        `@c-${method}.json`,
      );
      assert.equal(code, 0, err);
    }
    const { code, err } = await bench.run('calibrate', '@c.csv', '--method', 'vector', '--out', '@no.json');
    assert.equal(code, 2);
    assert.match(err, /needs a score for every label/);
    assert.equal(existsSync(bench.at('no.json')), false);
  });

  it('never replaces a file without --force, and never an input', async () => {
    await bench.write('c.json', 'mine');
    const refused = await fit();
    assert.equal(refused.code, 2);
    assert.match(refused.err, /exists.*--force/);
    assert.equal(await readFile(bench.at('c.json'), 'utf8'), 'mine');
    assert.equal((await fit('--force')).code, 0);
    const input = await bench.run('apply', '@c.json', '@t.csv', '--out', '@t.csv', '--force');
    assert.match(input.err, /is an input of this command/);
    assert.match((await bench.run('apply', '@c.json', '@t.csv')).err, /--out FILE is missing/);
  });

  it('applies what it saved: the copy has the numbers of evaluate --calibrator', async () => {
    await bench.write('c.json', fitted);
    const applied = await bench.run('apply', '@c.json', '@t.csv', '--out', '@u.csv', '--json');
    assert.equal(applied.code, 0, applied.err);
    assert.equal((JSON.parse(applied.out) as { calibrated: number }).calibrated, 200);
    const copy = parseEvaluation((await bench.run('evaluate', '@u.csv', '--json')).out, 'u');
    const direct = parseEvaluation(
      (await bench.run('evaluate', '@t.csv', '--calibrator', '@c.json', '--json')).out,
      't',
    );
    for (const metric of ['accuracy', 'ece', 'nll'] as const)
      assert.ok(Math.abs((copy[metric].value ?? 0) - (direct[metric].value ?? 1)) < 1e-9, metric);
  });

  it('leaves an older copy its provenance where a new one comes to nothing', async () => {
    await bench.write('c.json', fitted);
    assert.equal((await bench.run('apply', '@c.json', '@t.csv', '--out', '@old.csv')).code, 0);
    await bench.write('empty.csv', labelTable(0));
    const failed = await bench.run('apply', '@c.json', '@empty.csv', '--out', '@old.csv', '--force');
    assert.equal(failed.code, 2);
    assert.match((await bench.run('evaluate', '@old.csv')).err, /in-sample/);
  });

  it('marks numbers of the rows that a calibrator was fitted on', async () => {
    await bench.write('c.json', fitted);
    assert.match((await bench.run('evaluate', '@t.csv', '--calibrator', '@c.json')).err, /in-sample/);
    await bench.write('new.csv', labelTable(100, { seed: 2 }));
    const { err } = await bench.run('evaluate', '@new.csv', '--calibrator', '@c.json');
    assert.doesNotMatch(err, /in-sample/);
  });

  it('finds labels by name, in whatever order the columns stand', async () => {
    await bench.write('c.json', fitted);
    const [header = '', ...rows] = labelTable(50, { seed: 3 }).trimEnd().split('\n');
    const swap = (line: string) => {
      const [id = '', text = '', label = '', neg = '', pos = ''] = line.split(',');
      return [id, text, label, pos, neg].join(',');
    };
    await bench.write('ab.csv', [header, ...rows].join('\n'));
    await bench.write('ba.csv', [header, ...rows].map(swap).join('\n'));
    const results = await Promise.all(
      ['@ab.csv', '@ba.csv'].map((file) => bench.run('evaluate', file, '--calibrator', '@c.json', '--json')),
    );
    assert.equal(results[0]?.out, results[1]?.out);
    await bench.write('other.csv', 'label,prob:neg,prob:positive\nneg,.5,.5\n');
    const { code, err } = await bench.run('apply', '@c.json', '@other.csv', '--out', '@u.csv');
    assert.equal(code, 2);
    assert.match(err, /has the labels "neg", "positive", but "neg", "pos" are needed/);
  });

  it('refuses to calibrate what is calibrated already', async () => {
    await bench.write('c.json', fitted);
    await bench.run('apply', '@c.json', '@t.csv', '--out', '@u.csv');
    for (const argv of [
      ['apply', '@c.json', '@u.csv', '--out', '@v.csv'],
      ['evaluate', '@u.csv', '--calibrator', '@c.json'],
      ['calibrate', '@u.csv', '--method', 'platt', '--out', '@d.json'],
    ]) {
      const { code, err } = await bench.run(...argv);
      assert.equal(code, 2, argv.join(' '));
      assert.match(err, /already holds calibrated predictions/);
    }
  });

  it('writes beside a copy which adapter its scores are of: rows that trained it are known there, too', async () => {
    const adapter = { name: 'mood', sha256: SHA('c') };
    const model = { kind: 'file', name: 'm.gguf', sha256: SHA('a'), adapter };
    await bench.write('t.csv.meta.json', meta({ model, textColumn: 'text' }));
    await fit();
    await bench.run('apply', '@c.json', '@t.csv', '--out', '@u.csv');
    const copy = JSON.parse(await readFile(bench.at('u.csv.meta.json'), 'utf8')) as object;
    assert.deepEqual(
      { ...copy, calibrated: undefined },
      { schema: 1, adapter, textColumn: 'text', calibrated: undefined },
    );
    assert.match(
      (await bench.run('evaluate', '@u.csv')).err,
      /The scores are of the adapter mood, whose card is not/,
    );
  });

  it('binds a calibrator to the origin of its scores and refuses scores from elsewhere', async () => {
    await bench.write('t.csv.meta.json', meta());
    const { err: quiet } = await fit();
    assert.doesNotMatch(quiet, /not bound to a model and prompt/);
    await bench.write('n.csv', labelTable(30, { seed: 9 }));
    const use = async (content: string | null) => {
      if (content !== null) await bench.write('n.csv.meta.json', content);
      return bench.run('apply', '@c.json', '@n.csv', '--out', '@u.csv', '--force');
    };
    const unknown = await use(null);
    assert.equal(unknown.code, 0);
    assert.match(unknown.err, /n\.csv has no n\.csv\.meta\.json/);
    assert.equal((await use(meta())).err, '');
    const cases: [object, RegExp][] = [
      [{ model: { kind: 'file', name: 'other.gguf', sha256: SHA('c') } }, /model file differs/],
      [{ promptSha256: SHA('d') }, /prompt differs/],
      [{ scoring: { '': { method: 'best', mode: 'padded' } } }, /confidence method differs/],
    ];
    for (const [change, message] of cases) {
      const { code, err } = await use(meta(change));
      assert.equal(code, 2);
      assert.match(err, /c\.json cannot be used on n\.csv/);
      assert.match(err, message);
    }
    const backend = await use(meta({ backend: 'cuda' }));
    assert.equal(backend.code, 0);
    assert.match(backend.err, /backend differs/);
    for (const [content, message] of [
      ['{\n"schema": oops}', /meta\.json, line 2/],
      ['{"schema": 2}', /version 2/],
      ['{"schema": 1}', /cannot be used: model/],
    ] as const)
      assert.match((await use(content)).err, message);
  });

  it('says so when it is bound to nothing', async () => {
    await bench.write('c.json', fitted);
    await bench.write('n.csv', labelTable(30, { seed: 9 }));
    const { code, err } = await bench.run('apply', '@c.json', '@n.csv', '--out', '@u.csv');
    assert.equal(code, 0);
    assert.match(err, /does not name its model and prompt/);
  });

  it('refuses calibrators that are newer, broken or edited by hand, with the line where it can', async () => {
    const good = fitted;
    const cases: [string, RegExp][] = [
      [good.replace('"schema": 1', '"schema": 2'), /version 2.*Update/],
      [good.replace('"beta":', '"beta": oops'), /bad\.json, line 12: .*not JSON/],
      [good.replace(/"beta": [\d.]+/, '"beta": -1'), /cannot be used/],
      [good.replace('"schema": 1', '"scheme": 1'), /cannot be used/],
      ['', /line 1: .*not JSON/],
      ['[]', /cannot be used/],
    ];
    for (const [text, message] of cases) {
      await bench.write('bad.json', text);
      const { code, err } = await bench.run('evaluate', '@t.csv', '--calibrator', '@bad.json');
      assert.equal(code, 2);
      assert.match(err, message);
    }
  });

  it('saves from few rows too, with the warning inside', async () => {
    await bench.write('few.csv', confidenceTable(30));
    const { code } = await bench.run('calibrate', '@few.csv', '--method', 'platt', '--out', '@few.json');
    assert.equal(code, 0);
    const { warnings } = parseSavedCalibrator(await readFile(bench.at('few.json'), 'utf8'));
    assert.ok(warnings.some(({ code: warning }) => warning === 'few-outcomes'));
  });

  it('prints both columns for people', async () => {
    const { out, err } = await fit();
    assert.match(err, /not bound to a model and prompt/);
    assert.match(out, /raw +95% interval +calibrated +95% interval +\(in-sample\)/);
    assert.match(out, /10 folds by label, seed 0/);
    assert.match(out, /Saved, fitted on all 200 rows/);
  });
});
