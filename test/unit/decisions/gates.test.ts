import assert from 'node:assert/strict';
import {
  comparePaired,
  compareTwoSamples,
  gateLimits,
  type GateMetric,
} from '../../../src/core/decisions/gate';
import { chooseThreshold, walkThresholds } from '../../../src/core/decisions/threshold';
import { type Risk, riskOnRows } from '../../../src/core/decisions/risk';
import { evaluate } from '../../../src/core/metrics/evaluate';
import type { ConfidenceData, PredictionData } from '../../../src/core/model/predictions';
import { normalisedWeights } from '../../../src/core/model/rows';
import { seededRandom } from '../../../src/core/random';
import { confidenceTable, labelTable, shifted } from '../calibration/tables';

const OPTIONS = { rounds: 200, nullDraws: 200 } as const;

function verdict(data: PredictionData, metric: GateMetric, bound: 'max' | 'min', limit: number) {
  const [result] = gateLimits(data, [{ metric, bound, limit }], OPTIONS).results;
  assert.ok(result !== undefined);
  return result;
}

function constant(n: number, right: number, confidence = 0.9): ConfidenceData {
  return {
    kind: 'confidence',
    confidence: new Float64Array(n).fill(confidence),
    correct: Uint8Array.from({ length: n }, (_, i) => Number(i < right)),
  };
}

describe('a gate', () => {
  it('decides nothing by a degenerate interval', () => {
    const six: ConfidenceData = {
      kind: 'confidence',
      confidence: Float64Array.of(0.9, 0.95, 0.99, 0.6, 0.55, 0.51),
      correct: Uint8Array.of(1, 1, 1, 0, 0, 0),
    };
    assert.equal(verdict(six, 'auroc', 'min', 0.9).verdict, 'undecided');
    assert.equal(verdict(constant(10, 10, 0.99), 'nll', 'max', 0.05).verdict, 'undecided');
    assert.match(verdict(constant(10, 10, 0.99), 'nll', 'max', 0.05).message, /0 wrong ones/);
    assert.equal(verdict(constant(100, 90), 'brier', 'max', 0.5).verdict, 'undecided');
    assert.equal(verdict(constant(200, 160), 'brier', 'max', 0.5).verdict, 'pass');
    // The bound of accuracy is exact, so it decides with any number of rows.
    assert.equal(verdict(constant(100, 100), 'accuracy', 'min', 0.95).verdict, 'pass');
    assert.equal(verdict(constant(58, 58), 'accuracy', 'min', 0.95).verdict, 'undecided');
    assert.equal(verdict(constant(59, 59), 'accuracy', 'min', 0.95).verdict, 'pass');
  });

  it('holds accuracy to the exact bound, not to Wilson’s, which is nearer', () => {
    // 190 of 200 at .9: Clopper-Pearson's one-sided bound is .9163, at .92 it is not shown.
    assert.equal(verdict(constant(200, 190), 'accuracy', 'min', 0.916).verdict, 'pass');
    assert.equal(verdict(constant(200, 190), 'accuracy', 'min', 0.918).verdict, 'undecided');
  });

  it('fails only where the exceeding is shown: a true ECE of .03 does not fail .05', () => {
    let fails = 0;
    let shown = 0;
    for (let seed = 0; seed < 15; seed++) {
      if (verdict(shifted(400, seed, 0.03), 'ece', 'max', 0.05).verdict === 'fail') fails++;
      if (verdict(shifted(800, seed, 0.15), 'ece', 'max', 0.05).verdict === 'fail') shown++;
    }
    assert.ok(fails <= 1, `${fails} of 15`);
    assert.equal(shown, 15);
  });

  it('passes a calibration error only where it is shown to be within', () => {
    let passes = 0;
    for (let seed = 0; seed < 15; seed++)
      if (verdict(shifted(600, seed, 0.1), 'ece', 'max', 0.095).verdict === 'pass') passes++;
    assert.ok(passes <= 1, `${passes} of 15`);
    assert.equal(verdict(shifted(3000, 1, 0), 'ece', 'max', 0.06).verdict, 'pass');
  });

  it('calls equal tables of other rows equal, of whatever size', () => {
    const metrics = ['ece', 'smoothEce', 'mce', 'brier', 'auroc'] as const;
    const worse = new Map<string, number>();
    for (let seed = 0; seed < 15; seed++) {
      const small = evaluate(shifted(300, seed, 0.05), OPTIONS);
      const large = evaluate(shifted(900, 1000 + seed, 0.05), OPTIONS);
      for (const metric of metrics) {
        const [result] = compareTwoSamples(small, large, [metric]);
        if (result?.verdict === 'fail') worse.set(metric, (worse.get(metric) ?? 0) + 1);
      }
    }
    for (const [metric, count] of worse) assert.ok(count <= 3, `${metric}: ${count} of 15`);
  });

  it('is not surer of a perfect value than the rows are', () => {
    const separated = (n: number): ConfidenceData => ({
      kind: 'confidence',
      confidence: Float64Array.from({ length: 2 * n }, (_, i) => (i < n ? 0.9 : 0.6) + (0.09 * i) / (2 * n)),
      correct: Uint8Array.from({ length: 2 * n }, (_, i) => Number(i < n)),
    });
    assert.equal(verdict(separated(25), 'auroc', 'min', 0.9999).verdict, 'undecided');
    assert.ok((verdict(separated(25), 'auroc', 'min', 0.9).low ?? 1) < 0.999);
    // Five rows that are all right are no proof that seven of ten is worse, in a table of other rows.
    const two = (metric: GateMetric, now: PredictionData, then: PredictionData) =>
      compareTwoSamples(evaluate(now, OPTIONS), evaluate(then, OPTIONS), [metric])[0]?.verdict;
    assert.equal(two('accuracy', constant(10, 7), constant(5, 5)), 'pass');
    assert.equal(two('accuracy', constant(400, 280), constant(400, 400)), 'fail');
    const overlapping = confidenceTable(60, 4);
    assert.equal(two('auroc', overlapping, separated(2)), 'pass');
  });

  it('with a margin asks that nothing worse than that be possible', () => {
    const data = confidenceTable(600, 1, 0.7);
    const same = comparePaired(data, data, ['brier', 'accuracy', 'ece'], {
      ...OPTIONS,
      margins: { brier: 0, accuracy: 0.01, ece: 0 },
    });
    assert.ok(same.every(({ verdict }) => verdict === 'pass'));
    const worse = { ...data, confidence: data.confidence.map((p) => p + 0.1 * (0.5 - p)) };
    const margin = (brier: number) =>
      comparePaired(worse, data, ['brier'], { ...OPTIONS, margins: { brier } })[0];
    const gap = margin(0)?.worsening ?? 0;
    assert.equal(margin(10 * Math.abs(gap))?.verdict, 'pass');
    // Other rows: so large a margin is passed, a small one is not shown.
    const two = (brier: number) =>
      compareTwoSamples(
        evaluate(confidenceTable(200, 2, 0.7), OPTIONS),
        evaluate(confidenceTable(200, 3, 0.7), OPTIONS),
        ['brier'],
        { brier },
      )[0];
    assert.equal(two(0.2)?.verdict, 'pass');
    assert.equal(two(0.001)?.verdict, 'undecided');
    assert.match(two(0.001)?.message ?? '', /not shown to be within 0\.001/);
  });
});

