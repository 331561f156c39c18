import assert from 'node:assert/strict';
import fc from 'fast-check';
import { classifierFrom, type Classifier } from '../../../src/core/classifier/definition';
import type { Answer } from '../../../src/core/scoring/agreement';
import {
  agreementOf,
  consistencyScore,
  disagrees,
  ensembleScore,
  smoothedLogRates,
} from '../../../src/core/scoring/consistency';
import { hasSameTokenScores } from '../../../src/core/scoring/score-parts';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { variantsOf } from '../../../src/core/scoring/variants';

const NAMES = ['A', 'B', 'C'];
const TEXT = { textTokens: 3, cutTokens: 0 };

function drawn(counts: readonly number[], unparsed = 0): readonly Answer[] {
  return [
    ...counts.flatMap((count, k) =>
      Array.from({ length: count }, () => ({ text: '', label: NAMES[k] ?? null })),
    ),
    ...Array.from({ length: unparsed }, () => ({ text: 'hm', label: null })),
  ];
}

function agreement(counts: readonly number[], unparsed = 0, token?: readonly number[]) {
  return agreementOf(
    NAMES.slice(0, counts.length),
    { answers: drawn(counts, unparsed), temperature: 1, variants: 'permuted' },
    token && tokenScore(token).labels,
  );
}

function tokenScore(probabilities: readonly number[]): Score {
  const names = NAMES.slice(0, probabilities.length);
  return { ...labelScores(names, probabilities.map(Math.log)), mode: 'first-token', ...TEXT };
}

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

describe('agreement', () => {
  it('is n_k / N, answers that are no label included, with the Wilson range of the answer rate', () => {
    const found = agreement([8, 0, 0], 2);
    assert.deepEqual(found.counts, [8, 0, 0]);
    assert.equal(found.unparsed, 2);
    // Wilson 1927 for 8 of 10.
    assert.deepEqual(
      [found.answerRate.low.toFixed(4), found.answerRate.high.toFixed(4)],
      ['0.4902', '0.9433'],
    );
    const score = consistencyScore(NAMES, found, TEXT);
    assert.equal(score.confidence, 0.8);
    assert.equal(score.labelMass, 0.8);
    assert.deepEqual(
      score.labels.map(({ confidence }) => confidence),
      [0.8, 0, 0],
    );
    assert.ok(score.labels.every(({ logProb }) => Number.isFinite(logProb)));
  });

  it('breaks ties by token probability, else by label order, and says which', () => {
    const byToken = agreement([2, 5, 5], 0, [0.5, 0.1, 0.4]);
    assert.deepEqual([byToken.label, byToken.tieBrokenBy], ['C', 'token-probability']);
    const byOrder = agreement([2, 5, 5]);
    assert.deepEqual([byOrder.label, byOrder.tieBrokenBy], ['B', 'label-order']);
    const equalTokens = agreement([2, 5, 5], 0, [0.5, 0.25, 0.25]);
    assert.deepEqual([equalTokens.label, equalTokens.tieBrokenBy], ['B', 'label-order']);
    assert.equal(agreement([2, 5, 3]).tieBrokenBy, null);
    assert.ok(consistencyScore(NAMES, byToken, TEXT).tie);
  });

  it('of nothing but unparsed answers is 0, not an error', () => {
    const score = consistencyScore(NAMES, agreement([0, 0, 0], 10), TEXT);
    assert.deepEqual([score.confidence, score.labelMass, score.tie], [0, 0, true]);
  });

  it('is smoothed with half an answer for every label and for "no label": the rates sum to 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { minLength: 2, maxLength: 3 }),
        fc.integer({ min: 1, max: 20 }),
        (counts, unparsed) => {
          const found = agreement(counts, unparsed);
          const rates = smoothedLogRates(found).map(Math.exp);
          const none = (unparsed + 0.5) / (found.samples + (counts.length + 1) / 2);
          close(
            rates.reduce((sum, rate) => sum + rate, none),
            1,
          );
        },
      ),
    );
  });
});

