import assert from 'node:assert/strict';
import { classifierFrom, type Classifier } from '../../../src/core/classifier/definition';
import { labelScores } from '../../../src/core/scoring/score';
import { scoreTexts } from '../../../src/sources/score-texts';
import type { Source } from '../../../src/sources/source';

const CLASSIFIER = classifierFrom(
  { version: 1, name: 'test', template: '{{text}}:', labels: [{ name: 'a' }, { name: 'b' }] },
  'test',
);

describe('what a source took for texts', () => {
  let clock = 0;

  /** Takes 2 s for token probabilities and 30 s for answers, which are `answers`. */
  const source = (answers: readonly string[]): Source => ({
    sendsTextsTo: null,
    mayBoundScores: false,
    identity: () => Promise.reject(new Error('nobody asks')),
    model: () => Promise.reject(new Error('nobody asks')),
    plan: null,
    textsAtOnce: null,
    prompt: () => Promise.reject(new Error('nobody asks')),
    tokens: null,
    score: ({ texts }) => {
      clock += 2000;
      const score = { ...labelScores(['a', 'b'], [-1, -2]), mode: 'first-token' as const };
      return Promise.resolve({
        scores: texts.map(() => ({ ...score, textTokens: 1, cutTokens: 0 })),
        shape: null,
      });
    },
    sample: ({ texts }) => {
      clock += 30_000;
      const drawn = answers.map((label) => ({ text: label, label }));
      return Promise.resolve({
        samples: texts.map(() => ({ answers: drawn, textTokens: 1, cutTokens: 0 })),
        temperature: 1,
        shape: null,
      });
    },
  });
  const seconds = async (method: Classifier['method'], ...answers: string[]) =>
    (
      await scoreTexts(source(answers), { ...CLASSIFIER, method }, ['x', 'y'], {
        topTokens: 0,
        now: () => clock,
      })
    ).seconds;

  it('is told for each part that was asked for', async () => {
    assert.deepEqual(await seconds('token-probability'), { token: 2 });
    assert.deepEqual(await seconds('consistency', 'a', 'a'), { drawn: 30 });
    assert.deepEqual(await seconds('ensemble', 'a', 'b'), { token: 2, drawn: 30 });
  });

  it('counts token probabilities that break a tie as part of the drawing', async () => {
    assert.deepEqual(await seconds('consistency', 'a', 'b'), { drawn: 32 });
  });

  it('is nothing where the source cannot do what the method needs', async () => {
    const ask = (lacking: Partial<Source>, method: Classifier['method']) =>
      scoreTexts({ ...source(['a']), ...lacking }, { ...CLASSIFIER, method }, ['x'], { topTokens: 0 });
    await assert.rejects(ask({ sample: null }, 'consistency'), { code: 'no-samples' });
    await assert.rejects(ask({ sample: null }, 'ensemble'), { code: 'no-samples' });
    await assert.rejects(ask({ score: null }, 'ensemble'), { code: 'no-token-probabilities' });
    assert.equal((await ask({ sample: null }, 'token-probability')).scores.length, 1);
    assert.equal((await ask({ score: null }, 'consistency')).scores.length, 1);
  });
});
