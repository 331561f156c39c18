import assert from 'node:assert/strict';
import { confidenceOf } from '../../../src/core/model/rows';
import { binValues, sumBins } from '../../../src/core/metrics/bins';
import { assess, evaluate } from '../../../src/core/metrics/evaluate';
import { expectedCalibrationError } from '../../../src/core/metrics/ece';
import { wilsonInterval } from '../../../src/core/metrics/intervals';
import { rankRows, scoreRanking } from '../../../src/core/metrics/ranking';
import { smoothEce } from '../../../src/core/metrics/smooth-ece';
import type { ConfidenceData } from '../../../src/core/model/predictions';
import { seededRandom } from '../../../src/core/random';

function table(confidence: number[], correct: number[]): ConfidenceData {
  return {
    kind: 'confidence',
    confidence: Float64Array.from(confidence),
    correct: Uint8Array.from(correct),
  };
}

function near(actual: number | null | undefined, expected: number, tolerance: number): void {
  assert.ok(typeof actual === 'number', `${actual} is no number`);
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

const tenths = Array.from({ length: 10 }, (_, i) => (i + 1) / 10);
const tenthsCorrect = [0, 0, 1, 0, 1, 0, 1, 1, 1, 1];

describe('metrics: reference cases', () => {
  for (const count of [10, 20]) {
    it(`ECE of tenths is .31 in ${count} bins: every tenth is in the bin that it closes`, () => {
      const { confidence, correct } = table(tenths, tenthsCorrect);
      const sums = sumBins(binValues(confidence, 'width', count, null), confidence, correct, null);
      near(expectedCalibrationError(sums), 0.31, 1e-12);
    });
  }

  it('puts 0.3, 0.6, 0.7, 0 and 1 into the right one of 10 bins', () => {
    const { index } = binValues(Float64Array.of(0, 0.1, 0.3, 0.6, 0.7, 1), 'width', 10, null);
    assert.deepEqual(Array.from(index), [0, 0, 2, 5, 6, 9]);
  });

  it('reliability curve of the scikit-learn docstring', () => {
    const data = table([0.1, 0.2, 0.3, 0.4, 0.65, 0.7, 0.8, 0.9, 1], [0, 0, 0, 0, 1, 1, 1, 1, 1]);
    const { bins } = evaluate(data, { bins: 3 });
    assert.deepEqual(
      bins.map(({ accuracy }) => accuracy),
      [0, 0.5, 1],
    );
    bins.forEach((bin, i) => {
      near(bin.meanConfidence, [0.2, 0.525, 0.85][i] ?? NaN, 1e-12);
    });
  });

  it('smooth ECE of the six-row case is .12788', () => {
    const { confidence, correct } = table([0.2, 0.3, 0.6, 0.7, 0.8, 0.9], [0, 1, 0, 1, 1, 1]);
    near(smoothEce(confidence, correct, null), 0.12788, 5e-6);
  });

  it("Wilson's interval", () => {
    const cases = [
      [0, 10, 0, 0.2775],
      [8, 10, 0.4902, 0.9433],
      [10, 10, 0.7225, 1],
      [1, 1, 0.2065, 1],
    ] as const;
    for (const [hits, n, low, high] of cases) {
      const interval = wilsonInterval(hits, n);
      near(interval.low, low, 5e-5);
      near(interval.high, high, 5e-5);
    }
  });

  it('the null of ECE in 20 bins', () => {
    const expected = [
      [50, 0.187, 0.139],
      [200, 0.098, 0.071],
      [1000, 0.045, 0.031],
      [5000, 0.02, 0.014],
    ] as const;
    for (const [n, uniform, upper] of expected) {
      const random = seededRandom(n);
      const from = (low: number) => {
        const confidence = Array.from({ length: n }, () => low + (1 - low) * random());
        const data = table(
          confidence,
          confidence.map(() => 1),
        );
        return assess(data, { rounds: 0 }).evaluation.eceNull.mean;
      };
      // One table of 50 rows scatters more than the stated .005 about the mean over tables.
      const tolerance = n === 50 ? 0.012 : 0.005;
      near(from(0), uniform, tolerance);
      near(from(0.5), upper, tolerance);
    }
  });

  it('AURC averages over the order of equal confidences', () => {
    const key = Float64Array.of(2, 1, 1, 0);
    const ranking = rankRows(key, Uint8Array.of(1, 0, 1, 0));
    const risksOf = (correct: number[]) => {
      let wrong = 0;
      return correct.map((y, i) => (wrong += 1 - y) / (i + 1)).reduce((sum, risk) => sum + risk, 0) / 4;
    };
    near(scoreRanking(ranking, null).aurc, (risksOf([1, 0, 1, 0]) + risksOf([1, 1, 0, 0])) / 2, 1e-12);
    near(scoreRanking(ranking, null).auroc, 3.5 / 4, 1e-12);
  });

  it('one row evaluates, with warnings and reasons in place of what is undefined', () => {
    const evaluation = evaluate(table([0.9], [1]));
    near(evaluation.ece.value, 0.1, 1e-12);
    assert.equal(evaluation.auroc.value, null);
    assert.match(evaluation.auroc.reason ?? '', /correct and one wrong/);
    assert.ok(evaluation.warnings.some(({ code }) => code === 'few-rows'));
    assert.doesNotMatch(JSON.stringify(evaluation), /NaN|Infinity/);
  });

  it('an empty table evaluates to nulls', () => {
    const evaluation = evaluate(table([], []));
    assert.equal(evaluation.n, 0);
    assert.equal(evaluation.ece.value, null);
    assert.deepEqual(evaluation.bins, []);
  });

  it('log-odds of a probability are clipped at 1e-12 and counted', () => {
    const { logOdds, clipped } = confidenceOf(table([0, 0.5, 1], [0, 1, 1]));
    assert.equal(clipped, 2);
    near(logOdds[2], Math.log(1e12), 1e-9);
  });
});
