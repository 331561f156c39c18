import assert from 'node:assert/strict';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { probe, type Ask } from '../../../src/sources/probe';

function scoreOf(logProb: number, method: Score['method'] = 'first-token'): Score {
  return { ...labelScores(['a', 'b'], [logProb, -1]), method, textTokens: 1, cutTokens: 0 };
}

describe('the probe of a source', () => {
  it('measures how far a text moves among others, in probability', async () => {
    const ask: Ask = (texts) =>
      Promise.resolve({ scores: texts.map(() => scoreOf(texts.length > 1 ? -2.1 : -2)), shape: null });
    const expected = Math.abs(scoreOf(-2.1).confidence - scoreOf(-2).confidence);
    assert.equal((await probe(ask)).jitter, expected);
    assert.ok(expected > 0.01);
  });

  it('finds none where a text alone and among others is the same', async () => {
    const ask: Ask = (texts) =>
      Promise.resolve({ scores: texts.map((text) => scoreOf(-text.length)), shape: null });
    assert.equal((await probe(ask)).jitter, 0);
  });

  it('measures nothing on drawn answers, which differ anyway', async () => {
    const ask: Ask = (texts) =>
      Promise.resolve({ scores: texts.map(() => scoreOf(-2, 'sampled')), shape: null });
    assert.equal((await probe(ask)).jitter, null);
  });

  it('says why not even a plain text gets a score', async () => {
    const ask: Ask = (texts) =>
      Promise.resolve({ scores: texts.map(() => ({ reason: 'No.' })), shape: null });
    await assert.rejects(probe(ask), { code: 'probe-failed', message: 'No.' });
  });
});
