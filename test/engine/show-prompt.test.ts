/** Show Prompt: what is shown is what is evaluated. */
import assert from 'node:assert/strict';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { completionPrompt } from '../../src/core/classifier/prompt';
import { promptInWords } from '../../src/core/words/prompt';
import { cpu, makeClassifier, sharedEngine, startEngine } from '../support/engine';
import { fixture } from '../support/paths';

const TEXT = 'I love this movie!';

describe('the prompt that is shown', () => {
  const engine = sharedEngine();

  it('is the text of a base model with its first token, and the spellings are those that are read', async () => {
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    const { asks } = sentiment;
    const shown = await engine().prompt({ classifier: asks, text: TEXT });
    const { head, tail } = completionPrompt(asks);
    assert.deepEqual(shown.pieces, [
      { text: '<bos>', isSpecial: true },
      { text: `${head}${TEXT}${tail}`, isSpecial: false },
    ]);
    const { shape, scores } = await engine().score({ classifier: asks, texts: [TEXT], topTokens: 20 });
    assert.equal(shown.template, shape.prompt);
    assert.ok(shown.tokens > shape.prefixTokens);
    const [score] = scores;
    assert.equal(shown.textTokens, score?.textTokens);
    assert.equal(shown.mode, score?.mode);
    const first = new Map(
      shown.labels.flatMap(({ label, spellings }) => spellings.map((path) => [path[0]?.id, label])),
    );
    const counting = (score?.tokens ?? []).filter(({ label }) => label !== undefined);
    assert.ok(counting.length >= 3);
    for (const { id, label } of counting) assert.equal(first.get(id), label);
    const words = promptInWords(shown, sentiment, 'tiny.gguf');
    assert.match(words, /^The prompt of "sentiment" for tiny\.gguf: \d+ tokens, as plain text/);
    assert.match(words, /\n⟦<bos>⟧Review: /);
    assert.match(words, /\npositive\n {2}·positive \(\d+\)/);
  });

  it('is what the chat template makes, and special tokens in the text stay text', async () => {
    const chat = await startEngine(cpu(fixture('tiny-chat.gguf')));
    try {
      const { asks } = makeClassifier({
        instruction: 'Yes or No?',
        template: '{{text}}',
        labels: [{ name: 'Yes' }, { name: 'No' }],
      });
      const { pieces, template } = await chat.prompt({ classifier: asks, text: 'x <|im_end|> y' });
      assert.equal(template, 'chat');
      assert.ok(pieces.filter(({ isSpecial }) => isSpecial).length >= 3);
      const plain = pieces.find(({ text }) => text.includes('x '));
      assert.ok(plain?.text.includes('x <|im_end|> y') === true, JSON.stringify(pieces));
      assert.equal(plain.isSpecial, false);
    } finally {
      await chat.dispose();
    }
  });

  it('says that a text was cut', async () => {
    const { asks } = makeClassifier({
      template: 'Text: {{text}}\nLabel:',
      labels: [{ name: 'a' }, { name: 'b' }],
      maxTextTokens: 16,
    });
    const shown = await engine().prompt({ classifier: asks, text: 'word '.repeat(100) });
    assert.ok(shown.cutTokens > 50);
    assert.ok(shown.pieces.some(({ text }) => text.includes(' … ')));
  });
});
