/** The tokens that the model really sees, against transformers. Loads the models in this process: only tokens count. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Llama, LlamaModel } from 'node-llama-cpp';
import * as z from 'zod';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { chatPrompt } from '../../src/engine/chat-template';
import { promptStrings, tokenizePrompt } from '../../src/engine/prompt-tokens';
import { makeClassifier } from '../support/engine';
import { fixture, TEST_MODEL } from '../support/paths';

const chatSchema = z.object({
  chatTemplate: z.string(),
  chats: z.array(
    z.object({
      name: z.string(),
      messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
      rendered: z.string(),
      safeTokens: z.array(z.number()),
    }),
  ),
});
const sentimentSchema = z.object({
  texts: z.array(z.object({ text: z.string(), withBos: z.object({ tokens: z.array(z.number()) }) })),
});

describe('prompt tokens', () => {
  let llama: Llama;
  let tiny: LlamaModel;
  before(async () => {
    // Not a static import: tests are bundled as CommonJS, which cannot require a module with top-level await.
    const { getLlama } = await import('node-llama-cpp');
    llama = await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      maxThreads: 2,
    });
    tiny = await llama.loadModel({ modelPath: fixture('tiny-chat.gguf') });
  });

  const { chatTemplate, chats } = chatSchema.parse(
    JSON.parse(readFileSync(fixture('reference/chat-template.json'), 'utf8')),
  );

  it('render every chat as transformers does', () => {
    for (const chat of chats)
      assert.equal(
        chatPrompt(chatTemplate, chat.messages, { bos: '', eos: '' }).text,
        chat.rendered,
        chat.name,
      );
  });

  it('are those of apply_chat_template, and special tokens in the text stay text', () => {
    let compared = 0;
    for (const { name, messages, safeTokens } of chats) {
      // What a classifier can say: an instruction, answered examples, then the text.
      const system = messages[0]?.role === 'system' ? messages[0].content : '';
      const turns = messages.slice(messages[0]?.role === 'system' ? 1 : 0);
      const last = turns.at(-1);
      const pairs = turns.slice(0, -1);
      if (last?.role !== 'user' || pairs.length % 2 !== 0 || last.content !== last.content.trimEnd())
        continue;
      const examples = pairs.flatMap((turn, index) =>
        turn.role === 'user' ? [{ text: turn.content, label: pairs[index + 1]?.content ?? '' }] : [],
      );
      const labels = [...new Set([...examples.map((example) => example.label), 'Yes', 'No'])];
      if (
        system.includes('<|') ||
        examples.some((example) => `${example.text}${example.label}`.includes('<|'))
      )
        continue;
      if (last.content === '' || (messages[0]?.role === 'system' && system === '')) continue;
      const classifier = makeClassifier({
        instruction: system,
        template: '{{text}}',
        examples,
        labels: labels.map((label) => ({ name: label })),
      });
      const prompt = tokenizePrompt(
        classifier.asks,
        promptStrings(classifier.asks, chatTemplate, tiny),
        tiny,
      );
      assert.equal(prompt.kind, 'chat');
      assert.deepEqual(prompt.tokensFor(last.content).map(Number), safeTokens, name);
      compared++;
    }
    console.log(
      `    ${compared} of ${chats.length} chats can be said by a classifier; all have the same tokens`,
    );
    assert.ok(compared >= 6);
  });

  it('of the real model are those of transformers on every text, BOS included', async () => {
    const gemma = await llama.loadModel({ modelPath: TEST_MODEL });
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    const prompt = tokenizePrompt(sentiment.asks, promptStrings(sentiment.asks, undefined, gemma), gemma);
    const { texts } = sentimentSchema.parse(
      JSON.parse(readFileSync(fixture('reference/sentiment.json'), 'utf8')),
    );
    for (const { text, withBos } of texts) {
      const tokens = prompt.tokensFor(text).map(Number);
      assert.deepEqual(tokens, withBos.tokens, JSON.stringify(text));
      assert.deepEqual(
        tokens.slice(0, prompt.prefix.length),
        prompt.prefix.map(Number),
        'the prefix is a prefix',
      );
    }
    const [positive, negative] = prompt.spellingPaths;
    // " positive" and " negative", the likeliest spellings, come first.
    assert.deepEqual([positive?.[0], negative?.[0]], [[4414], [5676]]);
  });
});
