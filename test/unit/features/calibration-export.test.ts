import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { analyse, reportOf } from '../../../src/features/calibration/worker/analyse';
import { breakDown } from '../../../src/features/calibration/worker/breakdown';
import { comparisonForPage } from '../../../src/features/calibration/worker/compare';
import { binsCsv, reportJson } from '../../../src/features/calibration/export/data';
import { markdownReport, type ReportInput } from '../../../src/features/calibration/export/markdown';
import { decideOn } from '../../../src/features/calibration/worker/decide';
import { loadForPage } from '../../../src/features/calibration/worker/load';
import { NO_DECISIONS, NO_PROGRESSION } from '../../../src/protocol/calibration-decisions';
import {
  AS_FOUND,
  DEFAULT_PANEL_SETTINGS,
  type Comparison,
  type PanelSettings,
  type TableOptions,
} from '../../../src/protocol/calibration-page';
import { HOSTILE, unseenIn } from '../../support/hostile';
import { fixture } from '../../support/paths';
import { Workbench } from '../cli/workbench';
import { inPanel } from '../../support/in-panel';

const MADE: Pick<ReportInput, 'versions' | 'time'> = {
  versions: { 'Prompt Confidence': '1.2.3', 'Node.js': '20.0.0' },
  time: new Date('2026-01-02T23:04:05Z'),
};

/** What the panel asks before anybody chose anything. */
const ASKED = {
  question: { target: NO_DECISIONS.choices.target, costs: NO_DECISIONS.choices.costs },
  buckets: NO_DECISIONS.buckets,
};

/** Some rows of the fixture, one of them with a label that is none, as a file of their own. */
let table: string;

async function analysed(options: TableOptions = AS_FOUND) {
  const settings: PanelSettings = { ...DEFAULT_PANEL_SETTINGS, bins: 20, table: options };
  const loaded = await loadForPage(inPanel(table, options));
  return { loaded, settings, analysis: analyse(loaded, settings, false) };
}

async function reportOn(
  change: (input: ReportInput['state']) => ReportInput['state'] = (state) => state,
  part: ReportInput['part'] = null,
) {
  const { settings, analysis } = await analysed();
  const state: ReportInput['state'] = {
    name: 'reviews.csv',
    settings,
    busy: null,
    error: null,
    analysis,
    overview: null,
    breakdown: null,
    breakdownError: null,
    columns: null,
    methods: null,
    methodsError: null,
    comparison: null,
    comparisonError: null,
    decisions: NO_DECISIONS,
    progression: NO_PROGRESSION,
    shares: null,
  };
  return markdownReport({ state: change(state), part, ...MADE });
}

