import assert from 'node:assert/strict';
import { parseEvaluation } from '../../../src/core/data/evaluation-json';
import { confidenceTable, labelTable } from './tables';
import { Workbench } from './workbench';
import type { Evaluation } from '../../../src/core/model/evaluation';

describe('evaluate', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.create();
  });
  afterEach(() => bench.remove());

  const codes = ({ warnings }: Evaluation) => warnings.map(({ code }) => code);
  /** Evaluates a table as JSON and checks that stdout is one document in the known shape. */
  async function evaluated(content: string, ...options: string[]): Promise<Evaluation> {
    await bench.write('t.csv', content);
    const { code, out, err } = await bench.run('evaluate', '@t.csv', '--json', ...options);
    assert.equal(code, 0, err);
    return parseEvaluation(out, 't.csv');
  }

  it('prints one JSON document on stdout and warnings on stderr', async () => {
    await bench.write('t.csv', 'label,prob:a,prob:b\na,.9,.1\nb,nan,.1\n');
    const { out, err } = await bench.run('evaluate', '@t.csv', '--json');
    const result = parseEvaluation(out, 't');
    assert.equal(result.kind, 'labels');
    assert.deepEqual(result.labels, ['a', 'b']);
    assert.deepEqual([result.n, result.nCorrect, result.nWrong], [1, 1, 0]);
    assert.deepEqual(result.rejected, [{ line: 3, reason: 'prob:a is not a number ("nan")' }]);
    assert.match(err, /line 3: prob:a is not a number/);
    assert.equal(out.includes('NaN'), false);
  });

  it('prints an aligned table and a diagram for people', async () => {
    await bench.write('t.csv', labelTable(300));
    const { out, code } = await bench.run('evaluate', '@t.csv');
    assert.equal(code, 0);
    assert.match(out, /^300 rows, \d+ correct and \d+ wrong \(2 labels: neg, pos\)$/m);
    assert.match(out, /^ECE +0\.\d{4}  0\.\d{4} – 0\.\d{4}/m);
    assert.match(out, /●/);
    assert.match(out, /truth \\ predicted/);
  });

  it('gives the ECE of the reference case in 10 and in 20 bins', async () => {
    const y = [0, 0, 1, 0, 1, 0, 1, 1, 1, 1];
    const table = `confidence,correct\n${y.map((correct, i) => `${(i + 1) / 10},${correct}`).join('\n')}\n`;
    for (const bins of ['10', '20']) {
      const { ece } = await evaluated(table, '--bins', bins);
      assert.ok(Math.abs((ece.value ?? 0) - 0.31) < 1e-12);
    }
  });

  it('is the same for the same seed and takes --on confidence', async () => {
    const table = labelTable(200);
    assert.deepEqual(await evaluated(table, '--seed', '5'), await evaluated(table, '--seed', '5'));
    const confidence = await evaluated(table, '--on', 'confidence');
    assert.equal(confidence.kind, 'confidence');
    assert.equal(confidence.labelMetrics, null);
    assert.equal(confidence.accuracy.value, (await evaluated(table)).accuracy.value);
  });

  it('evaluates one row, one class, equal confidences and labels that are never predicted', async () => {
    const one = await evaluated('confidence,correct\n.9,1\n');
    assert.equal(one.accuracy.value, 1);
    assert.equal(one.auroc.value, null);
    assert.ok(one.auroc.reason);
    const oneClass = await evaluated('label,prob:a,prob:b\na,.9,.1\na,.8,.2\n');
    assert.ok(codes(oneClass).includes('label-absent'));
    const equal = await evaluated('confidence,correct\n.7,1\n.7,0\n.7,1\n');
    assert.equal(equal.bins.length, 1);
    assert.equal(equal.auroc.value, 0.5);
    const never = await evaluated('label,prob:a,prob:b\na,.9,.1\nb,.8,.2\n');
    assert.ok(codes(never).includes('label-never-predicted'));
    const ties = await evaluated('label,prob:a,prob:b\na,.5,.5\nb,.5,.5\n');
    assert.ok(codes(ties).includes('ties'));
    assert.equal(ties.nCorrect, 1);
  });

  it('marks a calibrated table', async () => {
    const result = await evaluated('label,prob:a,prob:b,calibrator_sha256\na,.9,.1,beef\n');
    assert.ok(codes(result).includes('calibrated-table'));
  });

  it('chooses a method by --scores and columns by --column', async () => {
    const { accuracy } = await evaluated(
      'gold,x/prob:a,x/prob:b,y/prob:a,y/prob:b\na,.9,.1,.1,.9\n',
      ...['--scores', 'y', '--column', 'label=gold'],
    );
    assert.equal(accuracy.value, 0);
  });

  it('lists twenty bad rows on the terminal and says how many more there are', async () => {
    await bench.write('t.csv', `confidence,correct\n.9,1\n${'high,1\n'.repeat(25)}`);
    const { err } = await bench.run('evaluate', '@t.csv');
    assert.match(err, /25 of 26 rows were not used/);
    assert.equal(err.match(/ line \d+:/g)?.length, 20);
    assert.match(err, /and 5 more rows/);
  });

  it('ends with 2 and a sentence, and nothing on stdout, on bad input and bad usage', async () => {
    await bench.write('t.csv', confidenceTable(10));
    await bench.write('empty.csv', '');
    await bench.write('labels.csv', 'label,prob:a,prob:b\na,.9,.1\nb,.2,.8\n');
    const cases: [string[], RegExp][] = [
      [['@none.csv'], /There is no file/],
      [['@empty.csv'], /empty\.csv is empty/],
      [[], /TABLE is missing.*\n\nUsage/],
      [['@t.csv', '@t.csv'], /one argument too many/],
      [['@t.csv', '--bins', '0'], /--bins takes a whole number from 1/],
      [['@t.csv', '--binning', 'depth'], /--binning must be one of width, mass/],
      [['@t.csv', '--seed', '-1'], /seed/],
      [['@t.csv', '--colour'], /Unknown option/],
      [['@t.csv', '--column', 'label'], /--column takes ROLE=NAME/],
      [['@t.csv', '--column', 'truth=correct'], /"truth" is not a role of a column/],
      [['@t.csv', '--on', 'labels'], /no score for every label/],
      [['@labels.csv', '--prevalence', 'a=.9,x=.1'], /given for "a", "x", but the labels are "a", "b"/],
      [['@labels.csv', '--prevalence', 'a=1'], /given for "a", but the labels are "a", "b"/],
      [['@t.csv', '--calibrator', '@none.json'], /There is no file/],
    ];
    for (const [argv, message] of cases) {
      const { code, out, err } = await bench.run('evaluate', ...argv, '--json');
      assert.equal(code, 2, argv.join(' '));
      assert.equal(out, '');
      assert.match(err, message);
    }
  });

  it('prints its usage for --help', async () => {
    const { code, out } = await bench.run('evaluate', '--help');
    assert.equal(code, 0);
    assert.match(out, /^Usage: prompt-confidence evaluate TABLE/);
  });
});
