import assert from 'node:assert/strict';
import reference from '../../fixtures/calibration/reference.json';
import { applyCalibrator, fitCalibrator } from '../../../src/core/calibration/calibrator';
import { beta } from '../../../src/core/calibration/calibrators/beta';
import { labelData } from '../../../src/core/model/rows';
import { isotonic } from '../../../src/core/calibration/calibrators/isotonic';
import { sigmoid } from '../../../src/core/model/numeric';
import { platt } from '../../../src/core/calibration/calibrators/platt';
import { evaluate } from '../../../src/core/metrics/evaluate';
import { averagePrecision, precisionRecallCurve } from '../../../src/core/metrics/precision-recall';
import { rankRows, scoreRanking } from '../../../src/core/metrics/ranking';
import { type CalibratorId, scalarKind, type ScalarMap } from '../../../src/core/calibration/registry';

function allNear(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(
      Math.abs((actual[i] ?? NaN) - value) <= tolerance,
      `entry ${i}: ${actual[i]} is not within ${tolerance} of ${value}`,
    );
  });
}

describe('calibration: cross-checks against scikit-learn, netcal and betacal', () => {
  for (const table of reference.binary) {
    const sample = { f: Float64Array.from(table.f), y: Uint8Array.from(table.y), weight: null };
    const onGrid = (map: ScalarMap) => table.grid.map((f) => sigmoid(scalarKind(map).apply(map, f)));
    const n = table.f.length;

    it(`Platt, ${n} rows`, () => allNear(onGrid(platt.fit(sample)), table.platt, 1e-4));
    it(`isotonic, ${n} rows`, () => allNear(onGrid(isotonic.fit(sample)), table.isotonic, 1e-6));
    it(`weighted isotonic, ${n} rows`, () => {
      const weighted = { ...sample, weight: Float64Array.from(table.weight) };
      allNear(onGrid(isotonic.fit(weighted)), table.isotonicWeighted, 1e-6);
    });
    it(`beta, ${n} rows`, () => allNear(onGrid(beta.fit(sample)), table.beta, 1e-4));

    it(`metrics, ${n} rows`, () => {
      const evaluation = evaluate(
        { kind: 'confidence', confidence: sample.f.map(sigmoid), correct: sample.y },
        { rounds: 0, nullDraws: 0 },
      );
      const { ece, mce, brier, nll, auroc } = evaluation;
      allNear(
        [ece, mce, brier, nll, auroc].map(({ value }) => value ?? NaN),
        [table.ece, table.mce, table.brier, table.nll, table.auroc],
        1e-6,
      );
    });

    it(`weighted AUROC and average precision, ${n} rows`, () => {
      const ranking = rankRows(sample.f, sample.y);
      const weight = Float64Array.from(ranking.order, (row) => table.weight[row] ?? 0);
      allNear([scoreRanking(ranking, weight).auroc], [table.aurocWeighted], 1e-9);
      const curve = precisionRecallCurve(sample.f.map(sigmoid), sample.y);
      allNear([averagePrecision(curve)], [table.averagePrecision], 1e-9);
    });
  }

  for (const table of reference.multiclass) {
    const data = labelData({
      labels: Array.from({ length: table.K }, (_, k) => `label ${k}`),
      scores: Float64Array.from(table.z),
      truth: Int32Array.from(table.y),
    });
    const logProbs = (method: CalibratorId) => {
      const calibrated = applyCalibrator(fitCalibrator(data, { method, on: 'labels' }).calibrator, data);
      return calibrated.kind === 'labels' ? calibrated.logProbs : new Float64Array(0);
    };
    it(`temperature, ${table.K} labels`, () => {
      allNear(logProbs('temperature').map(Math.exp), table.temperature.map(Math.exp), 1e-6);
    });
    it(`bias-temperature, ${table.K} labels`, () => {
      allNear(logProbs('bias-temperature').map(Math.exp), table.biasTemperature.map(Math.exp), 1e-6);
    });
    it(`NLL and Brier over labels, ${table.K} labels`, () => {
      const { labelMetrics } = evaluate(data, { rounds: 0, nullDraws: 0 });
      allNear(
        [labelMetrics?.nll.value ?? NaN, labelMetrics?.brier.value ?? NaN],
        [table.nll, table.brier],
        1e-9,
      );
    });
  }
});
