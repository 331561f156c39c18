import assert from 'node:assert/strict';
import { type DrawnRows, estimateTable, MISSING, NOT_DRAWN } from '../../../src/core/labelling/estimate';
import { gateAccuracy, gateShares } from '../../../src/core/labelling/gate-shares';
import { fewestForTarget, labelsForGate, labelsForWidth } from '../../../src/core/labelling/plan';
import { binomialTail, clopperPearson } from '../../../src/core/metrics/distributions';
import { wilsonInterval } from '../../../src/core/metrics/intervals';
import type { ConfidenceData, LabelData } from '../../../src/core/model/predictions';
import { confidenceOf, givenProbs } from '../../../src/core/model/rows';
import { auditInWords } from '../../../src/core/words/shares';
import { seededRandom } from '../../../src/core/random';

/** Rows of two labels whose model is right in a share of them, and as sure of one row as of another. */
function table(n: number, accuracy: number, seed = 1): LabelData {
  const random = seededRandom(seed);
  const probs = new Float64Array(2 * n);
  const truth = Int32Array.from({ length: n }, (_, i) => {
    const answer = random() < 0.5 ? 0 : 1;
    const p = 0.6 + 0.39 * random();
    probs[2 * i + answer] = p;
    probs[2 * i + 1 - answer] = 1 - p;
    return random() < accuracy ? answer : 1 - answer;
  });
  return givenProbs({ labels: ['a', 'b'], probs, truth }).data;
}

/** The first rows are drawn; people are unsure about a share of the wrong ones and of the right ones. */
function drawn(
  data: LabelData,
  rows: number,
  unsure: { readonly wrong: number; readonly right: number },
): DrawnRows {
  const random = seededRandom(9);
  const { correct } = confidenceOf(data);
  const answer = data.truth.map((label, row) => {
    if (row >= rows) return NOT_DRAWN;
    return random() < (correct[row] === 1 ? unsure.right : unsure.wrong) ? MISSING : label;
  });
  return { answer, weight: null };
}

const NONE = { wrong: 0, right: 0 };

