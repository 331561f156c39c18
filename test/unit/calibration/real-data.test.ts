import assert from 'node:assert/strict';
import { recommend } from '../../../src/core/calibration/recommend';
import { calibrate } from '../../../src/core/calibration/calibrate';
import type { PredictionData } from '../../../src/core/model/predictions';
import { evaluate } from '../../../src/core/metrics/evaluate';
import { readTable } from '../../../src/store/tables/read-table';
import path from 'node:path';
import { ROOT } from '../../support/paths';

/** The page docs/real-data.md says these numbers of docs/real-data/reviews.csv. */
describe('real data: 2,000 movie reviews', () => {
  let data: PredictionData;
  before(async () => {
    const { table } = await readTable(path.join(ROOT, 'docs/real-data/reviews.csv'), { truth: 'required' });
    data = table.data;
  });
  const near = (value: number | null | undefined, expected: number) =>
    assert.ok(Math.abs((value ?? NaN) - expected) < 0.0005, `${value} is not ${expected}`);
  const fast = { rounds: 0, nullDraws: 0 };

  it('raw confidence is far too high', () => {
    const raw = evaluate(data, fast);
    assert.equal(raw.n, 2000);
    near(raw.accuracy.value, 0.537);
    near(raw.meanConfidence.value, 0.755);
    near(raw.ece.value, 0.264);
    near(raw.labelMetrics?.nll.value, 0.671);
  });

  it('a bias repairs it on rows that it did not see, a temperature alone does not', () => {
    const after = (method: 'bias-temperature' | 'temperature') =>
      calibrate(data, { ...fast, method, on: 'labels' }).report.after;
    const repaired = after('bias-temperature');
    near(repaired.accuracy.value, 0.876);
    near(repaired.meanConfidence.value, 0.874);
    near(repaired.labelMetrics?.nll.value, 0.302);
    const scaled = after('temperature');
    near(scaled.accuracy.value, 0.537);
    near(scaled.ece.value, 0.266);
  });

  it('the recommendation is that of the page', () => {
    assert.equal(recommend(data, { on: 'labels' }).choice, 'beta');
  });
});
