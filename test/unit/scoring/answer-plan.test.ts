import assert from 'node:assert/strict';
import fc from 'fast-check';
import { labelLogProbs, planAnswer, type LogProbAt } from '../../../src/core/scoring/answer-plan';
import { labelScores } from '../../../src/core/scoring/score';

const NAMES = ['A', 'B', 'C'];
const END = [99];

/** A model over a few tokens whose next-token distribution depends on the path in a fixed, arbitrary way. */
function modelOf(vocabulary: readonly number[], seed: number): LogProbAt {
  return (path, token) => {
    const weight = (t: number): number =>
      1 + (((path.reduce((hash, step) => hash * 31 + step, seed) * 17 + t * 7919) >>> 0) % 13);
    const total = vocabulary.reduce((sum, t) => sum + weight(t), 0);
    return Math.log(weight(token) / total);
  };
}

describe('the answer plan', () => {
  it('takes the first token where it tells every spelling apart', () => {
    const plan = planAnswer([[[1], [2, 5]], [[3]]], 'auto', NAMES, END);
    assert.equal(plan.method, 'first-token');
    assert.deepEqual(
      plan.reads,
      [{ path: [], tokens: [1, 2, 3] }].map((read) => ({ ...read, tokens: read.tokens })),
    );
  });

  it('counts a first token once, however many spellings begin with it', () => {
    const plan = planAnswer([[[1], [1, 2], [1, 3]], [[4]]], 'auto', NAMES, END);
    const logProbs = labelLogProbs(plan, (_, token) => Math.log(token === 1 ? 0.5 : 0.25));
    assert.deepEqual(logProbs, [Math.log(0.5), Math.log(0.25)]);
  });

  it('scores whole labels where they share first tokens (reference case)', () => {
    const plan = planAnswer([[[1, 2]], [[1, 3]], [[4]]], 'auto', NAMES, END);
    assert.equal(plan.method, 'sequence');
    const table = new Map([
      [' 1', -0.2],
      ['1 2', -3.0],
      ['1 3', -0.1],
      [' 4', -2.0],
    ]);
    const { labels } = labelScores(
      NAMES,
      labelLogProbs(plan, (path, token) => table.get(`${path.join(' ')} ${token}`) ?? NaN),
    );
    assert.deepEqual(
      labels.map((entry) => entry.confidence.toFixed(4)),
      ['0.0445', '0.8079', '0.1476'],
    );
  });

  it('evaluates a shared beginning once, parents before children', () => {
    const plan = planAnswer([[[1, 2, 3]], [[1, 2, 4]]], 'auto', NAMES, END);
    assert.deepEqual(
      plan.reads.map((read) => read.path),
      [[], [1], [1, 2]],
    );
  });

  it('counts a label that is the beginning of another only where the answer ends', () => {
    const plan = planAnswer([[[1]], [[1, 2]]], 'auto', NAMES, END);
    const logProbs = labelLogProbs(plan, (path, token) => {
      if (path.length === 0) return Math.log(0.8);
      return Math.log(token === 99 ? 0.5 : 0.25);
    });
    assert.deepEqual(
      logProbs.map((value) => Math.exp(value).toFixed(6)),
      ['0.400000', '0.200000'],
    );
  });

  it('refuses the first token where it cannot tell labels apart, and labels of the same tokens', () => {
    assert.throws(
      () => planAnswer([[[1, 2]], [[1, 3]]], 'first-token', NAMES, END),
      /cannot be distinguished by the first/,
    );
    assert.throws(() => planAnswer([[[1, 2]], [[1, 2]]], 'auto', NAMES, END), /same tokens/);
  });

  it('has disjoint events: the label mass never exceeds 1', () => {
    const vocabulary = [0, 1, 2, 3, 99];
    const path = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 });
    const paths = fc.array(fc.array(path, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(
        paths,
        fc.integer(),
        fc.constantFrom('auto' as const, 'sequence' as const),
        (labels, seed, scoring) => {
          let plan;
          try {
            plan = planAnswer(labels, scoring, NAMES, END);
          } catch {
            return; // two labels of the same tokens
          }
          const logProbs = labelLogProbs(plan, modelOf(vocabulary, seed));
          const { labelMass, labels: scores } = labelScores(NAMES.slice(0, labels.length), logProbs);
          assert.ok(logProbs.reduce((sum, value) => sum + Math.exp(value), 0) <= 1 + 1e-9);
          assert.ok(labelMass >= 0 && labelMass <= 1);
          assert.ok(Math.abs(scores.reduce((sum, entry) => sum + entry.confidence, 0) - 1) < 1e-9);
        },
      ),
    );
  });
});

describe('label scores', () => {
  it('give a tie to the earlier label and say so', () => {
    const { label, tie } = labelScores(['x', 'y'], [-1, -1]);
    assert.equal(label, 'x');
    assert.equal(tie, true);
  });

  it('keep probabilities that are too small for anything but logarithms', () => {
    const { label, confidence, labelMass } = labelScores(['x', 'y'], [-2000, -1998]);
    assert.equal(label, 'y');
    assert.ok(Math.abs(confidence - 1 / (1 + Math.exp(-2))) < 1e-12);
    assert.equal(labelMass, 0);
  });

  it('do not change when the same offset is added to every label', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -30, max: 0, noNaN: true }), { minLength: 2, maxLength: 6 }),
        fc.double({ min: -50, max: 0, noNaN: true }),
        (logProbs, offset) => {
          const names = logProbs.map(String);
          const a = labelScores(names, logProbs).labels.map((entry) => entry.confidence);
          const b = labelScores(
            names,
            logProbs.map((value) => value + offset),
          ).labels.map((entry) => entry.confidence);
          a.forEach((value, index) => assert.ok(Math.abs(value - (b[index] ?? NaN)) < 1e-9));
        },
      ),
    );
  });
});