describe('an estimate of a table', () => {
  it('says of which texts it is, and bounds what the others could make of it', () => {
    const data = table(20_000, 0.85);
    const found = estimateTable(data, drawn(data, 8000, { wrong: 0.4, right: 0.1 }));
    // .85 · .9 / (.85 · .9 + .15 · .6) = .895
    assert.ok(Math.abs(found.accuracy.value - 0.895) < 0.012, `${found.accuracy.value}`);
    // .85 · .1 + .15 · .4 = .145, within three standard errors of 8,000 rows
    assert.ok(Math.abs(found.missingShare - 0.145) < 0.012, `${found.missingShare}`);
    const { ifNone, ifAll } = found.accuracy;
    assert.ok((ifNone?.high ?? 1) < 0.85 && (ifAll?.low ?? 0) > 0.85);
    const [held, least] = gateAccuracy(found, [
      { metric: 'accuracy', bound: 'min', limit: 0.87 },
      { metric: 'accuracy', bound: 'min', limit: 0.75 },
    ]);
    assert.equal(held?.verdict, 'undecided');
    assert.equal(held.neededRows, null);
    const missing = `${(100 * found.missingShare).toFixed(1)}%`;
    assert.ok(held.message.includes(`whatever the ${missing} are that people could not label`), held.message);
    assert.equal(least?.verdict, 'pass');
    const [impossible] = gateAccuracy(found, [{ metric: 'accuracy', bound: 'min', limit: 0.95 }]);
    assert.equal(impossible?.verdict, 'fail');
  });

  it('has no bounds where every drawn row has a label, and takes none for a gate where few lack one', () => {
    const data = table(4000, 0.85);
    const whole = estimateTable(data, drawn(data, 400, NONE));
    assert.deepEqual([whole.missing, whole.accuracy.ifNone, whole.accuracy.ifAll], [0, null, null]);
    const few = estimateTable(data, drawn(data, 400, { wrong: 0.1, right: 0.02 }));
    assert.ok(few.missing > 0 && few.missingShare < 0.05);
    const [result] = gateShares(few, [{ metric: 'share:a', bound: 'min', limit: 0.4 }]);
    const share = few.shares.find(({ label }) => label === 'a');
    assert.deepEqual([result?.verdict, result?.low], ['pass', share?.bounds?.low]);
  });

  it('decides limits of shares, and says how many labels would', () => {
    const data = table(4000, 0.9);
    const estimate = estimateTable(data, drawn(data, 300, NONE));
    const truth = data.truth.reduce((sum, label) => sum + Number(label === 0), 0) / 4000;
    const verdict = (bound: 'min' | 'max', limit: number) =>
      gateShares(estimate, [{ metric: 'share:a', bound, limit }])[0];
    assert.equal(verdict('max', truth + 0.1)?.verdict, 'pass');
    assert.equal(verdict('max', truth - 0.1)?.verdict, 'fail');
    assert.equal(verdict('min', truth + 0.1)?.verdict, 'fail');
    const open = verdict('min', (estimate.shares[0]?.value ?? 0) - 0.005);
    assert.equal(open?.verdict, 'undecided');
    assert.ok((open.neededRows ?? 0) > 300);
    assert.throws(() => gateShares(estimate, [{ metric: 'share:c', bound: 'min', limit: 0.1 }]), {
      code: 'no-such-label',
    });
  });

  it('passes and fails falsely in 5% of tables at most', () => {
    const runs = 400;
    let passes = 0;
    let fails = 0;
    for (let run = 0; run < runs; run++) {
      const data = table(1500, 0.8, run + 1);
      const truth = data.truth.reduce((sum, label) => sum + Number(label === 0), 0) / 1500;
      const estimate = estimateTable(data, drawn(data, 100, NONE));
      const [beyond, within] = gateShares(estimate, [
        { metric: 'share:a', bound: 'min', limit: truth + 0.001 },
      ]).concat(gateShares(estimate, [{ metric: 'share:a', bound: 'min', limit: truth - 0.001 }]));
      if (beyond?.verdict === 'pass') passes++;
      if (within?.verdict === 'fail') fails++;
    }
    for (const wrong of [passes, fails])
      assert.ok(wrong / runs < 0.05 + 2.5 * Math.sqrt(0.0475 / runs), `${wrong}`);
  });

  it('uses the weights of the design: labels of errors alone mislead without them', () => {
    const data = table(20_000, 0.75);
    const { correct } = confidenceOf(data);
    // What the weights must find is the accuracy of this table, not the one that it was made with.
    const accuracy = correct.reduce((sum, right) => sum + right, 0) / correct.length;
    const random = seededRandom(3);
    const chance = (row: number): number => (correct[row] === 1 ? 0.05 : 0.3);
    const answer = data.truth.map((label, row) => (random() < chance(row) ? label : NOT_DRAWN));
    const plain = estimateTable(data, { answer, weight: null });
    assert.ok(plain.accuracy.value < 0.4);
    const weight = Float64Array.from(answer, (_, row) => 1 / chance(row));
    const weighted = estimateTable(data, { answer, weight });
    assert.ok((weighted.accuracy.low ?? 1) < accuracy && (weighted.accuracy.high ?? 0) > accuracy);
    assert.ok(Math.abs(weighted.accuracy.value - accuracy) < 0.03);
    // Of the whole table, so the diagonal is the accuracy and the rows are the shares, all by the labels alone.
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const matrix = weighted.confusion ?? [];
    const right = sum(matrix.map((row, k) => row[k] ?? 0));
    assert.ok(Math.abs(right - weighted.accuracy.alone.value) < 1e-9);
    matrix.forEach((row, k) => assert.ok(Math.abs(sum(row) - (weighted.shares[k]?.alone.value ?? 0)) < 1e-9));
    assert.match(
      auditInWords(weighted, 't.csv'),
      /By the labelled texts alone, it takes [ab] for [ab] in 0\.1\d+ of the texts, /u,
    );
  });

  it('estimates the accuracy of a table of confidences, and parts of a table', () => {
    const random = seededRandom(2);
    const confidence = Float64Array.from({ length: 3000 }, () => 0.5 + random() / 2);
    const correct = Uint8Array.from(confidence, (p) => Number(random() < p));
    const data: ConfidenceData = { kind: 'confidence', confidence, correct };
    const answer = Int32Array.from(correct, (right, row) => (row < 200 ? right : NOT_DRAWN));
    const found = estimateTable(data, { answer, weight: null });
    assert.deepEqual([found.shares.length, found.kappa], [0, null]);
    assert.ok((found.accuracy.low ?? 1) < 0.75 && (found.accuracy.high ?? 0) > 0.75);
    const rows = Uint32Array.from({ length: 100 }, (_, row) => 150 + row);
    assert.equal(estimateTable(data, { answer, weight: null }, { rows }).labelled, 50);
    const none = Uint32Array.from({ length: 100 }, (_, row) => 250 + row);
    assert.throws(() => estimateTable(data, { answer, weight: null }, { rows: none }), { code: 'no-truth' });
  });

  it('of 100,000 rows takes less than two seconds', () => {
    const data = table(100_000, 0.85);
    const start = performance.now();
    estimateTable(data, drawn(data, 500, NONE));
    assert.ok(performance.now() - start < 2000);
  });
});

describe('a plan', () => {
  it('is the fewest labels that do', () => {
    const width = (n: number) => {
      const { low, high } = wilsonInterval(0.5 * n, n);
      return high - low;
    };
    const labels = labelsForWidth(0.06) ?? 0;
    assert.ok(width(labels) <= 0.06 && width(labels - 1) > 0.06);
    const passes = (n: number) => {
      let k = 0;
      while (k <= n && clopperPearson(k, n, 0.05).low < 0.85) k++;
      return binomialTail(k, n, 0.9);
    };
    const needed = labelsForGate('min', { limit: 0.85, expected: 0.9, power: 0.8 }) ?? 0;
    assert.ok(passes(needed) >= 0.8 && needed > 200 && needed < 350, `${needed}`);
    assert.equal(labelsForGate('max', { limit: 0.15, expected: 0.1, power: 0.8 }), needed);
    assert.equal(labelsForGate('min', { limit: 0.9, expected: 0.9, power: 0.8 }), null);
    assert.equal(fewestForTarget(0.95), 80);
    assert.equal(labelsForWidth(1e-5), null);
  });
});
