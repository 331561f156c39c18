/** What a model file can do to the engine, and what comes of it. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { cpu, scoreAll, startEngine } from '../support/engine';
import { partsOf } from '../support/gguf-file';
import { fixture } from '../support/paths';
import { sharedFolder } from '../support/temporary';

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
    ['infinite numbers', Infinity, /scores that are no numbers/],
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
