import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { CalibrateReport } from '../../../src/cli/calibration/calibrate';
import type { EvaluateReport } from '../../../src/core/decisions/report';
import { parseSavedCalibrator } from '../../../src/core/calibration/saved';
import { confidenceTable, labelTable } from './tables';
import { Workbench } from './workbench';

describe('calibrate: choice of method, priors, prevalence, split', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.create();
  });
  afterEach(() => bench.remove());

  async function calibrated(table: string, ...options: string[]): Promise<CalibrateReport> {
    await bench.write('t.csv', table);
    const { code, out, err } = await bench.run(
      ...['calibrate', '@t.csv', '--out', '@c.json', '--json', '--force'],
      ...options,
    );
    assert.equal(code, 0, err);
    return JSON.parse(out) as CalibrateReport;
  }
  const saved = async () => parseSavedCalibrator(await readFile(bench.at('c.json'), 'utf8'));
  async function evaluated(...options: string[]): Promise<EvaluateReport> {
    const { code, out, err } = await bench.run('evaluate', ...options, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as EvaluateReport;
  }

  it('auto saves the recommended method, with all that was compared', async () => {
    const report = await calibrated(labelTable(400), '--method', 'auto');
    assert.equal(report.recommendation?.verdict, 'use');
    assert.equal(report.method, report.recommendation.choice);
    assert.ok(report.recommendation.candidates.some(({ method }) => method === 'raw'));
    assert.ok(report.warnings.some(({ code }) => code === 'best-of-several'));
    assert.equal((await saved()).calibrator.method, report.method);
  });

  it('auto saves nothing where raw is as good, or where there is too little data', async () => {
    const fine = await calibrated(confidenceTable(600), '--method', 'auto');
    assert.deepEqual([fine.method, fine.after, fine.recommendation?.verdict], [null, null, 'keep-raw']);
    const few = await calibrated(labelTable(30), '--method', 'auto');
    assert.deepEqual([few.method, few.recommendation?.verdict], [null, 'not-enough-data']);
    assert.ok((few.before.accuracy.value ?? 0) > 0);
    assert.equal(existsSync(bench.at('c.json')), false);
    const { code, out } = await bench.run('calibrate', '@t.csv', '--method', 'auto', '--out', '@c.json');
    assert.equal(code, 0);
    assert.match(out, /Not enough data.*\nNothing is saved\./u);
  });

  it('takes out a label prior, given the shares to expect', async () => {
    const table = labelTable(200);
    const report = await calibrated(table, '--method', 'prior-batch', '--shares', 'neg=.6,pos=.4');
    assert.equal(report.method, 'prior-batch');
    assert.ok((report.after.nll.value ?? 1) < (report.before.nll.value ?? 0));
    const { calibrator } = await saved();
    assert.ok('model' in calibrator && calibrator.model.kind === 'prior-batch');
    assert.deepEqual(calibrator.model.shares, [0.6, 0.4]);
    const uniform = await calibrated(table, '--method', 'prior-batch', '--shares', 'uniform');
    assert.ok(uniform.warnings.some(({ code }) => code === 'uniform-shares'));
  });

  it('takes out what neutral texts show of a prior, whatever the order of their columns', async () => {
    await bench.write('neutral.csv', 'text,prob:pos,prob:neg\nN/A,.8,.2\n,.8,.2\n');
    const neutral = ['--method', 'prior-content-free', '--neutral', bench.at('neutral.csv')];
    const report = await calibrated(labelTable(100), ...neutral);
    assert.equal(report.method, 'prior-content-free');
    const { calibrator } = await saved();
    assert.ok('model' in calibrator && 'bias' in calibrator.model);
    // Half of ln(.8 / .2) down for pos, which stands second, and up for neg.
    assert.ok(Math.abs((calibrator.model.bias[1] ?? 0) + Math.log(4) / 2) < 1e-9);
  });

  it('wants of neutral texts a score for each label of the table, and for no other', async () => {
    await bench.write('t.csv', labelTable(50));
    for (const [neutral, message] of [
      ['text,prob:pos,prob:other\nN/A,.8,.2\n', /has the labels "pos", "other", but "neg", "pos" are needed/],
      ['text,confidence\nN/A,.8\n', /neutral\.csv has no score for every label/],
    ] as const) {
      const file = await bench.write('neutral.csv', neutral);
      const options = ['--out', '@c.json', '--method', 'prior-content-free', '--neutral', file];
      const { code, err } = await bench.run('calibrate', '@t.csv', ...options);
      assert.equal(code, 2);
      assert.match(err, message);
    }
  });

  it('refuses the shares of a label that no row has', async () => {
    await bench.write('t.csv', labelTable(50).replaceAll(',neg,', ',pos,'));
    const { code, err } = await bench.run('evaluate', '@t.csv', '--prevalence', 'neg=.1,pos=.9');
    assert.equal(code, 2);
    assert.match(err, /^No row has the true label "neg"/m);
  });

  it('records deployment prevalence, which moves what the calibrator says', async () => {
    const table = labelTable(300);
    await calibrated(table, '--method', 'bias-temperature');
    const plain = await evaluated('@t.csv', '--calibrator', '@c.json');
    const asked = await evaluated('@t.csv', '--calibrator', '@c.json', '--prevalence', 'neg=.95,pos=.05');
    await calibrated(table, '--method', 'bias-temperature', '--prevalence', 'neg=.95,pos=.05');
    const { calibrator, classCounts } = await saved();
    assert.ok(calibrator.on === 'labels');
    assert.deepEqual(calibrator.prevalence?.deployed, [0.95, 0.05]);
    assert.ok(Math.abs((calibrator.prevalence.fitted[0] ?? 0) - (classCounts?.neg ?? 0) / 300) < 1e-12);
    const moved = await evaluated('@t.csv', '--calibrator', '@c.json');
    assert.deepEqual(moved.prevalence, calibrator.prevalence);
    const timesPredicted = ({ labelMetrics }: EvaluateReport) => labelMetrics?.perLabel[1]?.predicted ?? 0;
    assert.ok(timesPredicted(moved) < timesPredicted(plain) / 2);
    assert.equal(timesPredicted(moved), timesPredicted(asked));
  });

  it('says what more rows would bring', async () => {
    const { progression } = await calibrated(labelTable(600), '--method', 'platt', '--progression');
    assert.equal(progression?.repeats, 50);
    assert.deepEqual(
      progression.points.map(({ rows }) => rows),
      [100, 200, 400],
    );
    const few = await calibrated(labelTable(100), '--method', 'platt', '--progression');
    assert.equal(few.progression?.verdict, 'too-few-rows');
  });

  it('before and after are the test part of a mapped split column', async () => {
    const [header = '', ...rows] = labelTable(300).trimEnd().split('\n');
    const parts = rows.map((row, i) => `${row},${i % 3 === 0 ? 'test' : 'fit'}`);
    const report = await calibrated(
      `${[`${header},part`, ...parts].join('\n')}\n`,
      ...['--method', 'platt', '--column', 'split=part'],
    );
    assert.ok(report.method !== null);
    assert.deepEqual([report.folds.source, report.folds.count], ['split', 1]);
    assert.deepEqual([report.before.n, report.after.n, report.inSample.n], [100, 100, 300]);
  });

  it('refuses options that do not go together', async () => {
    await bench.write('t.csv', labelTable(50));
    for (const options of [
      ['--method', 'platt', '--shares', 'uniform'],
      ['--method', 'prior-batch'],
      ['--method', 'prior-batch', '--shares', 'pos=.5'],
      ['--method', 'prior-batch', '--shares', 'pos=.5,other=.5'],
      ['--method', 'prior-batch', '--shares', 'pos=.5,neg=.2'],
      ['--method', 'prior-content-free'],
      ['--method', 'prior-batch', '--shares', 'uniform', '--prevalence', 'pos=.1,neg=.9'],
      ['--method', 'slope', '--on', 'confidence', '--prevalence', 'pos=.1,neg=.9'],
    ]) {
      const { code, out, err } = await bench.run('calibrate', '@t.csv', '--out', '@c.json', ...options);
      assert.deepEqual([code, out], [2, ''], options.join(' '));
      assert.ok(err.length > 0);
      assert.equal(existsSync(bench.at('c.json')), false);
    }
  });

  it('a calibrated copy knows whether its calibrator was fitted on it', async () => {
    await calibrated(labelTable(100), '--method', 'platt');
    await bench.write('new.csv', labelTable(100, { seed: 9 }));
    const codes = async (table: string) => {
      const { warnings } = await evaluated(table);
      return warnings.map(({ code }) => code).filter((code) => /sample|calibrated/u.test(code));
    };
    await bench.run('apply', '@c.json', '@t.csv', '--out', '@same.csv');
    await bench.run('apply', '@c.json', '@new.csv', '--out', '@other.csv');
    assert.deepEqual(await codes('@same.csv'), ['in-sample']);
    assert.deepEqual(await codes('@other.csv'), []);
    await bench.write('alone.csv', await readFile(bench.at('same.csv'), 'utf8'));
    assert.deepEqual(await codes('@alone.csv'), ['calibrated-table']);
    assert.match((await bench.run('gate', '@same.csv', '--max', 'ece=.5')).err, /in-sample/);
  });

  it('a calibrated copy names its calibrator where that is known, and can be read by its raw columns', async () => {
    await calibrated(labelTable(100), '--method', 'platt');
    await bench.run('apply', '@c.json', '@t.csv', '--out', '@same.csv');
    const said = async (table: string) =>
      (await evaluated(table)).warnings.find(({ code }) => /sample|calibrated/u.test(code));
    const known = await said('@same.csv');
    assert.match(known?.message ?? '', /calibrated by c, which was fitted on these rows/);
    await bench.write('alone.csv', await readFile(bench.at('same.csv'), 'utf8'));
    assert.match((await said('@alone.csv'))?.message ?? '', /calibrated by [0-9a-f]{12}…\. If/);
    const refused = await bench.run('calibrate', '@same.csv', '--method', 'platt', '--out', '@d.json');
    assert.match(
      refused.err,
      /or the raw predictions that it keeps \(columns raw:…\)\. The options for that: /,
    );
    const words = Object.entries(known?.instead ?? {}).flatMap(([key, name]) => [
      '--column',
      `${key}=${name}`,
    ]);
    for (const word of words) assert.ok(refused.err.includes(word), word);
    const numbers = async (...args: string[]) => {
      const { warnings, ...rest } = await evaluated(...args);
      assert.ok(!warnings.some(({ code }) => /sample|calibrated/u.test(code)));
      return rest;
    };
    assert.deepEqual(await numbers('@same.csv', ...words), await numbers('@t.csv'));
  });

  it('a calibrator for other label shares is not judged by these rows without a word', async () => {
    const shares = 'neg=.95,pos=.05';
    await calibrated(labelTable(150), '--method', 'platt', '--prevalence', shares);
    await bench.write('new.csv', labelTable(150, { seed: 9 }));
    await bench.run('apply', '@c.json', '@new.csv', '--out', '@moved.csv');
    const says = async (...args: string[]) =>
      (await evaluated(...args)).warnings.some(({ code }) => code === 'prevalence-differs');
    assert.ok(await says('@moved.csv'));
    assert.ok(await says('@new.csv', '--calibrator', '@c.json'));
    assert.ok(!(await says('@new.csv', '--calibrator', '@c.json', '--prevalence', shares)));
    assert.match((await bench.run('gate', '@moved.csv', '--max', 'ece=.5')).err, /neg 95%, pos 5%/);
  });

  it('warns of other shares, and no more, where no row has some label', async () => {
    await calibrated(labelTable(150), '--method', 'platt', '--prevalence', 'neg=.95,pos=.05');
    const [header = '', ...rows] = labelTable(100).trimEnd().split('\n');
    await bench.write('neg.csv', [header, ...rows.filter((row) => row.includes(',neg,'))].join('\n'));
    const { warnings } = await evaluated('@neg.csv', '--calibrator', '@c.json');
    assert.match(warnings.find(({ code }) => code === 'prevalence-differs')?.message ?? '', /pos 0%/);
  });

  it('keeps an older copy whole where the buckets of the new one cannot be used', async () => {
    await calibrated(labelTable(100), '--method', 'platt');
    await bench.run('apply', '@c.json', '@t.csv', '--out', '@same.csv');
    const bad = ['--force', '--buckets', 'act=.9'];
    assert.equal((await bench.run('apply', '@c.json', '@t.csv', '--out', '@same.csv', ...bad)).code, 2);
    assert.ok(existsSync(bench.at('same.csv.meta.json')));
  });

  it('takes shares of labels that hold commas and equals signs', async () => {
    const table = labelTable(100).replace('prob:pos', '"prob:p, o=s"').replaceAll(',pos,', ',"p, o=s",');
    await bench.write('comma.csv', table);
    const { prevalence } = await evaluated('@comma.csv', '--prevalence', 'neg=9e-1,"p, o=s=.1"');
    assert.deepEqual(prevalence?.deployed, [0.9, 0.1]);
  });
});
