import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { classifierFrom, type Classifier } from '../../src/core/classifier/definition';
import type { Services } from '../../src/editor/services';
import { until } from '../support/until';
import { internals, scoreTexts } from './internals';

const CLASSIFIER = classifierFrom(
  {
    version: 1,
    name: 'by-the-editor',
    instruction: 'Is it {{labels}}?',
    template: 'Review: {{text}}\nSentiment:',
    examples: [
      { text: 'Dull.', label: 'negative' },
      { text: 'Great.', label: 'positive' },
    ],
    labels: [{ name: 'positive' }, { name: 'negative' }],
    source: 'editor:tiny-chat',
    method: 'consistency',
    consistency: { samples: 4 },
  },
  'test',
);

/** With the model of test/fixtures/chat-model, whose answers are canned. */
describe('an editor model', () => {
  let services: Services;

  before(async () => {
    ({ services } = await internals());
    await until(
      'the test model is there',
      async () => (await vscode.lm.selectChatModels({ id: 'tiny-chat' }))[0],
    );
  });

  const score = async (text: string, classifier: Classifier = CLASSIFIER) =>
    scoreTexts(services, classifier, [text], { topTokens: 0 });

  it('is asked for several answers, and how far they agree is the confidence', async () => {
    const { scores, identity, shape } = await score('Really good.');
    const [result] = scores;
    assert.equal(result?.label, 'positive');
    assert.deepEqual(result.agreement?.counts, [4, 0]);
    assert.equal(result.mode, 'sampled');
    assert.equal(shape, null);
    assert.equal(identity.inWords, 'Tiny Chat of the editor (prompt-confidence-tests)');
    assert.deepEqual(identity.model, {
      kind: 'endpoint',
      address: 'editor:prompt-confidence-tests',
      name: 'tiny-chat',
      fingerprint: '1',
      verified: false,
    });
  });

  it('has a temperature that nobody knows', async () => {
    const { scores } = await score('A mixed thing.');
    assert.equal(scores[0]?.agreement?.temperature, null);
    assert.deepEqual(scores[0].agreement.counts, [2, 2]);
    assert.equal(scores[0].tie, true);
  });

  it('is read out of a chatty answer, and out of none', async () => {
    const { scores } = await score('Awful.');
    const agreement = scores[0]?.agreement ?? assert.fail();
    assert.equal((agreement.counts[1] ?? 0) + agreement.unparsed, 4);
    assert.equal(agreement.counts[0], 0);
  });

  it('shows no token probabilities, and it is said what works', async () => {
    await assert.rejects(score('Really good.', { ...CLASSIFIER, method: 'token-probability' }), {
      code: 'no-token-probabilities',
    });
  });

  it('says why it did not answer, of the one text, be it the first', async () => {
    const { scores, failure } = await scoreTexts(
      services,
      CLASSIFIER,
      ['It is broken.', 'Really good.', 'It is broken.'],
      { topTokens: 0 },
    );
    assert.deepEqual(
      scores.map((score) => score?.label ?? null),
      [null, 'positive', null],
    );
    assert.match(failure ?? '', /Tiny Chat did not answer: .*out of order/);
    assert.deepEqual((await score('It is broken.')).scores, [null]);
  });

  it('is missed by its id', async () => {
    const missing = { ...CLASSIFIER, source: { kind: 'editor' as const, name: 'no-such-model' } };
    await assert.rejects(score('Really good.', missing), /no language model "no-such-model".*tiny-chat/);
  });

  it('is let go of when the work is cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(
      scoreTexts(services, CLASSIFIER, ['Really good.'], { topTokens: 0, signal: controller.signal }),
      { code: 'cancelled' },
    );
  });
});
