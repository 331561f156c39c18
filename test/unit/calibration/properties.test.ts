import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  applyCalibrator,
  type Calibrator,
  fitCalibrator,
  isStrictlyMonotone,
} from '../../../src/core/calibration/calibrator';
import { confidenceOf, givenProbs, labelData, selectRows } from '../../../src/core/model/rows';
import { assignFolds, foldCount } from '../../../src/core/model/folds';
import { interpolate, isotonicKnots } from '../../../src/core/calibration/calibrators/isotonic';
import { argmax, harmonic, logSoftmax, softplus } from '../../../src/core/model/numeric';
import type { CalibrateOn, LabelData, PredictionData } from '../../../src/core/model/predictions';
import { seededRandom } from '../../../src/core/random';
import { confidenceTable, labelTable } from './tables';
import type { CalibratorId } from '../../../src/core/calibration/registry';
import { shiftPrevalence } from '../../../src/core/model/label-shares';

const ON_LABELS: readonly CalibratorId[] = [
  'platt',
  'isotonic',
  'temperature',
  'bias-temperature',
  'vector',
  'beta',
  'histogram',
];
const ON_CONFIDENCE: readonly CalibratorId[] = ['platt', 'isotonic', 'beta', 'histogram', 'slope'];

function fit(data: PredictionData, method: CalibratorId, on: CalibrateOn): Calibrator {
  return fitCalibrator(data, { method, on }).calibrator;
}

function labelsAfter(data: LabelData, method: CalibratorId): LabelData {
  const calibrated = applyCalibrator(fit(data, method, 'labels'), data);
  assert.equal(calibrated.kind, 'labels');
  return calibrated;
}

function rejectsWith(code: string, run: () => unknown): void {
  assert.throws(run, (error: unknown) => error instanceof Error && 'code' in error && error.code === code);
}

