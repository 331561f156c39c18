/** What the head of the panel says, and what stands in place of a verdict. */
import assert from 'node:assert/strict';
import { evaluate } from '../../../src/core/metrics/evaluate';
import { labelData } from '../../../src/core/model/rows';
import type { PredictionData } from '../../../src/core/model/predictions';
import {
  CORRECTNESS,
  dominanceInWords,
  headlineRows,
  labelAxes,
  numberBelow,
  verdict,
} from '../../../src/core/words/calibration';
import { metricInWords } from '../../../src/core/words/metrics';

/** Rows that are all as sure, and right where `right` says so. */
function alike(right: readonly boolean[], confidence: (row: number) => number): PredictionData {
  return {
    kind: 'confidence',
    confidence: Float64Array.from(right, (_, row) => confidence(row)),
    correct: Uint8Array.from(right, Number),
  };
}

/** @param truth (n) and predicted (n) labels by their numbers */
function labelled(truth: readonly number[], predicted: readonly number[]): PredictionData {
  const scores = Float64Array.from(predicted.flatMap((label) => (label === 0 ? [1, 0] : [0, 1])));
  return labelData({ labels: ['negative', 'positive'], truth: Int32Array.from(truth), scores });
}

describe('the head of the panel', () => {
  it('judges nothing from a few rows, however wrong they are', () => {
    const wrong = (n: number) => evaluate(alike(Array<boolean>(n).fill(false), (row) => 0.9 + row / 1000));
    assert.equal(verdict(wrong(9), CORRECTNESS)?.title, 'Too few rows to judge');
    assert.equal(verdict(wrong(10), CORRECTNESS)?.title, 'Overconfident');
  });

  it('says where all confidences are equal, and nowhere else', () => {
    const right = Array.from({ length: 40 }, (_, row) => row % 2 === 0);
    const said = (confidence: (row: number) => number): string[] =>
      evaluate(alike(right, confidence)).warnings.flatMap(({ code, message }) =>
        code === 'equal-confidences' ? [message] : [],
      );
    assert.deepEqual(
      said(() => 0.75),
      [
        'All 40 rows have the same confidence, 0.75: it cannot tell right rows from wrong ones, and no threshold can.',
      ],
    );
    assert.deepEqual(
      said((row) => (row === 39 ? 0.76 : 0.75)),
      [],
    );
  });

  it('names a label that is predicted far more often than it is true', () => {
    const n = 100;
    const truth = Array.from({ length: n }, (_, row) => (row < 49 ? 1 : 0));
    const predicted = (rows: number) => Array.from({ length: n }, (_, row) => (row < rows ? 1 : 0));
    const said = (rows: number) => dominanceInWords(evaluate(labelled(truth, predicted(rows))));
    assert.equal(said(95), 'positive is predicted in 95.0% of rows; 49.0% are.');
    assert.equal(said(20), 'negative is predicted in 80.0% of rows; 51.0% are.');
    assert.equal(said(55), undefined);
  });

  it('rounds no confidence up to where the next bucket begins', () => {
    const cases = [
      [0.8999, 0.9, '0.899'],
      [0.89949, 0.9, '0.899'],
      [0.8999, undefined, '0.900'],
      [0.9, 0.9, '0.900'],
      [0.85553, 0.8555, '0.856'],
      [0.85549, 0.8555, '0.855'],
      [null, 0.9, '–'],
    ] as const;
    for (const [value, bound, text] of cases) assert.equal(numberBelow(value, bound), text);
  });

  it('explains every headline number', () => {
    const evaluation = evaluate(labelled([0, 1, 0, 1], [0, 1, 1, 1]));
    for (const axes of [CORRECTNESS, labelAxes('spam')])
      for (const [name = ''] of headlineRows(evaluation, false, axes))
        assert.ok(metricInWords(name, axes).length > 20, name);
  });
});