describe('what the calibration panel exports', () => {
  let comparison: Comparison;
  let workbench: Workbench;
  after(() => workbench.remove());
  before(async () => {
    workbench = await Workbench.create();
    const [header, ...rows] = (await readFile(fixture('panel/reviews.csv'), 'utf8')).split('\n');
    table = await workbench.write('reviews.csv', `${[header, ...rows.slice(300, 500)].join('\n')}\n`);
    const { input } = await loadForPage(inPanel(table));
    ({ comparison } = await comparisonForPage(input, DEFAULT_PANEL_SETTINGS, () => Promise.resolve()));
  });

  it('is, as JSON, the document of evaluate --json to the last character', async () => {
    const { loaded, settings } = await analysed();
    await workbench.write('costs.json', '{"wrong": 5, "review": 1}');
    const asked = ['--target', '0.95', '--costs', '@costs.json'];
    const { out } = await workbench.run('evaluate', table, '--json', ...asked);
    assert.equal(reportJson({ ...reportOf(loaded, { settings, decide: ASKED }) }, null), out);
    const prevalence = [
      { label: 'negative', share: 0.8 },
      { label: 'positive', share: 0.2 },
    ];
    const shifted = await analysed({ ...AS_FOUND, prevalence });
    const { out: expected } = await workbench.run(
      'evaluate',
      table,
      '--json',
      ...asked,
      '--prevalence',
      'negative=0.8,positive=0.2',
    );
    assert.equal(
      reportJson({ ...reportOf(shifted.loaded, { settings: shifted.settings, decide: ASKED }) }, null),
      expected,
    );
  });

  it('has the comparison beside it, each calibrator with what it was worth on unseen rows', async () => {
    const { loaded, settings } = await analysed();
    const whole = JSON.parse(
      reportJson({ ...reportOf(loaded, { settings, decide: ASKED }) }, comparison),
    ) as {
      n: number;
      comparison: { choice: string; before: { n: number }; methods: { method: string; after: unknown }[] };
    };
    assert.equal(whole.comparison.choice, comparison.choice);
    assert.equal(whole.comparison.before.n, whole.n);
    assert.deepEqual(
      whole.comparison.methods.map(({ method, after }) => [method, after]),
      comparison.methods.slice(1).map(({ method, diagram }) => [method, diagram.evaluation]),
    );
  });

  it('is, as CSV, a line for every bin with its numbers in full', async () => {
    const { analysis } = await analysed();
    const [header, ...lines] = binsCsv(analysis, null).trimEnd().split('\n');
    const { bins } = analysis.evaluation;
    assert.equal(header?.split(',').length, 9);
    assert.deepEqual(
      lines.map((line) => line.split(',').map(Number)),
      bins.map((bin, index) => [
        ...[bin.low, bin.high, bin.count, bin.meanConfidence],
        ...[bin.accuracy, bin.accuracyLow, bin.accuracyHigh],
        ...[analysis.consistency[index]?.low ?? 0, analysis.consistency[index]?.high ?? 0],
      ]),
    );
  });

  it('names the part that the diagram is of', async () => {
    const { loaded, settings } = await analysed();
    const view = { by: 'predicted' } as const;
    const silent = (): Promise<void> => Promise.resolve();
    const { breakdown } = await breakDown(loaded.shown, { ...settings, view }, silent);
    const [part] = breakdown.parts;
    assert.ok(part);
    const { bins } = part.diagram.evaluation;
    const [header, ...lines] = binsCsv(part.diagram, part.name).trimEnd().split('\n');
    assert.match(header ?? '', /^part,low,/);
    assert.deepEqual(
      lines.map((line) => line.split(',').slice(0, 4)),
      bins.map(({ low, high, count }) => [part.name, String(low), String(high), String(count)]),
    );
    const report = await reportOn((state) => ({ ...state, breakdown }), part);
    const [, own = ''] = report.split(`### Bins of \`${part.name}\``);
    const [bound = ''] = own.split('\n## ');
    for (const { count, accuracy } of bins)
      assert.match(bound, new RegExp(`\\| ${count} \\| [\\d.]+ \\| ${accuracy.toFixed(3)} \\|`));
  });

  it('says what the numbers were computed with, not what is wanted next', async () => {
    const asked = { ...AS_FOUND, prefix: 'another' };
    const report = await reportOn((state) => ({ ...state, settings: { ...state.settings, table: asked } }));
    assert.ok(!report.includes('another'));
  });

  it('is a report with every number of the panel, the same every time but for its date', async () => {
    const report = await reportOn((state) => ({ ...state, comparison }));
    assert.equal(report, await reportOn((state) => ({ ...state, comparison })));
    const { analysis } = await analysed();
    for (const heading of ['Headline numbers', 'Bins of confidence', 'Calibrators', 'Rows not used'])
      assert.ok(report.includes(`\n## ${heading}\n`), heading);
    assert.match(report, /^# Calibration of `reviews\.csv`\n\n2026-01-02\.\n/);
    assert.ok(report.includes(analysis.sha256));
    const { ece } = analysis.evaluation;
    assert.ok(report.includes(`| ECE | ${ece.value?.toFixed(3)} | ${ece.low?.toFixed(3)} to `));
    for (const { count, meanConfidence } of analysis.evaluation.bins)
      assert.ok(report.includes(`| ${count.toLocaleString('en-US')} | ${meanConfidence.toFixed(3)} |`));
    assert.equal(report.match(/^\| .*\(recommended\)/gm)?.length, comparison.choice === 'raw' ? 0 : 1);
    assert.ok(report.endsWith('Made with Prompt Confidence 1.2.3, Node.js 20.0.0.\n'));
    // Every table has as many cells in every row.
    for (const block of report.split('\n\n').filter((part) => part.startsWith('|')))
      assert.equal(new Set(block.split('\n').map((line) => line.split(/(?<!\\)\|/).length)).size, 1);
  });

  it('reports what to decide on and whether more rows would help, where that was computed', async () => {
    const { loaded } = await analysed();
    const decided = decideOn(loaded.shown, null, ASKED);
    const report = await reportOn((state) => ({
      ...state,
      decisions: { ...NO_DECISIONS, report: decided },
      progression: {
        ...NO_PROGRESSION,
        methods: [
          {
            method: 'platt',
            verdict: 'flat',
            message: 'More rows would not help.',
            holdOut: 1,
            repeats: 1,
            raw: null,
            points: [],
            lastGain: null,
          },
        ],
      },
    }));
    const [raw] = decided.methods;
    assert.ok(raw);
    for (const { name, rows } of raw.buckets)
      assert.match(
        report,
        new RegExp(`^\\| \`${name}\` \\| [\\d.]+ \\| ${rows.toLocaleString('en-US')} \\|`, 'm'),
      );
    assert.ok(report.includes(raw.threshold.message.slice(0, 30)));
    assert.match(report, /- Platt: More rows would not help\./);
  });

  it('reports that reviewing every row is cheapest where no threshold pays', async () => {
    const { loaded } = await analysed();
    const decided = decideOn(loaded.shown, null, {
      ...ASKED,
      question: { ...ASKED.question, costs: { wrong: 1000, review: 0 } },
    });
    assert.equal(decided.methods[0]?.costs?.threshold, null);
    const report = await reportOn((state) => ({
      ...state,
      decisions: { ...NO_DECISIONS, report: decided },
    }));
    assert.match(report, /^Reviewing every row is cheapest\. It costs 0\.000 a row/m);
  });

  it('takes foreign text in a report as text', async () => {
    const nasty = '<img src=x onerror=alert(1)> | **x** `y` [z](http://evil)';
    const report = await reportOn((state) => ({
      ...state,
      name: `a\n# b|c.csv`,
      analysis: {
        ...state.analysis,
        evaluation: {
          ...state.analysis.evaluation,
          labels: [nasty, '   ', 'x'.repeat(1000)],
          warnings: [{ code: 'x', message: `The label ${nasty} is odd.` }],
          rejected: [{ line: 7, reason: `"${nasty}"` }],
        },
      },
    }));
    assert.match(report, /^# Calibration of `a # b\|c\.csv`\n/);
    assert.ok(
      report.includes('\\<img src=x onerror=alert(1)\\> \\| \\*\\*x\\*\\* \\`y\\` \\[z\\](http\\://evil)'),
    );
    assert.ok(report.includes('``<img src=x'));
    assert.ok(report.includes('`(3 spaces)`'));
    assert.ok(!report.includes('x'.repeat(100)));
  });

  it('shows nothing of foreign text that is invisible', async () => {
    const report = await reportOn((state) => ({
      ...state,
      analysis: {
        ...state.analysis,
        origin: Object.values(HOSTILE).join(' '),
        rejectedCount: 1,
        evaluation: {
          ...state.analysis.evaluation,
          labels: Object.values(HOSTILE),
          warnings: Object.values(HOSTILE).map((message) => ({ code: 'x', message })),
          rejected: Object.values(HOSTILE).map((reason) => ({ line: 7, reason })),
        },
      },
    }));
    assert.deepEqual(unseenIn(report, '\n'), []);
    assert.doesNotMatch(report, /^✓/mu);
  });

  it('says so where calibrators were not compared, or cannot be', async () => {
    assert.match(await reportOn(), /## Calibrators\n\nCalibrators were not compared\./);
    const comparisonError = { code: 'too-few-rows', message: 'There are too few rows.' };
    assert.match(
      await reportOn((state) => ({ ...state, comparisonError })),
      /## Calibrators\n\nThere are too few rows\./,
    );
  });
});
