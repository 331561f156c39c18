import assert from 'node:assert/strict';
import type { GateReport } from '../../../src/app/tables/gate-table';
import { confidenceTable, labelTable } from './tables';
import { Workbench } from './workbench';

describe('gate', () => {
  let bench: Workbench;
  before(async () => {
    bench = await Workbench.create();
    await bench.write('good.csv', confidenceTable(2000));
    await bench.write('bad.csv', confidenceTable(2000, { shift: 0.2 }));
    await bench.write('few.csv', confidenceTable(40));
  });
  after(() => bench.remove());

  it('ends with 0 where limits hold and with 1 where they do not', async () => {
    const good = await bench.run('gate', '@good.csv', '--max', 'ece=0.1', '--min', 'accuracy=0.6');
    assert.equal(good.code, 0, good.err);
    assert.match(good.out, /✓ ece ≤ 0\.1 passes/);
    const bad = await bench.run('gate', '@bad.csv', '--max', 'ece=0.1');
    assert.equal(bad.code, 1);
    assert.match(bad.out, /✗ ece ≤ 0\.1 fails/);
  });

  it('is undecided on few rows, which fails unless allowed', async () => {
    const few = await bench.run('gate', '@few.csv', '--max', 'ece=0.01');
    assert.equal(few.code, 1);
    assert.match(few.out, /is undecided: .*; about \d+ rows are needed/);
    const allowed = await bench.run('gate', '@few.csv', '--max', 'ece=0.01', '--undecided', 'pass');
    assert.equal(allowed.code, 0);
  });

  it('says why a single row decides nothing, and takes numbers with an exponent', async () => {
    await bench.write('one.csv', confidenceTable(1));
    const { code, out } = await bench.run('gate', '@one.csv', '--min', 'accuracy=.5', '--max', 'ece=1e-3');
    assert.equal(code, 1);
    assert.match(out, /accuracy ≥ 0.5 is undecided: 1 \(95% bounds 0.05 and 1\); about \d+ rows are needed/);
    assert.match(out, /ece ≤ 0.001 is undecided/);
  });

  it('compares row by row with a table that has the same ids', async () => {
    const { code, out } = await bench.run('gate', '@bad.csv', '--baseline', '@good.csv', '--json');
    assert.equal(code, 1);
    const { baseline, verdict } = JSON.parse(out) as GateReport;
    assert.equal(baseline?.comparison, 'paired');
    assert.equal(baseline.n, 2000);
    assert.equal(verdict, 'fail');
    assert.equal(baseline.results.find(({ metric }) => metric === 'accuracy')?.verdict, 'fail');
    const same = await bench.run('gate', '@good.csv', '--baseline', '@bad.csv');
    assert.equal(same.code, 0);
  });

  it('pairs the common rows, and says so', async () => {
    const rows = confidenceTable(2000).trimEnd().split('\n');
    await bench.write('part.csv', rows.slice(0, 1501).join('\n'));
    const { out, err } = await bench.run('gate', '@good.csv', '--baseline', '@part.csv', '--json');
    assert.equal((JSON.parse(out) as GateReport).baseline?.n, 1500);
    assert.match(err, /1,500 rows of 2000 here and 1500 in part\.csv could be paired/);
  });

  it('compares as separate samples where ids are absent or are those of other rows', async () => {
    await bench.write('noid.csv', confidenceTable(1000, { seed: 4 }).replace(/^id,/, 'n,'));
    const absent = await bench.run('gate', '@bad.csv', '--baseline', '@noid.csv', '--json');
    assert.equal((JSON.parse(absent.out) as GateReport).baseline?.comparison, 'two-sample');
    assert.equal(absent.code, 1);
    assert.match(absent.err, /can only be paired by a column "id"/);
    await bench.write('a.csv', labelTable(300, { seed: 5 }));
    await bench.write('b.csv', labelTable(300, { seed: 6 }));
    const other = await bench.run('gate', '@a.csv', '--baseline', '@b.csv', '--json');
    assert.equal((JSON.parse(other.out) as GateReport).baseline?.comparison, 'two-sample');
    assert.match(other.err, /separate samples/);
  });

  it('passes a table against itself, whether its rows have ids or repeat them', async () => {
    const rows = confidenceTable(500);
    const forms = [
      ['with', rows],
      ['without', rows.replace(/^id,/, 'n,')],
      ['repeated', rows.replace(/^\d+,/gm, '1,')],
    ] as const;
    for (const [name, content] of forms) {
      await bench.write(`${name}.csv`, content);
      await bench.write(`${name}-copy.csv`, content);
      const margins = ['accuracy', 'ece', 'brier'].flatMap((metric) => ['--margin', `${metric}=0`]);
      const { code, out, err } = await bench.run(
        ...['gate', `@${name}.csv`, '--baseline', `@${name}-copy.csv`],
        ...margins,
      );
      assert.equal(code, 0, `${name}: ${out}${err}`);
      assert.match(out, /as 500 pairs of rows/);
      assert.doesNotMatch(err, /other rows|separate/);
    }
  });

  it('says what to do about a table that decides nothing', async () => {
    const rows = confidenceTable(100).trimEnd().split('\n');
    await bench.write('unused.csv', [...rows, ...Array<string>(20).fill('x')].join('\n'));
    await bench.write('missing.csv', `label,prob:a,prob:b,prob:c\n${'a,.9,.1,0\nb,.2,.8,0\n'.repeat(150)}`);
    const wanted: [string, RegExp][] = [
      ['@unused.csv', /Correct the rows that were not used, or take them out of the table/],
      ['@missing.csv', /Correct the labels of the rows, or add rows of the label/],
    ];
    for (const [file, remedy] of wanted) {
      const { code, err, out } = await bench.run('gate', file, '--min', 'accuracy=.1');
      assert.equal(code, 1);
      assert.match(out, /accuracy is undecided/);
      assert.match(err, remedy);
    }
  });

  it('compares with what evaluate --json printed', async () => {
    await bench.write('good.json', (await bench.run('evaluate', '@good.csv', '--json')).out);
    const { code, out } = await bench.run('gate', '@bad.csv', '--baseline', '@good.json', '--max', 'brier=1');
    assert.equal(code, 1);
    assert.match(out, /✗ brier: worse than the baseline/);
    const bins = await bench.run('gate', '@bad.csv', '--baseline', '@good.json', '--bins', '10');
    assert.match(bins.err, /in 20 bins of equal width; evaluate this table in the same bins/);
  });

  it('does not compare one label with the evaluation of another', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${i},${(i % 9) / 9},${(i % 7) / 7},${i % 2},${i % 3 && 1}`,
    );
    await bench.write('own.csv', `id,yes:a,yes:b,label:a,label:b\n${rows.join('\n')}\n`);
    await bench.write('a.json', (await bench.run('evaluate', '@own.csv', '--label', 'a', '--json')).out);
    const { code, err } = await bench.run('gate', '@own.csv', '--label', 'b', '--baseline', '@a.json');
    assert.equal(code, 2);
    assert.match(err, /a\.json is of the labels "a", "not a", and this table of "b", "not b"/);
    assert.notEqual((await bench.run('gate', '@own.csv', '--label', 'a', '--baseline', '@a.json')).code, 2);
  });

  it('ends with 2 and a sentence on bad input and bad usage', async () => {
    await bench.write('broken.json', '{\n"schema": 1,\n');
    await bench.write('newer.json', '{"schema": 9}');
    await bench.write('other.json', '{"schema": 1, "n": "many"}');
    const cases: [string[], RegExp][] = [
      [[], /There is nothing to check/],
      [['--max', 'ece'], /--max takes METRIC=X/],
      [['--max', 'ece=0,1'], /--max takes METRIC=X/],
      [['--max', 'beauty=1'], /"beauty" is not a metric/],
      [['--max', 'ece=1', '--undecided', 'maybe'], /--undecided must be one of/],
      [['--baseline', '@none.json'], /There is no file/],
      [['--baseline', '@broken.json'], /broken\.json, line 3/],
      [['--baseline', '@newer.json'], /version 9/],
      [['--baseline', '@other.json'], /is not the JSON output of "evaluate"/],
    ];
    for (const [argv, message] of cases) {
      const { code, out, err } = await bench.run('gate', '@good.csv', ...argv);
      assert.equal(code, 2, argv.join(' '));
      assert.equal(out, '');
      assert.match(err, message);
    }
  });
});
