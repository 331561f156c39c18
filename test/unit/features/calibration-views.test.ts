import assert from 'node:assert/strict';
import { countBuckets } from '../../../src/core/decisions/bucket-counts';
import { thresholdCurve } from '../../../src/core/decisions/threshold-curve';
import { evaluate } from '../../../src/core/metrics/evaluate';
import type { EvaluateReport } from '../../../src/core/decisions/report';
import { UserError } from '../../../src/core/user-error';
import { analyse, rowsOf, withTexts } from '../../../src/features/calibration/worker/analyse';
import { breakDown, columnsOfView } from '../../../src/features/calibration/worker/breakdown';
import { comparisonForPage } from '../../../src/features/calibration/worker/compare';
import { listColumns } from '../../../src/features/calibration/worker/list-columns';
import { loadForPage } from '../../../src/features/calibration/worker/load';
import {
  AS_FOUND,
  type Breakdown,
  DEFAULT_PANEL_SETTINGS,
  ROW_LIMIT,
  type RowSelection,
  type RowView,
  TEXT_LIMIT,
} from '../../../src/protocol/calibration-page';
import { labelTable } from '../cli/tables';
import { Workbench } from '../cli/workbench';
import { inPanel } from '../../support/in-panel';

const silent = () => Promise.resolve();
const EVERY: RowSelection = { kind: 'range', low: 0, high: 1 };

