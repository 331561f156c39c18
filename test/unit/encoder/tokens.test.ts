import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import * as z from 'zod';
import { checkTokenizer } from '../../../src/core/encoder/tokenizer';
import { cuttingOf, cutTokens } from '../../../src/core/encoder/truncation';
import { TextTokenizer } from '../../../src/encoder/text-tokens';
import { readEncoderFolder } from '../../../src/store/encoder-folder';
import {
  addedTokenVariants,
  encoderFolder,
  type EncoderFixture,
  encoderReference,
  ENCODERS,
  LIMIT,
  oddTexts,
  readJson,
  textsOf,
  tokenizerVariants,
} from '../../support/encoder';
import { temporaryFolder } from '../../support/temporary';

const object = z.record(z.string(), z.unknown());

function files(name: EncoderFixture): readonly Record<string, unknown>[] {
  return ['tokenizer.json', 'tokenizer_config.json'].map((file) =>
    object.parse(readJson(path.join(encoderFolder(name), file))),
  );
}

/** As the encoder process makes them. */
function hashes(file: object, config: object, texts: readonly string[]): string[] {
  const tokenizer = TextTokenizer.of(file, config, LIMIT);
  const rows = texts.map((text) => tokenizer.tokens(text).ids);
  return Array.from({ length: rows.length / 10 }, (_, at) => {
    const ten = rows.slice(10 * at, 10 * at + 10).map((row) => `[${row.join(', ')}]`);
    return createHash('sha256')
      .update(`[${ten.join(', ')}]`)
      .digest('hex')
      .slice(0, 8);
  });
}

describe('the tokens of a text', () => {
  for (const name of ENCODERS)
    it(`are those of Python's tokenizers: ${name}`, () => {
      const [file = {}, config = {}] = files(name);
      assert.deepEqual(hashes(file, config, oddTexts()), encoderReference(name).ids);
    });

  for (const [index, { of, part, value, ids }] of tokenizerVariants().entries())
    it(`are those of Python's tokenizers: variant ${index + 1} of ${of}`, () => {
      const [file = {}, config = {}] = files(of);
      assert.deepEqual(hashes({ ...file, [part]: value }, config, oddTexts()), ids);
    });

  const { pieces, added, variants } = addedTokenVariants();
  for (const [index, { of, added: which, changes, ids }] of variants.entries())
    it(`are those of Python's tokenizers: added tokens and white space, ${index + 1}, of ${of}`, () => {
      const [file = {}, config = {}] = files(of);
      const further = added[which] ?? [];
      const contents = further.map(({ content }) => content);
      const own = z.array(z.looseObject({ content: z.string() })).parse(file.added_tokens);
      const added_tokens = [...own.filter(({ content }) => !contents.includes(content)), ...further];
      const texts = textsOf(pieces, 10 * ids.length);
      assert.deepEqual(hashes({ ...file, ...changes, added_tokens }, config, texts), ids);
    });

  it('have the numbers that Python gives to added tokens and special tokens, whatever else the file says', () => {
    const [file = {}, config = {}] = files('multi-label');
    const added = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    const tokenizer = TextTokenizer.of(
      {
        ...file,
        added_tokens: ['<new>', '<mask>', '<newer>'].map((content) => ({ id: 7, content, ...added })),
        post_processor: { type: 'BertProcessing', cls: ['<s>', 50], sep: ['</s>', 60] },
      },
      config,
      undefined,
    );
    assert.deepEqual(tokenizer.tokens('<newer><mask><new>').ids, [50, 341, 4, 340, 60]);
  });

  it('are refused where Python would find one of two added tokens by chance, or one without content', () => {
    const [file = {}, config = {}] = files('single-label');
    const withAdded = (...contents: readonly string[]) => {
      const flags = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };
      const added_tokens = contents.map((content, at) => ({ id: 340 + at, content, ...flags }));
      return () => TextTokenizer.of({ ...file, added_tokens }, config, undefined);
    };
    const because = (message: RegExp) => ({ code: 'encoder-tokenizer', message });
    assert.throws(withAdded('Café', 'cafe'), because(/two added tokens are the same/));
    assert.throws(withAdded('\u0301'), because(/an added token is empty/));
    assert.throws(withAdded('a', 'a'), because(/an added token twice/));
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
      [
        { post_processor: { type: 'TemplateProcessing', single: [{ Sequence: { id: 'B', type_id: 0 } }] } },
        /does not keep the tokens of a text together/,
      ],
      [
        {
          post_processor: {
            type: 'TemplateProcessing',
            single: [{ SpecialToken: { id: 'a', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          },
        },
        /names a special token that it lacks/,
      ],
      [{ post_processor: { type: 'BertProcessing' } }, /post-processor cannot be read/],
      [{ model: 7 }, /cannot be read/],
    ];
    for (const [changed, message] of other)
      assert.throws(() => checkTokenizer({ ...file, ...changed }), { code: 'encoder-tokenizer', message });
  });
});

describe('the files of a model folder', () => {
  const folder = temporaryFolder();

  it('may begin with a byte order mark, as editors on Windows write it', async () => {
    const at = path.join(folder(), 'model');
    cpSync(encoderFolder('single-label'), at, { recursive: true });
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
      const file = path.join(at, name);
      writeFileSync(file, `\ufeff${readFileSync(file, 'utf8')}`);
    }
    assert.equal((await readEncoderFolder(at))?.config.outputs.length, 12);
    assert.equal(TextTokenizer.read(at, 64).limit, LIMIT);
  });
});

