/** What a model file can do to the engine, and what comes of it. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { variantsOf } from '../../src/core/scoring/variants';
import type { EngineClient } from '../../src/sources/engine-client';
import { promptStrings } from '../../src/engine/prompt-tokens';
import { cpu, scoreAll, startEngine } from '../support/engine';
import { partsOf, withChatTemplate } from '../support/gguf-file';
import { assertClear, codeOf, ENDED_TEMPLATES, REFUSED_TEMPLATES } from '../support/hostile-templates';
import { mutations } from '../support/gguf-mutations';
import { outcomeOf, readModel } from '../support/mutated-models';
import { fixture, TEST_MODEL } from '../support/paths';
import { sharedFolder } from '../support/temporary';

const NO_SPECIAL_TOKENS = { tokens: { bosString: null, eosString: null } };
const [sentiment = assert.fail()] = BUILTIN_CLASSIFIERS;

describe('a model with damaged weights', () => {
  const folder = sharedFolder();

  /** The small model with this number in the place of each weight of its last layer norm. */
  async function withLastNorm(weight: number): Promise<string> {
    const content = await readFile(fixture('tiny-chat.gguf'));
    const { tensors } = partsOf(content);
    const norm = tensors.find(({ name }) => name === 'output_norm.weight');
    const width = norm?.dimensions[0];
    assert.ok(norm && width);
    for (let index = 0; index < Number(content.readBigUInt64LE(width.at)); index++)
      content.writeFloatLE(weight, norm.dataAt + 4 * index);
    const file = path.join(folder(), `${weight}.gguf`);
    await writeFile(file, content);
    return file;
  }

  for (const [what, weight, message] of [
    ['no numbers', NaN, /scores that are no numbers/],
    ['the same number for every token', 0, /every token the same score/],
  ] as const)
    it(`is said to be broken where it gives ${what}, and gives no score`, async () => {
      const engine = await startEngine(cpu(await withLastNorm(weight)));
      try {
        await assert.rejects(scoreAll(engine, sentiment, ['I love it'], 5), {
          code: 'model-broken',
          message,
        });
        const prompts = [{ classifier: sentiment.asks, samples: 3 }];
        await assert.rejects(engine.sample({ prompts, texts: ['I love it'], temperature: 0.7, seed: 1 }), {
          code: 'model-broken',
          message,
        });
      } finally {
        await engine.dispose();
      }
    });
});

describe('a damaged header of a model', () => {
  const folder = sharedFolder();
  let engine: EngineClient;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.dispose());

  // 500 of them are in test/long.
  for (const [name, model, count] of [
    ['small', fixture('tiny-chat.gguf'), 17],
    ['real', TEST_MODEL, 3],
  ] as const)
    it(`comes to a score, a clear error or a contained crash: ${count} times with the ${name} model`, async () => {
      const original = await readModel(model);
      const file = path.join(folder(), 'damaged.gguf');
      const outcomes = new Set<string>();
      for (const mutation of mutations(original.start, count, 14))
        outcomes.add(await outcomeOf(mutation, original, engine, sentiment, file));
      assert.ok(outcomes.size > 1);
    });
});

describe('a chat template', () => {
  const folder = sharedFolder();
  let engine: EngineClient;
  before(async () => {
    engine = await startEngine(cpu(), { templateTimeoutMs: 500 });
  });
  after(() => engine.dispose());

  for (const { what, template } of REFUSED_TEMPLATES)
    it(`is refused with ${what}`, () => {
      assert.throws(
        () => promptStrings(sentiment.asks, template, NO_SPECIAL_TOKENS),
        (error) => assertClear(error) === 'chat-template',
      );
    });

  for (const hostile of ENDED_TEMPLATES)
    it(`costs its engine and no more with ${hostile.what}`, () =>
      codeOf(hostile, engine, sentiment, folder()));

  it('has one clock for all orders of its prompt', async () => {
    const slow = `{% for i in range(10000) %}{% for j in range(3) %}{% endfor %}{% endfor %}{% for message in messages %}{{ message.content }}{% endfor %}`;
    const file = path.join(folder(), 'slow.gguf');
    await writeFile(file, withChatTemplate(await readFile(fixture('tiny-chat.gguf')), slow));
    await engine.use(cpu(file));
    const examples = Array.from({ length: 5 }, (_, index) => ({ text: `Text ${index}`, label: 'positive' }));
    const prompts = variantsOf(
      {
        ...sentiment,
        asks: { ...sentiment.asks, examples },
        consistency: { samples: 60, temperature: 1, variants: 'permuted' },
      },
      0,
    ).map(({ asks, samples }) => ({ classifier: asks, samples }));
    await assert.rejects(engine.sample({ prompts, texts: ['I love it'], temperature: 1, seed: 0 }), {
      code: 'chat-template-slow',
    });
  });

  it('stops no other model, however often it has stopped the engine', async () => {
    await engine.use(cpu(fixture('tiny-chat.gguf')));
    const [score] = await scoreAll(engine, sentiment, ['I love it']);
    assert.equal(score?.labels.length, 2);
  });
});
