import assert from 'node:assert/strict';
import { BUILTIN_CLASSIFIERS } from '../../../src/core/classifier/builtin';
import type { Asking } from '../../../src/core/classifier/definition';
import {
  chatMessages,
  checkText,
  completionPrompt,
  promptIdentity,
} from '../../../src/core/classifier/prompt';
import { promptClassifierFrom } from '../../support/prompt-classifier';

function classifier(fields: object): Asking {
  return promptClassifierFrom(
    {
      version: 1,
      name: 'c',
      template: 'T: {{text}}\nA:',
      labels: [{ name: 'Yes' }, { name: 'No' }],
      ...fields,
    },
    'c.json',
  ).asks;
}

describe('the prompt', () => {
  it('of the sentiment classifier is the one its figures were measured with', () => {
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    assert.deepEqual(completionPrompt(sentiment.asks), {
      head:
        'Review: An absolute masterpiece, I loved every minute.\nSentiment: positive\n' +
        'Review: Dull, lifeless and far too long.\nSentiment: negative\n' +
        'Review: What a waste of time, terrible acting.\nSentiment: negative\n' +
        'Review: Brilliant fun for the whole family.\nSentiment: positive\n' +
        'Review: ',
      tail: '\nSentiment:',
      answerPrefix: ' ',
    });
  });

  it('moves trailing spaces of the template into the answer', () => {
    assert.deepEqual(completionPrompt(classifier({ template: '{{text}} Answer:  ' })), {
      head: '',
      tail: ' Answer:',
      answerPrefix: ' ',
    });
    assert.equal(completionPrompt(classifier({ template: '{{text}}\nAnswer\n' })).answerPrefix, '');
  });

  it('puts the instruction first, and examples as turns of a chat', () => {
    const c = classifier({ instruction: 'Judge.', examples: [{ text: 'x', label: 'No' }] });
    assert.equal(completionPrompt(c).head, 'Judge.\n\nT: x\nA: No\nT: ');
    assert.deepEqual(chatMessages(c, '<TEXT>'), [
      { role: 'system', content: 'Judge.' },
      { role: 'user', content: 'T: x\nA:' },
      { role: 'assistant', content: 'No' },
      { role: 'user', content: 'T: <TEXT>\nA:' },
    ]);
  });

  it('keeps dollar signs of texts and templates as they are', () => {
    const c = classifier({ template: 'a$& {{text}} $1:', examples: [{ text: '$$ $&', label: 'No' }] });
    assert.equal(completionPrompt(c).head, 'a$& $$ $& $1: No\na$& ');
  });

  it('is another prompt when anything that the model sees changes, and the same when only the name does', () => {
    const base = promptIdentity(classifier({}));
    assert.equal(promptIdentity(classifier({ name: 'other', description: 'x' })), base);
    assert.notEqual(promptIdentity(classifier({ instruction: 'x' })), base);
    assert.notEqual(promptIdentity(classifier({ labels: [{ name: 'No' }, { name: 'Yes' }] })), base);
  });

  it('is not made for nothing or for binary data', () => {
    assert.throws(() => checkText(' \n\t'), /There is no text/);
    assert.throws(() => checkText('a\0b'), /binary data/);
    checkText('‮rtl 🙂 \ud800');
  });
});
