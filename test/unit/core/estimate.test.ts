import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Classifier, classifierFrom } from '../../../src/core/classifier/definition';
import {
  answerTokensPerText,
  cutToTokens,
  estimateRun,
  estimateTokens,
  requestsPerText,
  usualBytes,
} from '../../../src/core/scoring/estimate';
import {
  CONFIDENCE_METHODS,
  type ConfidenceMethod,
  type ConsistencySettings,
  DEFAULT_CONSISTENCY,
} from '../../../src/core/model/confidence-method';
import { estimateInWords } from '../../../src/core/words/estimate';

describe('the estimate of a run', () => {
  const plan = {
    rows: 1000,
    requestsPerRow: 10,
    promptTokens: 200,
    answerTokens: 40,
    price: { promptPerMillion: 0.5, answerPerMillion: 2 },
    requestsPerMinute: 600,
  };

  it('counts requests and tokens, and prices them', () => {
    const estimate = estimateRun(plan);
    assert.equal(estimate.requests, 10_000);
    assert.equal(estimate.promptTokens, 2_000_000);
    assert.equal(estimate.answerTokens, 40_000);
    assert.equal(estimate.cost, 1.08);
  });

  it('knows the time from the limit at first, then from what texts take, which the limit may forbid', () => {
    const time = (secondsPerRow: number | null): string => {
      const { seconds, isMeasured } = estimateRun(plan, secondsPerRow);
      return `${seconds} ${isMeasured ? 'measured' : 'at best'}`;
    };
    assert.equal(time(null), '1000 at best');
    assert.equal(time(3), '3000 measured');
    assert.equal(time(0.5), '1000 at best');
    assert.equal(estimateRun({ ...plan, requestsPerMinute: null }, 0.5).seconds, 500);
    assert.match(estimateInWords(estimateRun(plan)), /, at least 17 min$/);
    assert.match(estimateInWords(estimateRun(plan, 3)), /, 50 min at the pace of a few test texts$/);
  });

  it('says nothing that it cannot know', () => {
    const { cost, seconds } = estimateRun({ ...plan, price: null, requestsPerMinute: null });
    assert.equal(cost, null);
    assert.equal(seconds, null);
  });
});

describe('what a run is estimated by', () => {
  const classifierBy = (
    method: ConfidenceMethod,
    consistency: Partial<ConsistencySettings> = {},
  ): Classifier => ({
    ...classifierFrom(
      {
        version: 1,
        name: 'test',
        template: '{{labels}} {{text}}:',
        labels: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
      },
      'test',
    ),
    method,
    consistency: { ...DEFAULT_CONSISTENCY, samples: 7, ...consistency },
  });

  it('is one request for token probabilities, and one for each answer that is drawn', () => {
    const all = CONFIDENCE_METHODS.map((method) => classifierBy(method));
    assert.deepEqual(
      all.map((classifier) => requestsPerText(classifier, 1)),
      [1, 7, 8],
    );
    assert.deepEqual(all.map(answerTokensPerText), [1, 28, 29]);
  });

  it('is fewer requests where one brings several answers to the same prompt', () => {
    const plain = classifierBy('consistency', { variants: 'plain' });
    assert.deepEqual(
      [1, 3, 7, 20].map((most) => requestsPerText(plain, most)),
      [7, 3, 1, 1],
    );
    // Three labels have six orders: one of them is asked twice.
    assert.equal(requestsPerText(classifierBy('consistency'), 20), 6);
  });

  it('is the mean length of some texts in bytes', () => {
    assert.equal(usualBytes(['four', '电影', 'é']), 4);
    assert.equal(usualBytes([]), 0);
  });
});

describe('texts without a tokenizer', () => {
  it('have about a token for four letters', () => {
    assert.equal(estimateTokens('four'), 1);
    assert.equal(estimateTokens('The film was not half bad.'), 7);
    assert.equal(estimateTokens('电影很好看'), 4);
  });

  it('are cut in the middle to what is allowed, never through a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 16, max: 40 }),
        (text, most) => {
          const { text: short, tokens, cut } = cutToTokens(text, most);
          assert.equal(tokens, estimateTokens(text));
          assert.ok(!/\p{Surrogate}/u.test(short));
          if (tokens <= most) assert.deepEqual([short, cut], [text, 0]);
          else {
            assert.equal(cut, tokens - most);
            assert.ok(short.length < text.length);
          }
        },
      ),
    );
    assert.equal(cutToTokens('a'.repeat(100) + 'b'.repeat(100), 10).text, 'a'.repeat(20) + 'b'.repeat(20));
  });
});