describe('the rows of a table in parts', () => {
  let bench: Workbench;
  before(async () => {
    bench = await Workbench.create();
    const [header = '', ...rows] = labelTable(400).trimEnd().split('\n');
    const lang = (i: number) => (i % 3 === 0 ? 'en' : i % 3 === 1 ? '"<b>""de"""' : i < 50 ? 'fr' : '');
    const sliced = rows.map((row, i) => `${row},${lang(i)},${i % 2 === 0 ? i % 300 : ''}`);
    await bench.write('t.csv', `${header},lang,many\n${sliced.join('\n')}\n`);
  });
  after(() => bench.remove());

  const settingsFor = (view: RowView) => ({ ...DEFAULT_PANEL_SETTINGS, view });
  const look = async (view: RowView) => {
    const { shown } = await loadForPage(inPanel(bench.at('t.csv')), columnsOfView(view));
    return { shown, ...(await breakDown(shown, settingsFor(view), silent)) };
  };
  const evaluated = async (...words: string[]): Promise<EvaluateReport> => {
    const { out } = await bench.run('evaluate', '@t.csv', '--json', ...words);
    return JSON.parse(out) as EvaluateReport;
  };
  const numbers = ({ parts }: Breakdown) =>
    parts.map(({ name, diagram }) => ({
      name,
      evaluation: JSON.parse(JSON.stringify(diagram.evaluation)) as unknown,
    }));

  for (const [view, slice] of [
    [{ by: 'predicted' }, 'predicted'],
    [{ by: 'column', column: 'lang' }, 'lang'],
  ] as const)
    it(`are those of evaluate --slice ${slice}, in its order`, async () => {
      const { breakdown } = await look(view);
      const [report] = (await evaluated('--slice', slice)).slices;
      assert.deepEqual(
        numbers(breakdown),
        report?.slices.map(({ name, evaluation }) => ({ name, evaluation })),
      );
      assert.deepEqual([breakdown.minimumRows, breakdown.tooSmall], [report?.minimumRows, report?.tooSmall]);
      assert.equal(breakdown.withoutValue, report?.withoutValue);
    });

  it('are, by label, what the classwise ECE is made of', async () => {
    const { breakdown } = await look({ by: 'label' });
    const { labelMetrics } = await evaluated();
    const eces = breakdown.parts.map(({ name, diagram }) => [name, diagram.evaluation.ece.value]);
    const expected = (labelMetrics?.perLabel ?? [])
      .toSorted((left, right) => right.ece - left.ece)
      .map(({ label, ece }) => [label, ece]);
    assert.deepEqual(eces, expected);
  });

  it('list the rows of their own bins, by the lines of the file', async () => {
    const { shown, parts, breakdown } = await look({ by: 'column', column: 'lang' });
    for (const { name, diagram } of breakdown.parts)
      for (const { low, high, count } of diagram.evaluation.bins) {
        const { rows, total } = rowsOf(
          shown,
          { which: { kind: 'bin', low, high }, limit: ROW_LIMIT },
          parts.find((part) => part.name === name),
        );
        assert.equal(total, count);
        // Line 2 is row 0, whose language is en.
        for (const { line } of rows) assert.equal((line - 2) % 3, name === 'en' ? 0 : 1);
      }
  });

  it('list as many rows as are wanted, with the label that a calibrator makes the winner', async () => {
    await bench.write('few.csv', labelTable(150));
    const { input } = await loadForPage(inPanel(bench.at('few.csv')));
    const { compared, rows } = await comparisonForPage(input, DEFAULT_PANEL_SETTINGS, silent);
    for (const { method, data, assessment } of compared)
      for (const { low, high, count, accuracy } of assessment.evaluation.bins) {
        const which = { kind: 'bin', low, high } as const;
        const listed = rowsOf(input, { which, limit: 5 }, { data, rows });
        assert.equal(listed.total, count, method);
        assert.equal(listed.rows.length, Math.min(5, count));
        const all = rowsOf(input, { which, limit: count }, { data, rows }).rows;
        assert.equal(all.filter(({ correct }) => correct).length, Math.round(accuracy * count));
        for (const { correct, predicted, truth } of all) assert.equal(correct, predicted === truth);
      }
  });

  it('list the rows of a bucket, of a threshold and of a cell, as they are counted, with their texts', async () => {
    await bench.write('few.csv', labelTable(150));
    const { input } = await loadForPage(inPanel(bench.at('few.csv')));
    const { data } = input;
    const list = (which: RowSelection) => rowsOf(input, { which, limit: ROW_LIMIT });
    for (const { low, high, rows, errors } of countBuckets(data)) {
      const listed = list({ kind: 'range', low, high });
      assert.equal(listed.total, rows);
      assert.equal(listed.rows.filter(({ correct }) => !correct).length, errors);
    }
    for (const { threshold, rows } of thresholdCurve(data))
      assert.equal(list({ kind: 'range', low: threshold, high: 1 }).total, rows);
    const { labelMetrics, labels } = evaluate(data);
    assert.ok(labelMetrics && labels);
    for (const [row, truth] of labels.entries())
      for (const [column, predicted] of labels.entries()) {
        const listed = list({ kind: 'cell', truth, predicted });
        assert.equal(listed.total, labelMetrics.confusion[row]?.[column]);
        for (const entry of listed.rows) assert.deepEqual([entry.truth, entry.predicted], [truth, predicted]);
      }
    const cell = list({ kind: 'cell', truth: labels[0] ?? '', predicted: labels[1] ?? '' });
    const lines = labelTable(150).split('\n');
    for (const { line, text } of await withTexts(input, cell.rows))
      assert.equal(text, lines[line - 1]?.split(',')[1]);
  });

  it('have texts that are cut, and none where no column holds them', async () => {
    const long = 'x'.repeat(3000);
    const rows = Array.from({ length: 30 }, (_, i) => `"${long}\n${i}",${i % 2},0.${50 + i}`);
    await bench.write('long.csv', `text,correct,confidence\n${rows.join('\n')}\n`);
    const { input } = await loadForPage(inPanel(bench.at('long.csv')));
    const [first] = await withTexts(input, rowsOf(input, { which: EVERY, limit: 1 }).rows);
    assert.equal(first?.text, `${long.slice(0, TEXT_LIMIT)}…`);
    const without = await loadForPage(inPanel(bench.at('long.csv'), { ...AS_FOUND, mapping: { text: '' } }));
    const listed = rowsOf(without.input, { which: EVERY, limit: 1 });
    assert.deepEqual([listed.hasText, listed.rows[0]?.text], [false, null]);
  });

  it('count the rows that have no value', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `0.${(i % 40) + 50},${i % 2},${i % 3 === 0 ? '' : 'v'}`,
    );
    await bench.write('gaps.csv', `confidence,correct,v\n${rows.join('\n')}\n`);
    const { shown } = await loadForPage(inPanel(bench.at('gaps.csv')), ['v']);
    const view: RowView = { by: 'column', column: 'v' };
    const { breakdown } = await breakDown(shown, settingsFor(view), silent);
    assert.deepEqual([breakdown.parts.length, breakdown.withoutValue], [1, 20]);
  });

  it('are explained where there are too many, or none of enough rows', async () => {
    await assert.rejects(
      look({ by: 'column', column: 'many' }),
      (error) =>
        error instanceof UserError && error.code === 'no-slices' && error.message.includes('150 different'),
    );
    const rows = Array.from({ length: 2200 }, (_, i) => `0.${(i % 90) + 10},${i % 2},v${i % 110}`);
    await bench.write('wide.csv', `confidence,correct,v\n${rows.join('\n')}\n`);
    const view: RowView = { by: 'column', column: 'v' };
    const { shown } = await loadForPage(inPanel(bench.at('wide.csv')), ['v']);
    await assert.rejects(
      breakDown(shown, settingsFor(view), silent),
      (error) =>
        error instanceof UserError &&
        error.code === 'too-many-slices' &&
        error.message.includes('110 values'),
    );
    for (const [by, code] of [
      ['label', 'no-label-scores'],
      ['predicted', 'no-predicted'],
    ] as const)
      await assert.rejects(
        breakDown(shown, settingsFor({ by }), silent),
        (error) => error instanceof UserError && error.code === code,
      );
  });

  it('have a smooth curve where their rows are, and nowhere else', async () => {
    const loaded = await loadForPage(inPanel(bench.at('t.csv')));
    const { curve, evaluation } = analyse(loaded, DEFAULT_PANEL_SETTINGS, true);
    assert.ok(curve !== null && curve.sigma >= 0.01 && evaluation.smoothEce.value !== null);
    const { accuracy } = curve;
    const lowest = evaluation.bins[0]?.low ?? 0;
    accuracy.forEach((value, j) => {
      const t = j / (accuracy.length - 1);
      if (t < lowest) assert.equal(value, null);
      if (t > lowest + 0.05 && t < 0.97) assert.ok(value !== null && value >= 0 && value <= 1);
    });
  });

  it('can be chosen by any column, shown with what it holds', async () => {
    const { header, samples } = await listColumns(bench.at('t.csv'));
    assert.deepEqual(header, ['id', 'text', 'label', 'prob:neg', 'prob:pos', 'lang', 'many']);
    assert.deepEqual(samples[5], ['en', '<b>"de"', 'fr']);
    assert.deepEqual(samples[2]?.toSorted(), ['neg', 'pos']);
  });
});
