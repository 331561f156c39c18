import assert from 'node:assert/strict';
import { countBuckets } from '../../../src/core/decisions/bucket-counts';
import { findColumns } from '../../../src/core/data/columns';
import { TableBuilder } from '../../../src/core/data/table';
import { evaluate } from '../../../src/core/metrics/evaluate';
import { confidenceOf } from '../../../src/core/model/rows';
import type { LabelData } from '../../../src/core/model/predictions';
import { labelScores } from '../../../src/core/scoring/score';
import { applyCalibrator } from '../../../src/core/calibration/calibrator';

function read(header: string, rows: readonly string[]): LabelData {
  const builder = new TableBuilder(findColumns(header.split(',')), { truth: 'required' });
  rows.forEach((row, i) => builder.add(row.split(','), i + 2));
  const { data, rejectedCount } = builder.take();
  assert.equal(rejectedCount, 0);
  assert.ok(data.kind === 'labels');
  return data;
}

const HEADER = 'label,prob:a,prob:b,prob:c';
const repeat = (times: number, row: string): string[] => Array<string>(times).fill(row);
const quiet = { rounds: 0, nullDraws: 0 } as const;

describe('a probability that a table gives', () => {
  it('is kept: rows of equal confidence are equal', () => {
    const data = read(HEADER, [...repeat(2, 'a,.9,.05,.05'), ...repeat(2, 'b,.9,.08,.02')]);
    assert.deepEqual([...confidenceOf(data).confidence], [0.9, 0.9, 0.9, 0.9]);
    assert.equal(evaluate(data, quiet).auroc.value, 0.5);
  });

  it('falls into the bucket of its digits', () => {
    const bucket = (header: string, row: string) =>
      countBuckets(read(header, [row])).find(({ rows }) => rows > 0)?.name;
    assert.equal(bucket('label,prob:a,prob:b', 'a,.9,.1'), 'automatic');
    assert.equal(bucket(HEADER, 'a,.7,.2,.1'), 'review');
    assert.equal(bucket('label,prob:a,prob:b', 'b,.3,.7'), 'review');
    assert.equal(bucket('label,prob:a,prob:b', 'b,.5,.5'), 'manual check');
    assert.equal(bucket('label,y_prob', '1,.9'), 'automatic');
    assert.equal(bucket('label,y_prob', '0,.1'), 'automatic');
    // Three decimals that sum to .999 and 1.001 are rounded, not wrong.
    assert.equal(bucket(HEADER, 'a,.900,.050,.049'), 'automatic');
    assert.equal(bucket(HEADER, 'a,.900,.051,.050'), 'automatic');
    assert.equal(bucket(HEADER, 'a,.899,.051,.049'), 'review');
  });

  it('falls into the bin of its digits', () => {
    const rows = [
      ...repeat(5, 'a,.6,.3,.1'),
      'b,.6,.3,.1',
      ...repeat(3, 'b,.1,.8,.1'),
      'c,.1,.8,.1',
      ...repeat(4, 'c,.1,0,.9'),
    ];
    const { labelMetrics } = evaluate(read(HEADER, rows), { ...quiet, bins: 10 });
    assert.ok(Math.abs((labelMetrics?.classwiseEce.value ?? 0) - 0.0857143) < 1e-6);
  });

  it('is clipped only where it is exactly 0, and only for logarithms', () => {
    const data = read('label,prob:a,prob:b', ['a,1,1e-20', 'b,1,0']);
    assert.deepEqual([...data.probs], [1, 1e-20, 1, 0]);
    assert.ok(Math.abs((data.logProbs[1] ?? 0) - Math.log(1e-20)) < 1e-9);
    assert.ok(Math.abs((data.logProbs[3] ?? 0) - Math.log(1e-12)) < 1e-9);
  });

  it('that is computed is rounded once, so that rows that are equal but for rounding are equal', () => {
    const log = Math.log;
    const data = read('label,logprob:a,logprob:b,logprob:c', [
      ['a', log(0.9), log(0.05), log(0.05)].join(','),
      ['b', log(0.9), log(0.08), log(0.02)].join(','),
      // Half of the mass is on no label.
      ['a', log(0.45), log(0.03), log(0.02)].join(','),
    ]);
    const { confidence, rank } = confidenceOf(data);
    assert.deepEqual([...confidence], [0.9, 0.9, 0.9]);
    assert.equal(new Set(rank).size, 1);
    assert.equal(labelScores(['a', 'b', 'c'], [log(0.9), log(0.05), log(0.05)]).confidence, 0.9);
    assert.equal(labelScores(['a', 'b'], [log(0.5), log(0.5 + 1e-16)]).tie, true);
  });

  it('keeps the order of log-probabilities that round to 1', () => {
    const data = read('label,logprob:a,logprob:b', ['a,-1e-20,-46', 'b,-1e-22,-50', 'a,0,-60']);
    const { confidence, rank } = confidenceOf(data);
    assert.deepEqual([...confidence], [1, 1, 1]);
    assert.ok((rank[0] ?? 0) < (rank[1] ?? 0) && (rank[1] ?? 0) < (rank[2] ?? 0));
  });

  it('comes out of a calibrator that changes nothing as it went in', () => {
    const data = read('label,prob:a,prob:b', ['a,.9,.1', 'b,.3,.7', 'a,.6,.4']);
    const out = applyCalibrator(
      { on: 'labels', method: 'temperature', labels: ['a', 'b'], model: { kind: 'temperature', beta: 1 } },
      data,
    );
    assert.deepEqual([...confidenceOf(out).confidence], [0.9, 0.7, 0.6]);
  });
});
