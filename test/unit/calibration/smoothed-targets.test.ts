import assert from 'node:assert/strict';
import { smoothedTargets } from '../../../src/core/calibration/smoothed-targets';
import { labelData } from '../../../src/core/model/rows';
import { labelTable } from './tables';

describe('targets smoothed by the errors of rows like it', () => {
  const data = labelTable(1000, 5, 1, [0, 0, 0]);
  const targets = smoothedTargets(data, 0);
  const own = (row: number): number => targets[row]?.[data.truth[row] ?? 0] ?? 0;
  const confidence = (row: number): number => Math.max(...data.probs.subarray(row * 3, row * 3 + 3));

  it('are distributions', () => {
    for (const target of targets) {
      assert.ok(Math.abs(target.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
      assert.ok(target.every((share) => share >= 0));
    }
  });

  it('are surer of a row the surer the model is right about rows of that confidence', () => {
    const mean = (rows: readonly number[]): number =>
      rows.reduce((sum, row) => sum + own(row), 0) / rows.length;
    const all = [...targets.keys()].sort((a, b) => confidence(a) - confidence(b));
    const [low, high] = [all.slice(0, 100), all.slice(-100)];
    assert.ok(mean(low) < 0.65, String(mean(low)));
    assert.ok(mean(high) > 0.93, String(mean(high)));
    const accuracy = low.filter((row) => own(row) > 0 && isRight(row)).length / low.length;
    assert.ok(Math.abs(mean(low) - accuracy) < 0.1);
  });

  it('do not turn a label round: a wrongly predicted row is as sure as its neighbours', () => {
    const sure = [...targets.keys()].filter((row) => confidence(row) > 0.95 && !isRight(row));
    assert.ok(sure.length > 0);
    for (const row of sure) assert.ok(own(row) > 0.7);
  });

  it('hold for two labels, too', () => {
    const two = labelData({
      labels: ['a', 'b'],
      scores: Float64Array.from({ length: 200 }, (_, at) => ((at * 7) % 11) - 5),
      truth: Int32Array.from({ length: 100 }, (_, row) => row % 2),
    });
    for (const target of smoothedTargets(two, 1))
      assert.ok(Math.abs((target[0] ?? 0) + (target[1] ?? 0) - 1) < 1e-9);
  });

  function isRight(row: number): boolean {
    const probs = [...data.probs.subarray(row * 3, row * 3 + 3)];
    return probs.indexOf(Math.max(...probs)) === data.truth[row];
  }
});
