import assert from 'node:assert/strict';
import { agreementOf, consistencyScore, ensembleScore } from '../../../src/core/scoring/consistency';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { findColumns } from '../../../src/core/data/columns';
import { TableBuilder } from '../../../src/core/data/table';
import { confidenceOf } from '../../../src/core/calibration/data';
import { scoreCells, type ScoreCells } from '../../../src/store/tables/score-cells';

const NAMES = ['good', 'bad'];
const TOKEN: Score = {
  ...labelScores(NAMES, [Math.log(0.3), Math.log(0.5)]),
  method: 'first-token',
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
  const columns = findColumns(['label', ...layout.header], { method, on });
  const builder = new TableBuilder(columns, { truth: 'required' });
  assert.ok(builder.add(['good', ...layout.cells(score)], 2));
  const table = builder.take();
  return { table, read: confidenceOf(table.data) };
}

describe('the cells of a score', () => {
  it('hold every method that went into it, each as if it were alone', () => {
    const both = ensembleScore(TOKEN, agreement(7, 1, 2));
    const layout = scoreCells(NAMES, 'token-probability', ['token', 'consistency', 'ensemble']);
    assert.equal(layout.scoredBy, 'ensemble');
    const alone = {
      token: scoreCells(NAMES, 'token-probability', ['token']).cells(TOKEN),
      consistency: scoreCells(NAMES, 'token-probability', ['consistency']).cells(
        consistencyScore(NAMES, agreement(7, 1, 2), TOKEN),
      ),
      ensemble: scoreCells(NAMES, 'token-probability', ['ensemble']).cells(both),
    };
    assert.deepEqual(layout.cells(both), [
      ...alone.token.slice(0, -1),
      ...alone.consistency.slice(0, -1),
      ...alone.ensemble,
    ]);
    assert.equal(layout.header.length, layout.cells(both).length);
    assert.equal(layout.failed('why').length, layout.header.length);
    assert.equal(layout.failed('why').at(-1), 'why');
  });

  it('of consistency read back as n_k / N on confidence, and as smoothed rates on labels', () => {
    const layout = scoreCells(NAMES, 'consistency', null);
    const score = consistencyScore(NAMES, agreement(7, 1, 2), TOKEN);
    const { read } = readBack(layout, score, undefined, 'confidence');
    assert.deepEqual([read.confidence[0], read.correct[0]], [0.7, 1]);
    const onLabels = readBack(layout, score);
    assert.ok(Math.abs((onLabels.read.confidence[0] ?? 0) - 7.5 / 9) < 1e-12);
    assert.equal(onLabels.table.labelMass?.[0], 0.8);
  });

  it('of a tie name the label that the token probability chose, and so do the scores', () => {
    const layout = scoreCells(NAMES, 'consistency', null);
    const { table, read } = readBack(layout, consistencyScore(NAMES, agreement(4, 4, 2), TOKEN));
    assert.equal(read.predicted?.[0], 1);
    assert.deepEqual(table.warnings, []);
  });
});