describe('the cutting of a text', () => {
  const cutting = (file: object, config: object, positions: number | undefined) =>
    cuttingOf(file, config, positions, 2);

  it('takes the truncation of the tokenizer, else the smaller limit of config and positions', () => {
    assert.deepEqual(cutting({ truncation: { max_length: 128 } }, { model_max_length: 512 }, 512), {
      limit: 128,
      side: 'right',
    });
    assert.deepEqual(
      cutting({ truncation: { max_length: 128, direction: 'Left' } }, { model_max_length: 64 }, 512),
      { limit: 128, side: 'left' },
    );
    assert.equal(cutting({ truncation: null }, { model_max_length: 512 }, 24).limit, 24);
    assert.equal(cutting({}, { model_max_length: 1e30 }, 512).limit, 512);
    assert.equal(cutting({}, { model_max_length: 1e30 }, undefined).limit, undefined);
    assert.equal(cutting({}, { truncation_side: 'left' }, 24).side, 'left');
    // More than the model has positions for would be an error of the model.
    assert.equal(cutting({ truncation: { max_length: 1024 } }, {}, 512).limit, 512);
  });

  it('is refused with the value that says no length or no side', () => {
    for (const [file, config, message] of [
      [
        { truncation: { max_length: -1 } },
        {},
        /tokenizer\.json .*"truncation\.max_length" is -1\. .* above 0/,
      ],
      [{ truncation: { max_length: 0 } }, {}, /"truncation\.max_length" is 0\./],
      [{ truncation: {} }, {}, /"truncation\.max_length" is missing/],
      [{ truncation: 7 }, {}, /"truncation" is 7\. It has to be an object/],
      [
        { truncation: { max_length: 9, direction: 'left' } },
        {},
        /direction" is "left"\. .*"Left" or "Right"/,
      ],
      [{}, { model_max_length: 0 }, /tokenizer_config\.json .*"model_max_length" is 0\./],
      [{}, { model_max_length: '512' }, /"model_max_length" is "512"\./],
      // Would be no limit.
      [{}, { model_max_length: 10.5 }, /"model_max_length" is 10\.5\./],
      [{}, { truncation_side: 'Left' }, /"truncation_side" is "Left"\. .*"left" or "right"/],
    ] as const)
      assert.throws(() => cutting(file, config, 512), { code: 'encoder-tokenizer', message });
  });

  it('is refused where the special tokens leave no room: every text would get the same scores', () => {
    for (const [file, config, positions, message] of [
      [{ truncation: { max_length: 2 } }, {}, 512, /"max_length" in tokenizer\.json allows only 2 tokens/],
      [{ truncation: { max_length: 1 } }, {}, 512, /allows only 1 token, and every text gets 2 special/],
      [{}, { model_max_length: 1 }, 512, /"model_max_length" in tokenizer_config\.json/],
      [{}, { model_max_length: 1e30 }, 1, /"max_position_embeddings" in config\.json/],
    ] as const)
      assert.throws(() => cutting(file, config, positions), { code: 'encoder-tokenizer', message });
    assert.equal(cutting({ truncation: { max_length: 3 } }, {}, 512).limit, 3);
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
