import assert from 'node:assert/strict';
import { interpolate, isotonicKnots } from '../../../src/core/calibration/calibrators/isotonic';
import { logSoftmax } from '../../../src/core/model/numeric';
import { platt } from '../../../src/core/calibration/calibrators/platt';

function near(actual: number | undefined, expected: number, tolerance: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

describe('calibration: reference cases', () => {
  it('Platt as libsvm', () => {
    const map = platt.fit({ f: Float64Array.of(5, -4, 1), y: Uint8Array.of(1, 0, 0), weight: null });
    near(map.a, -0.20261354391187855, 1e-5);
    near(map.b, 0.6523631498001051, 1e-5);
  });

  it('isotonic as R isotone, ties merged', () => {
    const { x, y } = isotonicKnots(Float64Array.of(0, 1, 1, 2, 3, 4), [0, 0, 1, 0, 0, 1], null);
    const fitted = [0, 1, 1, 2, 3, 4].map((at) => interpolate(x, y, at));
    assert.deepEqual(fitted, [0, 0.25, 0.25, 0.25, 0.25, 1]);
    assert.equal(interpolate(x, y, 3.5), 0.625);
    assert.equal(interpolate(x, y, 9), 1);
    assert.equal(interpolate(x, y, -1), 0);
  });

  it('weighted isotonic', () => {
    const at = Float64Array.of(0, 1, 2, 3, 4, 5, 6);
    const weight = Float64Array.of(1, 2, 3, 4, 5, 6, 7);
    const { x, y } = isotonicKnots(at, [1, 41, 51, 1, 2, 5, 24], weight);
    const expected = [1, 13.95, 13.95, 13.95, 13.95, 13.95, 24];
    expected.forEach((value, i) => near(interpolate(x, y, i), value, 1e-12));
  });

  it('labels that share first tokens, over whole sequences', () => {
    const probabilities = Array.from(logSoftmax(Float64Array.of(-3.2, -0.3, -2), 3), Math.exp);
    [0.0445, 0.8079, 0.1476].forEach((value, k) => near(probabilities[k], value, 5e-5));
  });
});
