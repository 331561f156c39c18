import assert from 'node:assert/strict';
import { agreementOf, consistencyScore, ensembleScore } from '../../../src/core/scoring/consistency';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { findColumns } from '../../../src/core/data/columns';
import { TableBuilder } from '../../../src/core/data/table';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { confidenceOf } from '../../../src/core/model/rows';
import { scoreCells, type ScoreCells } from '../../../src/store/tables/score-cells';
import { RowCalibrator } from '../../../src/store/tables/write-calibrated';

const NAMES = ['good', 'bad'];
const TOKEN: Score = {
  ...labelScores(NAMES, [Math.log(0.3), Math.log(0.5)]),
  mode: 'first-token',
  textTokens: 4,
  cutTokens: 0,
};

function agreement(good: number, bad: number, unparsed: number) {
  const answers = [
    ...Array.from({ length: good }, () => ({ text: '', label: 'good' })),
    ...Array.from({ length: bad }, () => ({ text: '', label: 'bad' })),
    ...Array.from({ length: unparsed }, () => ({ text: '?', label: null })),
  ];
  return agreementOf(NAMES, { answers, temperature: 1, variants: 'permuted' }, TOKEN.labels);
}

/** The table of one row, read back. */
function readBack(layout: ScoreCells, score: Score, method?: string, on?: 'labels' | 'confidence') {
  const columns = findColumns(['label', ...layout.header], { prefix: method, on });
  const builder = new TableBuilder(columns, { truth: 'required' });
  assert.ok(builder.add(['good', ...layout.cells(score)], 2));
  const table = builder.take();
  return { table, read: confidenceOf(table.data) };
}

