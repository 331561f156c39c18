import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Decisions } from '../../../src/core/decisions/decisions';
import { UserError } from '../../../src/core/user-error';
import { comparisonForPage } from '../../../src/features/calibration/worker/compare';
import { decideOn, progressions } from '../../../src/features/calibration/worker/decide';
import { loadForPage } from '../../../src/features/calibration/worker/load';
import { decisionReportSchema, progressionsSchema } from '../../../src/protocol/calibration-decisions';
import { DEFAULT_PANEL_SETTINGS } from '../../../src/protocol/calibration-page';
import { fixture } from '../../support/paths';
import { Workbench } from '../cli/workbench';
import { inPanel } from '../../support/in-panel';

const BUCKETS = [
  { name: 'go', low: 0.93 },
  { name: 'look', low: 0.6 },
  { name: 'stop', low: 0 },
];
const COSTS = { wrong: 5, review: 1 };
const PARAMS = { question: { target: 0.7, costs: COSTS }, buckets: BUCKETS };
const silent = (): Promise<void> => Promise.resolve();

describe('what the calibration panel decides on', () => {
  let bench: Workbench;
  before(async () => {
    bench = await Workbench.create();
    const whole = await readFile(fixture('panel/reviews.csv'), 'utf8');
    // As many rows as a progression needs.
    const [head = '', ...rows] = whole.split('\n').slice(0, 321);
    await bench.write('t.csv', `${[head, ...rows].join('\n')}\n`);
    const parts = rows.map((row, i) => `${row},${i % 2 === 0 ? 'fit' : 'test'}`);
    await bench.write('split.csv', `${head},split\n${parts.join('\n')}\n`);
    await bench.write('costs.json', JSON.stringify(COSTS));
  });
  after(() => bench.remove());

  const evaluated = async (): Promise<Decisions> => {
    const { out } = await bench.run(
      ...['evaluate', '@t.csv', '--json', '--target', '.7', '--costs', '@costs.json'],
      ...['--buckets', 'go=.93,look=.6,stop=0'],
    );
    return JSON.parse(out) as Decisions;
  };

  it('is what evaluate says of the raw confidence', async () => {
    const { shown } = await loadForPage(inPanel(bench.at('t.csv')));
    const { methods, n } = decisionReportSchema.parse(decideOn(shown, null, PARAMS));
    const [raw] = methods;
    assert.ok(raw);
    const { buckets, threshold, costs } = await evaluated();
    assert.deepEqual(
      { buckets: raw.buckets, threshold: raw.threshold, costs: raw.costs },
      { buckets, threshold, costs },
    );
    assert.ok(threshold?.threshold !== null);
    assert.equal(
      buckets.reduce((sum, { rows }) => sum + rows, 0),
      n,
    );
  });

  it('takes calibrators as they score rows that they did not see, all on the same rows', async () => {
    const { input, shown } = await loadForPage(inPanel(bench.at('t.csv')));
    const { comparison, compared } = await comparisonForPage(input, DEFAULT_PANEL_SETTINGS, silent);
    const report = decideOn(shown, compared, PARAMS);
    assert.deepEqual(decideOn(shown, null, PARAMS).methods[0], report.methods[0]);
    for (const [at, { method, buckets, curve }] of report.methods.entries()) {
      const { evaluation } = comparison.methods[at]?.diagram ?? {};
      assert.equal(method, comparison.methods[at]?.method);
      assert.equal(
        buckets.reduce((sum, { errors }) => sum + errors, 0),
        evaluation?.nWrong,
      );
      assert.ok(Math.abs((curve[0]?.accuracy ?? 0) - (evaluation?.accuracy.value ?? 1)) < 1e-12);
    }
  });

  it('halves the test part of a split, where everything is scored on it', async () => {
    const { input, shown } = await loadForPage(inPanel(bench.at('split.csv')));
    const { compared } = await comparisonForPage(input, DEFAULT_PANEL_SETTINGS, silent);
    const { n, isTestPart, methods } = decideOn(shown, compared, PARAMS);
    assert.ok(isTestPart && n < input.table.n && n > 0);
    for (const { curve, costs } of methods) {
      assert.equal(curve[0]?.rows, n);
      assert.ok(costs?.scored && costs.scored.n < n);
    }
  });

  it('has no costs for labels that the table does not have, and refuses buckets with a gap', async () => {
    const { shown } = await loadForPage(inPanel(bench.at('t.csv')));
    const wrong = [
      [0, 1, 2],
      [1, 0, 2],
      [1, 2, 0],
    ];
    const question = { ...PARAMS.question, costs: { wrong, review: 1 } };
    assert.equal(decideOn(shown, null, { ...PARAMS, question }).methods[0]?.costs, null);
    assert.throws(
      () => decideOn(shown, null, { ...PARAMS, buckets: BUCKETS.slice(0, 2) }),
      (error) => error instanceof UserError && error.code === 'bad-buckets',
    );
  });

  it('says what more rows would bring to every calibrator, as calibrate says of one', async () => {
    const { input } = await loadForPage(inPanel(bench.at('t.csv')));
    const said: string[] = [];
    const methods = progressionsSchema.parse(progressions(input, (words) => said.push(words), 2));
    assert.ok(methods.length > 5 && methods.every(({ repeats, raw }) => repeats === 2 && raw !== null));
    assert.equal(said.length, 2 * methods.length);
    assert.equal(said[1], `temperature (1 of ${methods.length}), repeat 2 of 2`);
  });
});
