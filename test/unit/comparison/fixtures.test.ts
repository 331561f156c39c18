import assert from 'node:assert/strict';
import reference from '../../fixtures/comparison/reference.json';
import { scoreRuns } from '../../../src/core/comparison/differences';
import { metricOf } from '../../../src/core/comparison/metrics';
import { mcNemar, signFlip } from '../../../src/core/comparison/paired-tests';
import { holm } from '../../../src/core/decisions/gate';
import { labelData } from '../../../src/core/model/rows';
import { seededRandom } from '../../../src/core/random';

function near(actual: number | null | undefined, expected: number, what: string): void {
  assert.ok(Math.abs((actual ?? NaN) - expected) < 1e-9, `${what}: ${actual} is not ${expected}`);
}

describe('comparison against statsmodels and scikit-learn', () => {
  it("computes statsmodels' exact McNemar test", () => {
    for (const { gained, lost, p } of reference.mcnemar)
      near(mcNemar(gained, lost), p, `${gained} to ${lost}`);
  });

  it('computes the sign-flip test as all signs do', () => {
    for (const { sums, p } of reference.signFlip)
      near(signFlip(Float64Array.from(sums), seededRandom(1)), p, sums.join(' '));
  });

  it("corrects as statsmodels' Holm", () => {
    holm(reference.holm.p).forEach((p, i) => near(p, reference.holm.adjusted[i] ?? NaN, `p ${i}`));
  });

  it("computes scikit-learn's metrics of both runs, their differences and the test between them", () => {
    for (const { K, truth, runs, mcnemar } of reference.pairs) {
      const tables = runs.map(({ z }) =>
        labelData({
          labels: Array.from({ length: K }, (_, k) => `label ${k}`),
          scores: Float64Array.from(z),
          truth: Int32Array.from(truth),
        }),
      );
      const scored = scoreRuns(tables, { threshold: 0.9, rounds: 50, nullDraws: 20 });
      scored.runs.forEach((run, at) => {
        for (const metric of ['accuracy', 'nll', 'brier', 'auroc', 'meanConfidence', 'highAccuracy'] as const)
          near(metricOf(run, metric).value, runs[at]?.[metric] ?? NaN, metric);
        assert.equal(run.high.rows, runs[at]?.highRows);
        assert.equal(run.high.errors, runs[at]?.highErrors);
      });
      const accuracy = scored.differences[0]?.find(({ metric }) => metric === 'accuracy');
      assert.equal(accuracy?.test, 'mcnemar');
      near(accuracy.p, mcnemar, 'p');
      near(accuracy.value, (runs[1]?.accuracy ?? NaN) - (runs[0]?.accuracy ?? NaN), 'difference');
    }
  });
});
