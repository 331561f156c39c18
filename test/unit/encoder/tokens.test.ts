import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import * as z from 'zod';
import { checkTokenizer, preparedText } from '../../../src/core/encoder/tokenizer';
import { cuttingOf, cutTokens } from '../../../src/core/encoder/truncation';
import {
  encoderFolder,
  type EncoderFixture,
  encoderReference,
  ENCODERS,
  LIMIT,
  oddTexts,
  readJson,
  tokenizerVariants,
} from '../../support/encoder';

const object = z.record(z.string(), z.unknown());

function files(name: EncoderFixture): readonly Record<string, unknown>[] {
  return ['tokenizer.json', 'tokenizer_config.json'].map((file) =>
    object.parse(readJson(path.join(encoderFolder(name), file))),
  );
}

/** As the encoder process makes them. */
function hashes(file: object, config: object, around: { before: number[]; after: number[] }): string[] {
  const tokenizer = new Tokenizer(file, config);
  const preparation = checkTokenizer(file);
  const { side } = cuttingOf(file, config, undefined);
  const rows = oddTexts().map((text) => {
    const { ids } = tokenizer.encode(preparedText(text, preparation), { add_special_tokens: false });
    return cutTokens(ids, around, { limit: LIMIT, side }).ids;
  });
  return Array.from({ length: rows.length / 10 }, (_, at) => {
    const ten = rows.slice(10 * at, 10 * at + 10).map((row) => `[${row.join(', ')}]`);
    return createHash('sha256')
      .update(`[${ten.join(', ')}]`)
      .digest('hex')
      .slice(0, 8);
  });
}

const AROUND = {
  'single-label': { before: [2], after: [3] },
  'multi-label': { before: [0], after: [2] },
  'one-logit': { before: [2], after: [3] },
};

describe('the tokens of a text', () => {
  for (const name of ENCODERS)
    it(`are those of Python's tokenizers: ${name}`, () => {
      const [file = {}, config = {}] = files(name);
      assert.deepEqual(hashes(file, config, AROUND[name]), encoderReference(name).ids);
    });

  for (const [index, { of, part, value, ids }] of tokenizerVariants().entries())
    it(`are those of Python's tokenizers: variant ${index + 1} of ${of}`, () => {
      const [file = {}, config = {}] = files(of);
      assert.deepEqual(hashes({ ...file, [part]: value }, config, AROUND[of]), ids);
    });

  it('are refused where a tokenizer is of another type', () => {
    const [file = {}] = files('single-label');
    const other: readonly (readonly [object, RegExp])[] = [
      [{ model: { type: 'Unigram', vocab: [] } }, /model is of the type "Unigram"/],
      [{ model: { type: 'BPE', vocab: {}, merges: [] } }, /normalizer is of the type "BertNormalizer"/],
      [{ normalizer: { type: 'Sequence' } }, /normalizer is of the type "Sequence"/],
      [{ pre_tokenizer: { type: 'Whitespace' } }, /pre-tokenizer is of the type "Whitespace"/],
      [{ post_processor: null }, /post-processor is missing/],
      [
        {
          post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: 'a', type_id: 2 } }] },
        },
        /different types/,
      ],
      [{ model: 7 }, /cannot be read/],
    ];
    for (const [changed, message] of other)
      assert.throws(() => checkTokenizer({ ...file, ...changed }), { code: 'encoder-tokenizer', message });
  });
});

describe('the cutting of a text', () => {
  it('takes the truncation of the tokenizer, else the smaller limit of config and positions', () => {
    assert.deepEqual(cuttingOf({ truncation: { max_length: 128 } }, { model_max_length: 512 }, 512), {
      limit: 128,
      side: 'right',
    });
    assert.deepEqual(
      cuttingOf({ truncation: { max_length: 128, direction: 'Left' } }, { model_max_length: 64 }, 512),
      { limit: 128, side: 'left' },
    );
    assert.equal(cuttingOf({ truncation: null }, { model_max_length: 512 }, 24).limit, 24);
    assert.equal(cuttingOf({}, { model_max_length: 1e30 }, 512).limit, 512);
    assert.equal(cuttingOf({}, { model_max_length: 1e30 }, undefined).limit, undefined);
    assert.equal(cuttingOf({}, { truncation_side: 'left' }, 24).side, 'left');
    // More than the model has positions for would be an error of the model.
    assert.equal(cuttingOf({ truncation: { max_length: 1024 } }, {}, 512).limit, 512);
    assert.throws(() => cuttingOf({ truncation: { max_length: -1 } }, {}, 512), {
      code: 'encoder-tokenizer',
    });
  });

  it('keeps the special tokens and as many tokens as there is room for', () => {
    const tokens = fc.array(fc.nat());
    const around = fc.record({
      before: fc.array(fc.nat(), { maxLength: 3 }),
      after: fc.array(fc.nat(), { maxLength: 3 }),
    });
    const cutting = fc.record({
      limit: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      side: fc.constantFrom('left', 'right'),
    });
    fc.assert(
      fc.property(tokens, around, cutting, (text, ends, how) => {
        const { ids, cut } = cutTokens(text, ends, how);
        const special = ends.before.length + ends.after.length;
        assert.equal(ids.length, special + text.length - cut);
        assert.ok(how.limit === undefined || ids.length <= Math.max(how.limit, special));
        assert.ok(cut === 0 || ids.length === Math.max(how.limit ?? Infinity, special));
        const kept = how.side === 'left' ? text.slice(cut) : text.slice(0, text.length - cut);
        assert.deepEqual(ids, [...ends.before, ...kept, ...ends.after]);
      }),
    );
  });
});
