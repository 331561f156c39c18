import assert from 'node:assert/strict';
import fc from 'fast-check';
import { selectRows } from '../../../src/core/model/rows';
import { sigmoid } from '../../../src/core/model/numeric';
import type { ConfidenceData } from '../../../src/core/model/predictions';
import { binValues } from '../../../src/core/metrics/bins';
import { decide } from '../../../src/core/decisions/decisions';
import {
  averagePrecision,
  bestF1Threshold,
  precisionRecallCurve,
} from '../../../src/core/metrics/precision-recall';
import { assess, evaluate } from '../../../src/core/metrics/evaluate';
import { poissonOne, standardNormal } from '../../../src/core/metrics/random-draws';
import { rankRows, scoreRanking } from '../../../src/core/metrics/ranking';
import { argsort, countBelow } from '../../../src/core/metrics/sort';
import { smoothEce } from '../../../src/core/metrics/smooth-ece';
import { seededRandom } from '../../../src/core/random';
import { confidenceTable, labelTable } from '../calibration/tables';
import type { Evaluation } from '../../../src/core/model/evaluation';

const QUICK = { rounds: 0, nullDraws: 0 } as const;

const tableOf = fc
  .array(fc.record({ p: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.boolean() }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((rows): ConfidenceData => ({
    kind: 'confidence',
    confidence: Float64Array.from(rows, ({ p }) => p),
    correct: Uint8Array.from(rows, ({ y }) => Number(y)),
  }));

function values(evaluation: Evaluation): number[] {
  const {
    accuracy,
    meanConfidence,
    ece,
    mce,
    brier,
    nll,
    auroc,
    aurc,
    smoothEce: smooth,
    debiasedL2,
  } = evaluation;
  return [accuracy, meanConfidence, ece, mce, brier, nll, auroc, aurc, smooth, debiasedL2].map(
    ({ value }) => value ?? -1,
  );
}

describe('metrics: properties', () => {
  it('errors lie in [0, 1], every row is in one bin, Brier is the sum of its parts', () => {
    fc.assert(
      fc.property(
        tableOf,
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom('width', 'mass'),
        (data, bins, binning) => {
          const { evaluation, brierDecomposition } = assess(data, { ...QUICK, bins, binning });
          for (const { value } of [
            evaluation.ece,
            evaluation.mce,
            evaluation.smoothEce,
            evaluation.debiasedL2,
          ])
            assert.ok(value !== null && value >= 0 && value <= 1);
          assert.equal(
            evaluation.bins.reduce((sum, { count }) => sum + count, 0),
            evaluation.n,
          );
          assert.ok((evaluation.mce.value ?? 0) >= (evaluation.ece.value ?? 0) - 1e-12);
          assert.ok(brierDecomposition !== null);
          const { reliability, resolution, uncertainty, withinVariance, withinCovariance } =
            brierDecomposition;
          const sum = reliability - resolution + uncertainty + withinVariance - withinCovariance;
          assert.ok(Math.abs(sum - (evaluation.brier.value ?? 0)) < 1e-9);
        },
      ),
    );
  });

  it('do not depend on the order of rows', () => {
    fc.assert(
      fc.property(tableOf, fc.integer(), (data, seed) => {
        const random = seededRandom(seed);
        const order = argsort(Float64Array.from(data.correct, () => random()));
        const shuffled = values(evaluate(selectRows(data, order), QUICK));
        values(evaluate(data, QUICK)).forEach((value, i) =>
          assert.ok(Math.abs(value - (shuffled[i] ?? NaN)) < 1e-9),
        );
      }),
    );
  });

  it('equal-mass bins never part equal values and report what they merged', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 60 }), (tenths) => {
        const confidence = Float64Array.from(tenths, (t) => t / 10);
        const { index, edges, merged } = binValues(confidence, 'mass', 5, null);
        const binOf = new Map<number, number>();
        confidence.forEach((p, i) => {
          assert.equal(binOf.get(p) ?? index[i], index[i]);
          binOf.set(p, index[i] ?? -1);
        });
        assert.equal(edges.length - 1 + merged, Math.min(5, tenths.length));
      }),
    );
  });

  it('weights count as copies', () => {
    const data = confidenceTable(300, 1, 0.6);
    const weight = Float64Array.from({ length: 300 }, (_, i) => 1 + (i % 4));
    const copies = Uint32Array.from(
      Array.from({ length: 300 }, (_, i) => new Array<number>(1 + (i % 4)).fill(i)).flat(),
    );
    const weighted = values(evaluate({ ...data, weight }, QUICK));
    const copied = values(evaluate(selectRows(data, copies), QUICK));
    // AURC and the L2 correction know the number of rows, which weights of mean 1 do not change.
    [0, 1, 2, 3, 4, 5, 6, 8].forEach((i) =>
      assert.ok(Math.abs((weighted[i] ?? 0) - (copied[i] ?? 0)) < 1e-6, `metric ${i}`),
    );
  });

  it('weights count as copies in precision, recall, F1 and the baseline; the matrix counts rows', () => {
    const data = labelTable(300, 1, 0.5, [0.4, 0, -0.4]);
    // More of what is rare, so that another label is the commonest.
    const copiesOf = (i: number): number => (data.truth[i] === 2 ? 7 : 1 + (i % 2));
    const weight = Float64Array.from({ length: 300 }, (_, i) => copiesOf(i));
    const copies = Uint32Array.from(
      Array.from({ length: 300 }, (_, i) => new Array<number>(copiesOf(i)).fill(i)).flat(),
    );
    const weighted = evaluate({ ...data, weight }, QUICK).labelMetrics;
    const copied = evaluate(selectRows(data, copies), QUICK).labelMetrics;
    weighted?.perLabel.forEach((label, k) => {
      const other = copied?.perLabel[k];
      for (const rate of ['precision', 'recall', 'f1'] as const)
        assert.ok(Math.abs((label[rate] ?? 0) - (other?.[rate] ?? 1)) < 1e-12, `${label.label} ${rate}`);
    });
    assert.equal(
      weighted?.confusion.flat().reduce((sum, rows) => sum + rows, 0),
      300,
    );
    const baseline = decide({ ...data, weight }).majorityBaseline;
    const expected = decide(selectRows(data, copies)).majorityBaseline;
    assert.equal(baseline?.label, expected?.label);
    assert.notEqual(baseline?.label, decide(data).majorityBaseline?.label);
    assert.ok(Math.abs((baseline?.accuracy ?? 0) - (expected?.accuracy ?? 1)) < 1e-12);
  });

  it('argsort is a stable sort of any doubles', () => {
    const double = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity));
    fc.assert(
      fc.property(fc.array(double, { maxLength: 50 }), (list) => {
        const expected = list
          .map((value, i) => ({ value, i }))
          .sort((left, right) =>
            left.value < right.value ? -1 : left.value > right.value ? 1 : left.i - right.i,
          );
        assert.deepEqual(
          Array.from(argsort(Float64Array.from(list))),
          expected.map(({ i }) => i),
        );
      }),
    );
    assert.equal(countBelow([1, 2, 2, 3], 2), 1);
    assert.equal(countBelow([1, 2, 2, 3], 2, true), 3);
  });

  it('smooth ECE equals its definition, integrated with reflected kernels', () => {
    const data = confidenceTable(40, 9, 0.3, -0.5);
    const sigma = smoothEce(data.confidence, data.correct, null);
    const phi = (x: number) => Math.exp(-(x * x) / (2 * sigma * sigma)) / (sigma * Math.sqrt(2 * Math.PI));
    const cells = 4000;
    let integral = 0;
    for (let cell = 0; cell < cells; cell++) {
      const t = (cell + 0.5) / cells;
      let sum = 0;
      data.confidence.forEach((f, i) => {
        let kernel = 0;
        for (let m = -3; m <= 3; m++) kernel += phi(t - f - 2 * m) + phi(t + f - 2 * m);
        sum += ((data.correct[i] ?? 0) - f) * kernel;
      });
      integral += Math.abs(sum) / data.confidence.length / cells;
    }
    assert.ok(Math.abs(integral - sigma) < 2e-6, `${integral} ${sigma}`);
  });

  it('ranks are taken within folds', () => {
    // Within each fold the ranks are perfect; pooled, the two folds are upside down.
    const key = Float64Array.of(1, 2, 11, 12);
    const correct = Uint8Array.of(0, 1, 0, 1);
    assert.equal(scoreRanking(rankRows(key, correct, Int32Array.of(0, 0, 1, 1)), null).auroc, 1);
    assert.equal(scoreRanking(rankRows(key, correct), null).auroc, 0.75);
  });

  it('is the same for the same seed, and holds no NaN', () => {
    const data = {
      ...labelTable(120, 3, 0.5, [1, 0, -1]),
      group: Int32Array.from({ length: 120 }, (_, i) => i >> 1),
    };
    const options = { seed: 4, rounds: 50, nullDraws: 50 };
    const text = JSON.stringify(evaluate(data, options));
    assert.equal(text, JSON.stringify(evaluate(data, options)));
    assert.notEqual(text, JSON.stringify(evaluate(data, { ...options, seed: 5 })));
    const evaluation = evaluate(data, options);
    assert.ok(evaluation.labelMetrics !== null);
    assert.equal(
      evaluation.labelMetrics.confusion.flat().reduce((sum, count) => sum + count, 0),
      120,
    );
    const { labelMetrics, ...own } = evaluation;
    const metrics = [own, labelMetrics]
      .flatMap((part): unknown[] => Object.values(part))
      .filter(
        (value): value is Evaluation['ece'] => typeof value === 'object' && value !== null && 'low' in value,
      );
    assert.ok(metrics.length >= 13);
    for (const { value, low, high } of metrics) {
      assert.ok(value !== null && low !== null && high !== null && [value, low, high].every(Number.isFinite));
      assert.ok(low <= high);
    }
  });

  it('rows of one group are resampled together: intervals widen', () => {
    const data = confidenceTable(400, 8);
    const copies = Uint32Array.from({ length: 1600 }, (_, i) => i >> 2);
    const copied = selectRows(data, copies);
    const width = (table: ConfidenceData) => {
      const { brier } = evaluate(table, { rounds: 400, nullDraws: 0 });
      return (brier.high ?? 0) - (brier.low ?? 0);
    };
    const single = width(data);
    assert.ok(width(copied) < 0.6 * single);
    const grouped = width({ ...copied, group: Int32Array.from(copies) });
    assert.ok(Math.abs(grouped / single - 1) < 0.15);
  });

  it('low is 0 where the null explains an error, and above 0 where it does not', () => {
    const calibrated = evaluate(confidenceTable(500, 12));
    assert.ok((calibrated.eceNull.p ?? 0) >= 0.05);
    assert.equal(calibrated.ece.low, 0);
    const off = evaluate(confidenceTable(500, 12, 0.2));
    assert.ok((off.eceNull.p ?? 1) < 0.01);
    assert.ok((off.ece.low ?? 0) > 0);
  });

  it('large tables: normal draws of the null agree with single draws', () => {
    const mean = (n: number) =>
      evaluate(confidenceTable(n, 2), { rounds: 0, nullDraws: 200 }).eceNull.mean ?? 0;
    const ratio = mean(49_000) / mean(51_000);
    assert.ok(Math.abs(ratio - Math.sqrt(51 / 49)) < 0.08, `${ratio}`);
  });

  it('Poisson and normal draws have their moments', () => {
    const random = seededRandom(1);
    const n = 100_000;
    const poisson = Array.from({ length: n }, () => poissonOne(random));
    const normal = Array.from({ length: n }, () => standardNormal(random));
    for (const [draws, mean] of [
      [poisson, 1],
      [normal, 0],
    ] as const) {
      const average = draws.reduce((sum, value) => sum + value, 0) / n;
      const variance = draws.reduce((sum, value) => sum + (value - average) ** 2, 0) / n;
      assert.ok(Math.abs(average - mean) < 0.015);
      assert.ok(Math.abs(variance - 1) < 0.03);
    }
    assert.ok(Math.abs(poisson.filter((k) => k === 0).length / n - Math.exp(-1)) < 0.006);
  });

  it('precision and recall of one label', () => {
    const curve = precisionRecallCurve(Float64Array.of(0.9, 0.8, 0.8, 0.1), Uint8Array.of(1, 0, 1, 0));
    assert.deepEqual(
      curve.map(({ threshold }) => threshold),
      [0.9, 0.8, 0.1],
    );
    assert.equal(bestF1Threshold(curve)?.threshold, 0.8);
    assert.ok(Math.abs(averagePrecision(curve) - (0.5 + 0.5 * (2 / 3))) < 1e-12);
  });

  it('NLL clips at 2.2e-16 and counts', () => {
    const { nll } = evaluate(
      {
        kind: 'confidence',
        confidence: Float64Array.of(1, 0.5),
        correct: Uint8Array.of(0, 1),
        logOdds: Float64Array.of(Infinity, 0),
      },
      QUICK,
    );
    assert.equal(nll.clipped, 1);
    assert.ok(Math.abs((nll.value ?? 0) - (52 * Math.LN2 + Math.LN2) / 2) < 1e-9);
    assert.ok(sigmoid(0) === 0.5);
  });
});
