import assert from 'node:assert/strict';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { probe, type Ask } from '../../../src/sources/probe';
import type { Failed } from '../../../src/sources/source';

function scoreOf(logProb: number, method: Score['mode'] = 'first-token'): Score {
  return { ...labelScores(['a', 'b'], [logProb, -1]), mode: method, textTokens: 1, cutTokens: 0 };
}

/** A score that moves among others. */
const moving: Ask = (texts) =>
  Promise.resolve({ scores: texts.map(() => scoreOf(texts.length > 1 ? -2.1 : -2)), shape: null });
const MOVED = Math.abs(scoreOf(-2.1).confidence - scoreOf(-2).confidence);

describe('the probe of a source', () => {
  it('measures how far a text moves among others, in probability', async () => {
    assert.equal((await probe(moving, 'token-probability')).jitter, MOVED);
    assert.ok(MOVED > 0.01);
  });

  it('finds none where a text alone and among others is the same', async () => {
    const ask: Ask = (texts) =>
      Promise.resolve({ scores: texts.map((text) => scoreOf(-text.length)), shape: null });
    assert.equal((await probe(ask, 'token-probability')).jitter, 0);
  });

  it('measures it on the token probabilities of a method that has them too', async () => {
    let drawn = 0;
    const ask: Ask = async (texts, method) => {
      if (method === 'token-probability') return moving(texts, method);
      drawn += texts.length;
      return { scores: texts.map(() => scoreOf(-3)), shape: null };
    };
    const { jitter, score } = await probe(ask, 'ensemble');
    assert.equal(jitter, MOVED);
    assert.equal(score.labels[0]?.logProb, -3);
    // Drawn answers cost many requests: one text says how they come about.
    assert.equal(drawn, 1);
  });

  it('measures nothing on drawn answers, which differ anyway', async () => {
    const ask: Ask = (texts) =>
      Promise.resolve({ scores: texts.map(() => scoreOf(-2, 'sampled')), shape: null });
    assert.equal((await probe(ask, 'consistency')).jitter, null);
  });

  it('goes by the texts that the source takes', async () => {
    const asked = new Set<string>();
    const refusing =
      (refuses: (text: string) => boolean): Ask =>
      (texts) =>
        Promise.resolve({
          scores: texts.map((text): Score | Failed => {
            asked.add(text);
            return refuses(text) ? { reason: `No: ${text}` } : scoreOf(texts.length > 1 ? -2.1 : -2);
          }),
          shape: null,
        });
    await probe(
      refusing(() => false),
      'token-probability',
    );
    const texts = [...asked];
    assert.equal(texts.length, 6);
    for (const refused of texts) {
      const { jitter } = await probe(
        refusing((text) => text === refused),
        'token-probability',
      );
      assert.equal(jitter, MOVED);
      const only = refusing((text) => text !== refused);
      assert.equal((await probe(only, 'consistency')).score.mode, 'first-token');
    }
    const all = probe(
      refusing(() => true),
      'token-probability',
    );
    await assert.rejects(all, { code: 'probe-failed', message: `No: ${texts[0] ?? ''}` });
  });

  it('says how long a text takes: among others, or alone where answers are drawn', async () => {
    let clock = 0;
    performance.now = () => clock;
    try {
      const ask: Ask = (texts, method) => {
        clock += method === 'token-probability' ? (texts.length > 1 ? 3000 : 1000) : 20_000;
        return moving(texts, method);
      };
      assert.equal((await probe(ask, 'token-probability')).secondsPerText, 0.5);
      assert.equal((await probe(ask, 'consistency')).secondsPerText, 20);
      assert.equal((await probe(ask, 'ensemble')).secondsPerText, 20);
    } finally {
      // What was put over the method of its class.
      Reflect.deleteProperty(performance, 'now');
    }
  });
});