describe('a threshold for a risk', () => {
  const chosen = (data: PredictionData, risk: Risk, target: number) =>
    walkThresholds(data, riskOnRows(data, risk, target)).threshold;
  const accuracy: Risk = { kind: 'accuracy' };

  it('is found where every row qualifies, though few early rows could end a walk', () => {
    let found = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed);
      const confidence = Float64Array.from({ length: 1000 }, () => 0.9 + 0.1 * random());
      const correct = Uint8Array.from(confidence, () => Number(random() < 0.949));
      if (chosen({ kind: 'confidence', confidence, correct }, accuracy, 0.9) !== null) found++;
    }
    assert.ok(found >= 98, `${found} of 100`);
  });

  it('counts copies of a text once', () => {
    const once = constant(60, 60, 0.99);
    const five: ConfidenceData = {
      kind: 'confidence',
      confidence: new Float64Array(150).fill(0.99),
      correct: new Uint8Array(150).fill(1),
      group: Int32Array.from({ length: 150 }, (_, i) => i % 30),
    };
    assert.equal(chosen(once, accuracy, 0.95), 0);
    assert.equal(chosen(five, accuracy, 0.95), null);
    assert.equal(chosen({ ...five, group: undefined }, accuracy, 0.95), 0);
  });

  it('holds for rows that stand for others', () => {
    // The rare rows stand for many and are wrong half of the time: unweighted, accuracy is .95.
    const n = 1000;
    const data: ConfidenceData = {
      kind: 'confidence',
      confidence: new Float64Array(n).fill(0.97),
      correct: Uint8Array.from({ length: n }, (_, i) => Number(i >= 100 || i % 2 === 0)),
      weight: Float64Array.from({ length: n }, (_, i) => (i < 100 ? 9 : 1)),
    };
    assert.equal(chosen(data, accuracy, 0.9), null);
    assert.equal(chosen({ ...data, weight: undefined }, accuracy, 0.9), 0);
    const better = { ...data, correct: new Uint8Array(n).fill(1) };
    assert.equal(chosen(better, accuracy, 0.9), 0);
    assert.ok(normalisedWeights(data, n) !== null);
  });

  it('may be of the precision of a label, of false positives, or of costs', () => {
    const data = labelTable(4000, 5, 1, [0, 0]);
    const label = 'label 1';
    const precise = chosen(data, { kind: 'precision', label }, 0.9);
    assert.ok(precise !== null && precise > 0.3 && precise < 0.95, `${precise}`);
    const rare = chosen(data, { kind: 'fpr', label }, 0.05);
    assert.ok(rare !== null && rare > 0.5, `${rare}`);
    const costs = { wrong: 5, review: 1 };
    const cheap = chosen(data, { kind: 'cost', costs }, 0.9);
    assert.ok(cheap !== null, `${cheap}`);
    const k = 1;
    let [called, right, others, falsely] = [0, 0, 0, 0];
    data.truth.forEach((truth, row) => {
      const p = data.probs[row * 2 + k] ?? 0;
      if (p >= precise) {
        called++;
        right += Number(truth === k);
      }
      if (truth !== k) {
        others++;
        falsely += Number(p >= rare);
      }
    });
    assert.ok(right / called > 0.9 && falsely / others < 0.05);
    const { risk, estimate, message } = chooseThreshold(data, { target: 0.05, risk: { kind: 'fpr', label } });
    assert.equal(risk, 'fpr');
    assert.ok((estimate.value ?? 1) < 0.08 && (estimate.low ?? 1) <= (estimate.value ?? 0));
    assert.match(message, /hold at most 5% of the rows that are not "label 1"/);
    assert.throws(() => riskOnRows(data, { kind: 'precision', label: 'x' }, 0.9), { code: 'no-such-label' });
    assert.throws(() => riskOnRows(confidenceTable(5, 1), { kind: 'fpr', label }, 0.1), {
      code: 'no-label-scores',
    });
    assert.throws(() => riskOnRows(data, { kind: 'cost', costs }, 7), { code: 'bad-target' });
  });
});
