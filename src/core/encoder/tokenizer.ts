/**
 * Which tokenizers of sequence classification models are supported: those whose ids are known to equal the ids of Python's
 * tokenizers. Another one would give other tokens for some texts, and so other scores without a word.
 */
import * as z from 'zod';
import { quoted } from '../quote';
import { UserError } from '../user-error';
import type { AddedToken } from './added-tokens';
import type { Around } from './truncation';

const typed = z.looseObject({ type: z.string().optional() }).nullish();
const tokenizerSchema = z.looseObject({
  normalizer: typed,
  pre_tokenizer: typed,
  post_processor: typed,
  added_tokens: z
    .array(
      z.object({
        content: z.string().min(1),
        single_word: z.boolean(),
        lstrip: z.boolean(),
        rstrip: z.boolean(),
        normalized: z.boolean(),
      }),
    )
    .default([]),
  model: z.looseObject({
    type: z.string().optional(),
    vocab: z.unknown(),
    merges: z.unknown().optional(),
    dropout: z.number().nullish(),
    byte_fallback: z.boolean().nullish(),
  }),
});
type TokenizerFile = z.infer<typeof tokenizerSchema>;

/** What is done here, because the tokenizer package differs from Python's tokenizers in it. */
export interface TokenizerPlan {
  readonly preparation: TextPreparation;
  readonly addedTokens: readonly AddedToken[];
  readonly around: Around;
}

/** How a text is changed before the tokenizer package gets it, where the package differs from Python's tokenizers. */
export interface TextPreparation {
  /**
   * Whether capital sigma is made small: JavaScript writes a final one as "ς", Python's tokenizers, which sees one
   * character at a time, as "σ".
   */
  readonly lowersSigma: boolean;
  /** Whether ideographs beyond U+FFFF, which the package takes for two halves, are set apart. */
  readonly setsIdeographsApart: boolean;
}

/**
 * Checks a parsed `tokenizer.json`.
 *
 * @throws UserError `encoder-tokenizer` for a type that is not supported
 */
export function checkTokenizer(value: unknown): TokenizerPlan {
  const parsed = tokenizerSchema.safeParse(value);
  if (!parsed.success) throw unsupported('it cannot be read');
  const file = parsed.data;
  const around = aroundOf(file);
  return { preparation: preparationOf(file), addedTokens: addedTokensOf(file), around };
}

function preparationOf(file: TokenizerFile): TextPreparation {
  switch (modelType(file)) {
    case 'WordPiece':
      return wordPiece(file);
    case 'BPE':
      return byteLevel(file);
    default:
      throw unsupported(`its model is ${typeInWords(modelType(file))}`);
  }
}

/** Files of older versions leave it out. */
function modelType({ model }: TokenizerFile): string | undefined {
  if (model.type !== undefined) return model.type;
  return model.merges === undefined ? undefined : 'BPE';
}

const bertSchema = z.looseObject({
  type: z.literal('BertNormalizer'),
  clean_text: z.literal(true),
  lowercase: z.boolean(),
  handle_chinese_chars: z.boolean(),
});

function wordPiece({ normalizer, pre_tokenizer }: TokenizerFile): TextPreparation {
  const bert = bertSchema.safeParse(normalizer);
  if (!bert.success) throw unsupported(`its normalizer is ${typeInWords(normalizer?.type)}`);
  if (pre_tokenizer?.type !== 'BertPreTokenizer')
    throw unsupported(`its pre-tokenizer is ${typeInWords(pre_tokenizer?.type)}`);
  return { lowersSigma: bert.data.lowercase, setsIdeographsApart: bert.data.handle_chinese_chars };
}

function byteLevel({ normalizer, pre_tokenizer, model }: TokenizerFile): TextPreparation {
  const normal = normalizer ?? undefined;
  if (normal !== undefined && normal.type !== 'NFC')
    throw unsupported(`its normalizer is ${typeInWords(normal.type)}`);
  if (pre_tokenizer?.type !== 'ByteLevel' || pre_tokenizer.use_regex === false)
    throw unsupported(`its pre-tokenizer is ${typeInWords(pre_tokenizer?.type)}`);
  if ((model.dropout ?? 0) > 0) throw unsupported('it drops merges at random');
  if (model.byte_fallback === true) throw unsupported('it falls back to bytes');
  return { lowersSigma: false, setsIdeographsApart: false };
}