describe('the cells of a score', () => {
  it('hold every method that went into it, each as if it were alone', () => {
    const both = ensembleScore(TOKEN, agreement(7, 1, 2));
    const layout = scoreCells(NAMES, 'token-probability', ['token', 'consistency', 'ensemble'], false);
    assert.equal(layout.scoredBy, 'ensemble');
    const alone = {
      token: scoreCells(NAMES, 'token-probability', ['token'], false).cells(TOKEN),
      consistency: scoreCells(NAMES, 'token-probability', ['consistency'], false).cells(
        consistencyScore(NAMES, agreement(7, 1, 2), TOKEN),
      ),
      ensemble: scoreCells(NAMES, 'token-probability', ['ensemble'], false).cells(both),
    };
    assert.deepEqual(layout.cells(both), [
      ...alone.token.slice(0, -2),
      ...alone.consistency.slice(0, -2),
      ...alone.ensemble,
    ]);
    assert.equal(layout.header.length, layout.cells(both).length);
    assert.equal(layout.failed('why').length, layout.header.length);
    assert.equal(layout.failed('why').at(-1), 'why');
  });

  it('of consistency read back as n_k / N on confidence, and as smoothed rates on labels', () => {
    const layout = scoreCells(NAMES, 'consistency', null, false);
    const score = consistencyScore(NAMES, agreement(7, 1, 2), TOKEN);
    const { read } = readBack(layout, score, undefined, 'confidence');
    assert.deepEqual([read.confidence[0], read.correct[0]], [0.7, 1]);
    const onLabels = readBack(layout, score);
    assert.ok(Math.abs((onLabels.read.confidence[0] ?? 0) - 7.5 / 9) < 1e-12);
    assert.equal(onLabels.table.labelMass?.[0], 0.8);
  });

  it('of a tie name the label that the token probability chose, and so do the scores', () => {
    const layout = scoreCells(NAMES, 'consistency', null, false);
    const { table, read } = readBack(layout, consistencyScore(NAMES, agreement(4, 4, 2), TOKEN));
    assert.equal(read.predicted?.[0], 1);
    assert.deepEqual(table.warnings, []);
  });

  it('say why a row is to be doubted', () => {
    const bound = TOKEN.labels.map((entry, k) => (k === 0 ? { ...entry, isBound: true } : entry));
    const layout = scoreCells(NAMES, 'token-probability', null, true);
    for (const [change, warnings] of [
      [{}, ''],
      [{ labelMass: 0.49 }, 'low-mass'],
      [{ labels: bound }, 'bound'],
      [{ cutTokens: 7 }, 'cut'],
      [{ tie: true }, 'tie'],
      [{ notes: ['chosen-differs'] }, 'contradiction'],
      [{ labelMass: 0.1, labels: bound, cutTokens: 7 }, 'low-mass bound cut'],
    ] as const) {
      const cells = layout.cells({ ...TOKEN, ...change });
      assert.equal(cells[layout.header.indexOf('score_warnings')], warnings);
    }
  });

  it('are read back where upper bounds sum to more than 1', () => {
    const score: Score = {
      ...TOKEN,
      ...labelScores(NAMES, [Math.log(0.9), Math.log(0.6)]),
      labelMass: 0.9,
    };
    const bounded = { ...score, labels: score.labels.map((entry) => ({ ...entry, isBound: true })) };
    const { table } = readBack(scoreCells(NAMES, 'token-probability', null, true), bounded);
    assert.equal(table.rejected.length, 0);
    assert.throws(() => readBack(scoreCells(NAMES, 'token-probability', null, true), score));
  });

  it('leave the label mass empty where there is none, and are read and calibrated all the same', () => {
    const score: Score = { ...TOKEN, labelMass: null };
    for (const on of ['labels', 'confidence'] as const) {
      const layout = scoreCells(NAMES, 'token-probability', null, false);
      const { table, read } = readBack(layout, score, undefined, on);
      assert.deepEqual([...(table.labelMass ?? [])], [NaN]);
      assert.ok(Math.abs((read.confidence[0] ?? 0) - 5 / 8) < 1e-12);

      const calibrator = new RowCalibrator(['label', ...layout.header], 't.csv', {
        columns: {},
        on,
        calibrate: (data) => data,
        buckets: DEFAULT_BUCKETS,
        calibratorSha256: 'beef',
      });
      calibrator.rows([{ cells: ['good', ...layout.cells(score)], line: 2 }]);
      assert.equal(calibrator.report().calibrated, 1, on);
    }
  });

  it('name the labels that are only bounds, where the source can bound, and are read back with a warning', () => {
    const bounded: Score = {
      ...TOKEN,
      labels: TOKEN.labels.map((entry) => (entry.label === 'good' ? { ...entry, isBound: true } : entry)),
    };
    const layout = scoreCells(NAMES, 'token-probability', null, true);
    const cellOf = (score: Score): string | undefined =>
      layout.cells(score)[layout.header.indexOf('label_bound')];
    assert.equal(cellOf(bounded), '["good"]');
    assert.equal(cellOf(TOKEN), '');
    const { table } = readBack(layout, bounded);
    assert.deepEqual(
      table.warnings.map(({ code }) => code),
      ['bounded-scores'],
    );
    assert.match(table.warnings[0]?.message ?? '', /^In 1 of 1 rows .*column "label_bound"/);
    assert.deepEqual(readBack(layout, TOKEN).table.warnings, []);

    const both = ensembleScore(bounded, agreement(7, 1, 2));
    const prefixed = scoreCells(NAMES, 'ensemble', ['token', 'consistency', 'ensemble'], true);
    const bounds = prefixed.header.flatMap((name, index) =>
      name.endsWith('label_bound') ? [[name, prefixed.cells(both)[index]]] : [],
    );
    assert.deepEqual(bounds, [
      ['token/label_bound', '["good"]'],
      ['ensemble/label_bound', '["good"]'],
    ]);
    assert.deepEqual(readBack(prefixed, both, 'consistency').table.warnings, []);
    assert.equal(readBack(prefixed, both, 'token').table.warnings.length, 1);
  });

  it('are warned of as bounds from more than 1% of rows on', () => {
    const layout = scoreCells(NAMES, 'token-probability', null, true);
    const at = layout.header.indexOf('label_bound');
    const warningsOf = (bounded: number) => {
      const builder = new TableBuilder(findColumns(['label', ...layout.header]), { truth: 'required' });
      for (let row = 0; row < 200; row++)
        builder.add(['good', ...layout.cells(TOKEN).with(at, row < bounded ? '["good"]' : '')], row + 2);
      return builder.take().warnings.map(({ code }) => code);
    };
    assert.deepEqual(warningsOf(2), []);
    assert.deepEqual(warningsOf(3), ['bounded-scores']);
  });
});