describe('calibration: properties', () => {
  it('isotonic is monotone and no worse than any monotone step function (brute force)', () => {
    const point = fc.record({ x: fc.integer({ min: 0, max: 4 }), y: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 9 }), (points) => {
        const x = Float64Array.from(points, (p) => p.x);
        const y = points.map((p) => p.y);
        const knots = isotonicKnots(x, y, null);
        assert.ok(knots.y.every((value, i) => i === 0 || value >= (knots.y[i - 1] ?? 0)));
        const loss = (at: (x: number) => number) => points.reduce((sum, p) => sum + (p.y - at(p.x)) ** 2, 0);
        const fitted = loss((value) => interpolate(knots.x, knots.y, value));
        // All monotone functions on 0…4 with values in sixths; the optimum is a ratio, so only "no worse" is asked.
        const best = bestMonotone(loss, 5, 6);
        assert.ok(fitted <= best + 1e-12, `${fitted} > ${best}`);
      }),
      { numRuns: 60 },
    );
  });

  it('softmax sums to 1 and log-softmax does not change with an offset', () => {
    const row = fc.array(fc.double({ min: -300, max: 300, noNaN: true }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(row, fc.double({ min: -1e3, max: 1e3, noNaN: true }), (scores, offset) => {
        const plain = logSoftmax(Float64Array.from(scores), scores.length);
        const moved = logSoftmax(
          Float64Array.from(scores, (z) => z + offset),
          scores.length,
        );
        const sum = plain.reduce((total, z) => total + Math.exp(z), 0);
        assert.ok(Math.abs(sum - 1) < 1e-12);
        plain.forEach((z, k) => assert.ok(Math.abs(z - (moved[k] ?? 0)) < 1e-9));
      }),
    );
  });

  for (const method of ON_LABELS) {
    it(`${method} on labels: a distribution in every row, whatever offset the scores have`, () => {
      const data = labelTable(300, 7, 0.6, [0.5, -0.5, 0]);
      const random = seededRandom(3);
      const offsets = Array.from({ length: 300 }, () => 50 * random() - 25);
      const moved = labelData({
        labels: data.labels,
        scores: data.logProbs.map((z, i) => z + (offsets[Math.floor(i / 3)] ?? 0)),
        truth: data.truth,
      });
      const plain = labelsAfter(data, method).logProbs;
      const other = labelsAfter(moved, method).logProbs;
      for (let at = 0; at < plain.length; at += 3) {
        const sum = plain.subarray(at, at + 3).reduce((total, z) => total + Math.exp(z), 0);
        assert.ok(Math.abs(sum - 1) < 1e-12);
      }
      plain.forEach((z, i) =>
        assert.ok(Math.abs(Math.exp(z) - Math.exp(other[i] ?? 0)) < 1e-6, `entry ${i}`),
      );
    });
  }

  it('temperature never changes the label on top', () => {
    const data = labelTable(400, 11, 0.4, [0, 0, 0]);
    const after = labelsAfter(data, 'temperature');
    for (let at = 0; at < data.logProbs.length; at += 3)
      assert.equal(argmax(data.logProbs, at, 3).index, argmax(after.logProbs, at, 3).index);
  });

  it('on confidence never changes a label and keeps or merges the order', () => {
    const data = confidenceTable(400, 5, 0.5, -0.3);
    for (const method of ON_CONFIDENCE) {
      const calibrator = fit(data, method, 'confidence');
      const after = confidenceOf(applyCalibrator(calibrator, data));
      const order = Array.from(data.confidence.keys()).sort(
        (i, j) => (data.confidence[i] ?? 0) - (data.confidence[j] ?? 0),
      );
      if (method === 'histogram') continue;
      order.slice(1).forEach((row, i) => {
        const before = after.logOdds[order[i] ?? 0] ?? 0;
        assert.ok((after.logOdds[row] ?? 0) >= before - 1e-12, `${method} turned rows around`);
      });
      assert.equal(isStrictlyMonotone(calibrator), method !== 'isotonic');
    }
  });

  it('two labels: Platt on labels is one fit, and slope on the winner is temperature', () => {
    const data = labelTable(500, 21, 0.5, [0, 0]);
    const platt = fit(data, 'platt', 'labels');
    assert.ok('oneVsRest' in platt && platt.oneVsRest.length === 1);
    const temperature = fit(data, 'temperature', 'labels');
    const slope = fit(data, 'slope', 'confidence');
    assert.ok('model' in temperature && temperature.model.kind === 'temperature');
    assert.ok(slope.on === 'confidence' && slope.map.kind === 'slope');
    assert.ok(Math.abs(temperature.model.beta - slope.map.beta) < 1e-8);
  });

  it('finds the parameters that made the data', () => {
    const data = labelTable(20_000, 31, 0.5, [0.6, 0, -0.6]);
    const fitted = fit(data, 'bias-temperature', 'labels');
    assert.ok('model' in fitted && fitted.model.kind === 'bias-temperature');
    assert.ok(Math.abs(fitted.model.beta - 0.5) < 0.02);
    [0.6, 0, -0.6].forEach((b, k) => {
      assert.ok(fitted.model.kind === 'bias-temperature');
      assert.ok(Math.abs((fitted.model.bias[k] ?? 0) - b) < 0.05);
    });
  });

  it("vector's penalty is strong where the labels share one scale, weak where they do not", () => {
    const penaltyOf = (data: LabelData) => {
      const fitted = fit(data, 'vector', 'labels');
      assert.ok('model' in fitted && fitted.model.kind === 'vector');
      return fitted.model.penalty;
    };
    const shared = [61, 62, 63, 64, 65].map((seed) => penaltyOf(labelTable(90, seed, 0.5, [0.4, 0, -0.4])));
    assert.ok((shared.toSorted((a, b) => a - b)[2] ?? 0) >= 10, shared.join(', '));
    const data = labelTable(3000, 66, 1, [0, 0, 0]);
    const stretched = labelData({
      labels: data.labels,
      scores: data.logProbs.map((z, i) => (i % 3 === 0 ? 3 * z : z)),
      truth: data.truth,
    });
    assert.ok(penaltyOf(stretched) <= 100);
  });

  it('weights count as copies', () => {
    const data = labelTable(200, 41, 0.6, [0.3, -0.3, 0]);
    const weight = Float64Array.from({ length: 200 }, (_, i) => 1 + (i % 3));
    const copies = Uint32Array.from(
      Array.from({ length: 200 }, (_, i) => new Array<number>(1 + (i % 3)).fill(i)).flat(),
    );
    for (const method of ['isotonic', 'temperature', 'bias-temperature', 'beta'] as const) {
      const weighted = labelsAfter({ ...data, weight }, method).logProbs;
      const calibrator = fit(selectRows(data, copies), method, 'labels');
      const copied = applyCalibrator(calibrator, data) as LabelData;
      weighted.forEach((z, i) =>
        assert.ok(Math.abs(Math.exp(z) - Math.exp(copied.logProbs[i] ?? 0)) < 1e-6, `${method}, entry ${i}`),
      );
    }
  });

  it('says so where no optimum exists, and saves nothing', () => {
    const right = labelData({
      labels: ['a', 'b'],
      scores: Float64Array.of(1, 0, 2, 0, 0, 1, 0, 3),
      truth: Int32Array.of(0, 0, 1, 1),
    });
    const wrong = { ...right, truth: Int32Array.of(1, 1, 0, 0) };
    for (const data of [right, wrong])
      for (const method of ['temperature', 'bias-temperature'] as const)
        rejectsWith('no-optimum', () => fit(data, method, 'labels'));
    rejectsWith('no-optimum', () => fit(right, 'vector', 'labels'));
    rejectsWith('no-optimum', () => fit(right, 'slope', 'confidence'));
    rejectsWith('no-optimum', () => fit(right, 'beta', 'labels'));
    rejectsWith('no-optimum', () =>
      fit({ ...right, truth: Int32Array.of(0, 0, 0, 0) }, 'bias-temperature', 'labels'),
    );
    assert.doesNotThrow(() => fit(right, 'platt', 'labels'));
    assert.doesNotThrow(() => fit(wrong, 'isotonic', 'confidence'));
  });

  it('one class: Platt is the smoothed constant', () => {
    const data = { ...confidenceTable(8, 1), correct: new Uint8Array(8).fill(1) };
    const after = confidenceOf(applyCalibrator(fit(data, 'platt', 'confidence'), data)).confidence;
    after.forEach((p) => assert.ok(Math.abs(p - 9 / 10) < 1e-9));
  });

  it('all confidences equal: constants, or a sentence', () => {
    const data = {
      kind: 'confidence',
      confidence: new Float64Array(40).fill(0.8),
      correct: Uint8Array.from({ length: 40 }, (_, i) => Number(i % 2 === 0)),
    } as const;
    for (const method of ['platt', 'isotonic', 'beta', 'histogram'] as const) {
      const after = confidenceOf(applyCalibrator(fit(data, method, 'confidence'), data)).confidence;
      after.forEach((p) => assert.ok(Math.abs(p - 0.5) < 1e-3, `${method}: ${p}`));
    }
  });

  it('refuses methods that a confidence cannot bear', () => {
    for (const method of ['temperature', 'bias-temperature', 'vector', 'prior-batch'] as const)
      rejectsWith('method-refused', () => fit(confidenceTable(50, 1), method, 'confidence'));
    rejectsWith('method-refused', () => fit(labelTable(50, 1, 1, [0, 0]), 'slope', 'labels'));
    rejectsWith('no-label-scores', () => fit(confidenceTable(50, 1), 'platt', 'labels'));
    const onLabels = fit(labelTable(50, 1, 1, [0, 0]), 'temperature', 'labels');
    rejectsWith('no-label-scores', () => applyCalibrator(onLabels, confidenceTable(50, 1)));
  });

  it('an all-zero one-vs-rest row becomes uniform', () => {
    const zero = { kind: 'histogram', edges: [], values: [0] } as const;
    const calibrator: Calibrator = {
      on: 'labels',
      method: 'histogram',
      labels: ['a', 'b', 'c'],
      oneVsRest: [zero, zero, zero],
    };
    const data = labelData({
      labels: ['a', 'b', 'c'],
      scores: Float64Array.of(1, 2, 3),
      truth: Int32Array.of(0),
    });
    const after = applyCalibrator(calibrator, data) as LabelData;
    after.logProbs.forEach((z) => assert.ok(Math.abs(Math.exp(z) - 1 / 3) < 1e-12));
  });

  it('prior corrections: the mean log-probability becomes flat, or as told', () => {
    const data = labelTable(500, 51, 1, [1, 0, -1]);
    const { calibrator, warnings } = fitCalibrator(data, {
      method: 'prior-batch',
      on: 'labels',
      shares: 'uniform',
    });
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['uniform-shares'],
    );
    assert.ok('model' in calibrator && calibrator.model.kind === 'prior-batch');
    const { bias } = calibrator.model;
    const means = [0, 1, 2].map((k) => {
      let mean = bias[k] ?? 0;
      for (let i = 0; i < 500; i++) mean += (data.logProbs[3 * i + k] ?? 0) / 500;
      return mean;
    });
    means.forEach((mean) => assert.ok(Math.abs(mean - (means[0] ?? 0)) < 1e-9));
    rejectsWith('shares-needed', () => fit(data, 'prior-batch', 'labels'));
    rejectsWith('no-neutral-inputs', () => fit(data, 'prior-content-free', 'labels'));
    rejectsWith('bad-shares', () =>
      fitCalibrator(data, { method: 'prior-batch', on: 'labels', shares: [0.5, 0.5, 0.5] }),
    );
  });

  it('deployment prevalence moves the odds by the ratio of shares', () => {
    const shifted = logSoftmax(
      shiftPrevalence(Float64Array.of(Math.log(0.5), Math.log(0.5)), [0.5, 0.5], [0.9, 0.1]),
      2,
    );
    assert.ok(Math.abs(Math.exp(shifted[0] ?? 0) - 0.9) < 1e-12);
  });

  it('given probabilities are kept; only a 0 is clipped, for logarithms, and counted', () => {
    const probs = Float64Array.of(1, 0, 0.3, 0.7, 1e-20, 1);
    const { data, zeros } = givenProbs({ labels: ['a', 'b'], probs, truth: Int32Array.of(0, 1, 1) });
    assert.equal(zeros, 1);
    assert.deepEqual([...data.probs], [...probs]);
    assert.ok(Math.abs((data.logProbs[1] ?? 0) + Math.log(1e12)) < 1e-6);
    assert.ok(Math.abs((data.logProbs[4] ?? 0) - Math.log(1e-20)) < 1e-6);
  });

  it('elementary functions', () => {
    assert.equal(softplus(1000), 1000);
    assert.ok(Math.abs(harmonic(5) - (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5)) < 1e-14);
    assert.ok(Math.abs(harmonic(100) - 5.187377517639621) < 1e-13);
  });
});

