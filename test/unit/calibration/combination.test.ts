import assert from 'node:assert/strict';
import { biasTemperature } from '../../../src/core/calibration/calibrators/bias-temperature';
import { combination } from '../../../src/core/calibration/calibrators/combination';
import { logSoftmax } from '../../../src/core/model/numeric';
import type { LabelData } from '../../../src/core/model/predictions';
import { labelData } from '../../../src/core/model/rows';
import { seededRandom } from '../../../src/core/random';

const LABELS = ['a', 'b', 'c'];
const K = LABELS.length;

/** Truth drawn from softmax(v z + w a + b). */
function simulate(n: number, v: number, w: number, b: readonly number[]): LabelData {
  const random = seededRandom(2);
  const scores = () =>
    logSoftmax(
      Float64Array.from({ length: n * K }, () => 4 * random() - 2),
      K,
    );
  const [z, agreement] = [scores(), scores()];
  const truth = Int32Array.from({ length: n }, (_, i) => {
    const u = b.map((bias, k) => v * (z[i * K + k] ?? 0) + w * (agreement[i * K + k] ?? 0) + bias);
    const p = logSoftmax(Float64Array.from(u), K).map(Math.exp);
    let left = random();
    return Math.max(
      0,
      [...p].findIndex((share) => (left -= share) < 0),
    );
  });
  return labelData({ labels: LABELS, scores: z, agreement, truth });
}

describe('the combination', () => {
  it('finds the weights and biases that the truth was drawn from', () => {
    const model = combination.fit(simulate(20_000, 0.8, 1.5, [0.5, -0.2, -0.3]));
    const found = [model.tokenWeight, model.agreementWeight, ...model.bias];
    [0.8, 1.5, 0.5, -0.2, -0.3].forEach((expected, i) =>
      assert.ok(Math.abs((found[i] ?? NaN) - expected) < 0.08, found.join(', ')),
    );
  });

  it('is bias-temperature where the agreement says nothing', () => {
    const data = simulate(3000, 0.7, 0, [0.4, 0, -0.4]);
    const alone = biasTemperature.fit(data);
    const random = seededRandom(9);
    const noise = logSoftmax(
      Float64Array.from({ length: 3000 * K }, () => 4 * random() - 2),
      K,
    );
    const model = combination.fit({ ...data, agreement: noise });
    assert.ok(Math.abs(model.tokenWeight - alone.beta) < 0.02);
    assert.ok(Math.abs(model.agreementWeight) < 0.06);
  });

  it('refuses scores that say the same twice', () => {
    const data = simulate(500, 0.7, 0, [0, 0, 0]);
    const twice = { ...data, agreement: data.logProbs };
    assert.throws(
      () => combination.fit(twice),
      /agreement and token probability carry the same information/u,
    );
  });
});