describe('the ensemble', () => {
  it('is the normalised geometric mean of token probability and smoothed agreement', () => {
    const score = ensembleScore(tokenScore([0.6, 0.2]), agreement([9, 0], 1));
    const a = [9.5 / 11.5, 0.5 / 11.5];
    const weights = [Math.sqrt(0.6 * (a[0] ?? 0)), Math.sqrt(0.2 * (a[1] ?? 0))];
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    close(score.confidence, (weights[0] ?? 0) / total);
    close(
      score.labels.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0),
      1,
    );
    close(score.labelMass ?? NaN, 0.8);
    assert.equal(disagrees(score), false);
  });

  it('says when the two name different labels', () => {
    assert.ok(disagrees(ensembleScore(tokenScore([0.6, 0.2]), agreement([3, 7]))));
    assert.ok(!disagrees(consistencyScore(['A', 'B'], agreement([3, 7]), TEXT)));
  });

  it('does not depend on which labels had how much mass outside of them', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), (mass) => {
        const whole = ensembleScore(tokenScore([0.7, 0.3]), agreement([6, 4]));
        const part = ensembleScore(tokenScore([0.7 * mass, 0.3 * mass]), agreement([6, 4]));
        close(whole.confidence, part.confidence);
      }),
    );
  });
});

function classifier(fields: object): Classifier {
  return classifierFrom(
    {
      version: 1,
      name: 'c',
      template: '{{text}}\nLabel:',
      labels: NAMES.map((name) => ({ name })),
      ...fields,
    },
    'c.json',
  );
}
const EXAMPLES = NAMES.map((label) => ({ text: `text of ${label}`, label }));

describe('prompt variants', () => {
  it('hand out every sample, over different orders, the classifier as it stands first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.boolean(), fc.integer(), (samples, lists, seed) => {
        const base = classifier({
          examples: EXAMPLES,
          instruction: lists ? 'One of {{labels}}.' : 'Which?',
          consistency: { samples },
        });
        const prompts = variantsOf(base, seed);
        assert.equal(
          prompts.reduce((sum, prompt) => sum + prompt.samples, 0),
          samples,
        );
        assert.equal(prompts[0]?.asks, base.asks);
        // 3! orders of the examples, times 3! of the labels where they are in the prompt.
        assert.equal(prompts.length, Math.min(samples, lists ? 36 : 6));
        assert.deepEqual(variantsOf(base, seed), prompts);
      }),
    );
  });

  it('are one prompt where nothing in it can be permuted, and where that is not wanted', () => {
    const bare = classifier({ consistency: { samples: 7 } });
    assert.deepEqual(variantsOf(bare, 1), [{ asks: bare.asks, samples: 7 }]);
    const plain = classifier({ examples: EXAMPLES, consistency: { samples: 7, variants: 'plain' } });
    assert.deepEqual(variantsOf(plain, 1), [{ asks: plain.asks, samples: 7 }]);
  });

  it('end where equal examples leave fewer orders than their number says', () => {
    const twice = classifier({ examples: [EXAMPLES[0], EXAMPLES[0]], consistency: { samples: 5 } });
    assert.deepEqual(
      variantsOf(twice, 1).map(({ samples }) => samples),
      [5],
    );
  });
});

describe('two scores of one text', () => {
  it('have the same token scores, whatever was sampled', () => {
    const token = tokenScore([0.6, 0.3]);
    assert.ok(hasSameTokenScores(token, tokenScore([0.6, 0.3])));
    const [some, others] = [ensembleScore(token, agreement([2, 8])), ensembleScore(token, agreement([9, 1]))];
    assert.ok(hasSameTokenScores(some, others));
  });

  it('have others where the model or the labels changed', () => {
    const before = tokenScore([0.6, 0.3]);
    assert.ok(!hasSameTokenScores(before, tokenScore([0.5, 0.3])));
    assert.ok(!hasSameTokenScores(before, tokenScore([0.6, 0.3, 0.1])));
  });
});
