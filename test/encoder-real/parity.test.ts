/**
 * Real models, which scripts/encoders.mjs makes: their tokens and outputs are those of Python. In `npm test` one of them,
 * in `npm run test:long` all.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import * as z from 'zod';
import { encoderConfig } from '../../src/core/encoder/config';
import { TextTokenizer } from '../../src/encoder/text-tokens';
import type { EncoderClient } from '../../src/sources/encoder-client';
import { readJson } from '../support/encoder';
import { startEncoder } from '../support/encoder-process';

const FOLDER = process.env.PROMPT_CONFIDENCE_ENCODERS ?? assert.fail('no folder of real encoders');
const ALL = [
  { name: 'topics', kinds: ['single-label'], outputs: 5 },
  { name: 'reviews', kinds: ['single-label'], outputs: 2 },
  { name: 'passages', kinds: ['multi-label'], outputs: 5 },
  { name: 'praise', kinds: ['binary'], outputs: 1 },
  { name: 'origins', kinds: ['single-label'], outputs: 12 },
];
const CHOSEN = process.env.PROMPT_CONFIDENCE_ALL_ENCODERS === '1' ? ALL : ALL.slice(0, 1);

const reference = z.object({
  texts: z.array(z.string()),
  ids: z.array(z.array(z.int())),
  /** Of the first texts. */
  logits: z.array(z.array(z.number())).length(64),
});

for (const { name, kinds, outputs } of CHOSEN)
  describe(`the real model ${name}`, () => {
    const folder = path.join(FOLDER, name);
    const { texts, ids, logits } = reference.parse(readJson(path.join(folder, 'reference.json')));
    const config = encoderConfig(readJson(path.join(folder, 'config.json')));
    let client: EncoderClient;
    before(async () => (client = await startEncoder(folder)));
    after(() => client.dispose());

    async function logitsOf(some: readonly string[]): Promise<(readonly number[])[]> {
      return (await client.outputs(some)).map((output) => {
        assert.ok('logits' in output);
        return output.logits;
      });
    }

    it('has the outputs that its config names', () => {
      assert.deepEqual(config.kinds, kinds);
      assert.equal(config.outputs.length, outputs);
    });

    it('gets the tokens that it gets from tokenizers, for a thousand texts that are cut where it says', () => {
      const tokenizer = TextTokenizer.read(folder, config.positionLimit);
      assert.equal(texts.length, 1000);
      texts.forEach((text, row) => {
        assert.deepEqual(tokenizer.tokens(text).ids, ids[row], text);
      });
    });

    it('gives the logits of transformers within 1e-4 for 64 texts, alone or among others', async () => {
      const some = texts.slice(0, logits.length);
      const found = await logitsOf(some);
      const worst = logits.flatMap((row, at) =>
        row.map((value, k) => Math.abs(value - (found[at]?.[k] ?? NaN))),
      );
      assert.ok(
        worst.every((difference) => difference < 1e-4),
        String(Math.max(...worst)),
      );
      for (const at of [0, 31, 63])
        assert.deepEqual(await logitsOf(some.slice(at, at + 1)), found.slice(at, at + 1));
    });
  });