const vocabularySchema = z.record(z.string(), z.number());

/** With the numbers that Python's tokenizers gives them, whatever the file says: a token of the vocabulary keeps its own. */
function addedTokensOf({ added_tokens, model }: TokenizerFile): readonly AddedToken[] {
  const vocabulary = vocabularySchema.safeParse(model.vocab).data;
  if (vocabulary === undefined) throw unsupported('its vocabulary cannot be read');
  const numbers = new Map(Object.entries(vocabulary));
  const contents = new Set(added_tokens.map(({ content }) => content));
  if (contents.size < added_tokens.length) throw unsupported('it has an added token twice');
  const size = numbers.size;
  let highest = -1;
  return added_tokens.map((token) => {
    const id = numbers.get(token.content) ?? Math.max(size, highest + 1);
    highest = Math.max(highest, id);
    return { ...token, id };
  });
}

const partSchema = z.looseObject({ id: z.string(), type_id: z.int() }).optional();
const templateSchema = z.looseObject({
  single: z.array(z.looseObject({ SpecialToken: partSchema, Sequence: partSchema })),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })).default({}),
});
const end = z.tuple([z.string(), z.int()]);
const endsSchema = z.looseObject({ cls: end, sep: end });

/** The special tokens around a single text. */
function aroundOf({ post_processor: found }: TokenizerFile): Around {
  switch (found?.type) {
    case 'TemplateProcessing':
      return aroundInTemplate(found);
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const ends = endsSchema.safeParse(found).data;
      if (ends === undefined) throw unsupported('its post-processor cannot be read');
      return { before: [ends.cls[1]], after: [ends.sep[1]] };
    }
    default:
      throw unsupported(`its post-processor is ${typeInWords(found?.type)}`);
  }
}

function aroundInTemplate(found: unknown): Around {
  const template = templateSchema.safeParse(found).data;
  if (template === undefined) throw unsupported('its post-processor cannot be read');
  const { single, special_tokens } = template;
  if (single.some(({ SpecialToken: special, Sequence: text }) => (special ?? text)?.type_id !== 0))
    throw unsupported('it gives tokens of one text different types');
  const texts = single.flatMap(({ Sequence: text }, at) => (text === undefined ? [] : [{ id: text.id, at }]));
  const [text] = texts;
  if (text?.id !== 'A' || texts.length > 1)
    throw unsupported('it does not keep the tokens of a text together');
  const numbers = (parts: typeof single): readonly number[] =>
    parts.flatMap(({ SpecialToken: special }) => {
      const ids = special_tokens[special?.id ?? '']?.ids;
      if (ids === undefined) throw unsupported('its post-processor names a special token that it lacks');
      return ids;
    });
  return { before: numbers(single.slice(0, text.at)), after: numbers(single.slice(text.at + 1)) };
}

function typeInWords(type: string | undefined): string {
  return type === undefined ? 'missing' : `of the type ${quoted(type)}`;
}

function unsupported(why: string): UserError {
  return new UserError(
    'encoder-tokenizer',
    `This tokenizer is not supported: ${why}. Supported are those of BERT (WordPiece) and RoBERTa (byte-level BPE), whose tokens are known to be the same as in Python.`,
  );
}

/** CJK ideographs beyond U+FFFF, in the ranges of Python's tokenizers. */
const IDEOGRAPHS =
  /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/** A text as the tokenizer package has to get it. */
export function preparedText(text: string, { lowersSigma, setsIdeographsApart }: TextPreparation): string {
  const lowered = lowersSigma ? text.replaceAll('Σ', 'σ') : text;
  return setsIdeographsApart ? lowered.replace(IDEOGRAPHS, ' $& ') : lowered;
}
