import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  cutToTokens,
  estimateRun,
  estimateTokens,
  requestsPerText,
  usualBytes,
} from '../../../src/core/estimate';
import {
  CONFIDENCE_METHODS,
  type ConfidenceMethod,
  DEFAULT_CONSISTENCY,
} from '../../../src/core/scoring/methods';

describe('the estimate of a run', () => {
  const plan = {
    rows: 1000,
    requestsPerRow: 10,
    promptTokens: 200,
    answerTokens: 4,
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

  it('knows the time from the limit at first, then from the rows that are done', () => {
    assert.equal(estimateRun(plan).secondsLeft, 1000);
    assert.equal(estimateRun(plan, { rows: 100, seconds: 300 }).secondsLeft, 2700);
  });

  it('says nothing that it cannot know', () => {
    const { cost, secondsLeft } = estimateRun({ ...plan, price: null, requestsPerMinute: null });
    assert.equal(cost, null);
    assert.equal(secondsLeft, null);
  });
});

describe('what a run is estimated by', () => {
  it('is one request for token probabilities, and one for each answer that is drawn', () => {
    const requests = (method: ConfidenceMethod): number =>
      requestsPerText({ method, consistency: { ...DEFAULT_CONSISTENCY, samples: 7 } });
    assert.deepEqual(CONFIDENCE_METHODS.map(requests), [1, 7, 8]);
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