describe('calibration: folds', () => {
  const rows = fc.array(fc.record({ group: fc.nat(12), stratum: fc.nat(2) }), {
    minLength: 2,
    maxLength: 80,
  });

  it('never part a group, are the same for the same seed, and hold every row', () => {
    fc.assert(
      fc.property(rows, fc.integer(), fc.integer({ min: 2, max: 10 }), (table, seed, count) => {
        const request = {
          n: table.length,
          strata: table.map(({ stratum }) => stratum),
          group: Int32Array.from(table, ({ group }) => group),
          count,
        };
        const first = assignFolds({ ...request, random: seededRandom(seed) });
        const second = assignFolds({ ...request, random: seededRandom(seed) });
        assert.deepEqual(first, second);
        const foldOf = new Map<number, number>();
        table.forEach(({ group }, i) => {
          const fold = first.folds[i] ?? -1;
          assert.ok(fold >= 0 && fold < first.count);
          assert.equal(foldOf.get(group) ?? fold, fold);
          foldOf.set(group, fold);
        });
      }),
    );
  });

  it('spread each class to within one row, and use every fold', () => {
    fc.assert(
      fc.property(rows, fc.integer(), (table, seed) => {
        const strata = table.map(({ stratum }) => stratum);
        const count = Math.min(5, table.length);
        const { folds } = assignFolds({
          n: table.length,
          strata,
          group: undefined,
          count,
          random: seededRandom(seed),
        });
        for (const stratum of new Set(strata)) {
          const counts = new Array<number>(count).fill(0);
          strata.forEach((own, i) => {
            if (own === stratum) counts[folds[i] ?? 0] = (counts[folds[i] ?? 0] ?? 0) + 1;
          });
          assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
        }
        assert.equal(new Set(folds).size, count);
      }),
    );
  });

  it('number of folds', () => {
    const many = (n: number, rare: number) => Array.from({ length: n }, (_, i) => Number(i < rare));
    assert.equal(foldCount(999, many(999, 100), undefined), 10);
    assert.equal(foldCount(1000, many(1000, 100), undefined), 5);
    assert.equal(foldCount(500, many(500, 4), undefined), 4);
    assert.equal(foldCount(500, many(500, 1), undefined), 2);
    const oneGroupOfRare = Int32Array.from({ length: 500 }, (_, i) => (i < 50 ? 0 : i));
    assert.equal(foldCount(500, many(500, 50), oneGroupOfRare), 2);
  });
});

/** Least loss over monotone functions on 0 … positions − 1 with values i/steps. */
function bestMonotone(loss: (at: (x: number) => number) => number, positions: number, steps: number): number {
  let best = Infinity;
  const values = new Array<number>(positions).fill(0);
  const search = (position: number, from: number): void => {
    if (position === positions) {
      best = Math.min(
        best,
        loss((x) => (values[x] ?? 0) / steps),
      );
      return;
    }
    for (let value = from; value <= steps; value++) {
      values[position] = value;
      search(position + 1, value);
    }
  };
  search(0, 0);
  return best;
}
