import assert from 'node:assert/strict';
import fc from 'fast-check';
import { headScore, multiLabelScore, shareWithSeveral } from '../../../src/core/scoring/head-score';

const TOKENS = { textTokens: 5, cutTokens: 0 };
const logit = fc.double({ min: -700, max: 700, noNaN: true });

describe('the score of a sequence classification model', () => {
  it('is the softmax of its outputs, each shown with its label', () => {
    const score = headScore('single-label', ['a', 'b', 'c'], {
      logits: [0, Math.log(2), Math.log(5)],
      ...TOKENS,
    });
    assert.deepEqual([score.label, score.confidence, score.mode], ['c', 0.625, 'head']);
    assert.deepEqual(
      score.labels.map(({ confidence }) => confidence),
      [0.125, 0.25, 0.625],
    );
    assert.deepEqual(score.labels[1]?.output, { index: 1, logit: Math.log(2) });
    // It can answer nothing else: that is no label mass of 1.
    assert.equal(score.labelMass, null);
  });

  it('is the sigmoid of a single output, which stands for the second label', () => {
    const score = headScore('binary', ['ham', 'spam'], { logits: [Math.log(3)], ...TOKENS });
    assert.deepEqual(
      score.labels.map(({ label, confidence, output }) => [label, confidence, output?.index]),
      [
        ['ham', 0.25, undefined],
        ['spam', 0.75, 0],
      ],
    );
  });

  it('is a distribution whose logarithms keep their digits', () => {
    fc.assert(
      fc.property(fc.array(logit, { minLength: 2, maxLength: 6 }), (logits) => {
        const names = logits.map((_, index) => String(index));
        const { labels } = headScore('single-label', names, { logits, ...TOKENS });
        const sum = labels.reduce((total, { confidence }) => total + confidence, 0);
        assert.ok(Math.abs(sum - 1) < 1e-9);
        for (const [k, { logProb }] of labels.entries())
          for (const [j, other] of labels.entries())
            assert.ok(Math.abs(logProb - other.logProb - ((logits[k] ?? 0) - (logits[j] ?? 0))) < 1e-9);
      }),
    );
    fc.assert(
      fc.property(logit, (only) => {
        const { labels } = headScore('binary', ['no', 'yes'], { logits: [only], ...TOKENS });
        const [no, yes] = labels;
        assert.ok(Math.abs((yes?.logProb ?? 0) - (no?.logProb ?? 0) - only) < 1e-9);
      }),
    );
  });

  it('is a sigmoid for each label that is right or not by itself, from its own threshold on', () => {
    const labels = [
      { name: 'toxic' },
      { name: 'insult', threshold: 0.7 },
      { name: 'threat', threshold: 0.2 },
    ];
    const score = multiLabelScore(labels, { logits: [0, Math.log(2), -Math.log(3)], ...TOKENS });
    assert.deepEqual(
      score.labels.map(({ label, confidence, threshold, output }) => [
        label,
        confidence,
        threshold,
        output?.index,
      ]),
      [
        ['toxic', 0.5, 0.5, 0],
        ['insult', 0.666666666667, 0.7, 1],
        ['threat', 0.25, 0.2, 2],
      ],
    );
    // At the threshold a label is right; the least sure decision is that threat is.
    assert.deepEqual([score.label, score.confidence, score.labelMass], ['toxic, threat', 0.25, null]);
    assert.equal(score.mode, 'multi-label');
    const none = multiLabelScore([{ name: 'a' }, { name: 'b' }], { logits: [-2, -1], ...TOKENS });
    assert.equal(none.label, 'none of 2 labels');
    assert.ok(Math.abs(none.confidence - 1 / (1 + Math.exp(-1))) < 1e-9);
  });

  it('tells how often several labels would be right at once', () => {
    assert.equal(
      shareWithSeveral([
        [1, 2, -1],
        [-1, -1, 1],
        [-1, -2, -3],
        [3, 1, 1],
      ]),
      0.5,
    );
    assert.equal(shareWithSeveral([]), 0);
  });
});
