/**
 * Which tokenizers of sequence classification models are supported: those whose ids are known to equal the ids of Python's
 * tokenizers. Another one would give other tokens for some texts, and so other scores without a word.
 */
import * as z from 'zod';
import { quoted } from '../quote';
import { UserError } from '../user-error';

const typed = z.looseObject({ type: z.string().optional() }).nullish();
const tokenizerSchema = z.looseObject({
  normalizer: typed,
  pre_tokenizer: typed,
  post_processor: typed,
  model: z.looseObject({
    type: z.string().optional(),
    merges: z.unknown().optional(),
    dropout: z.number().nullish(),
    byte_fallback: z.boolean().nullish(),
  }),
});
type TokenizerFile = z.infer<typeof tokenizerSchema>;

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

const POST_PROCESSORS: ReadonlySet<string> = new Set([
  'TemplateProcessing',
  'BertProcessing',
  'RobertaProcessing',
]);

/**
 * Checks a parsed `tokenizer.json`.
 *
 * @throws UserError `encoder-tokenizer` for a type that is not supported
 */
export function checkTokenizer(value: unknown): TextPreparation {
  const parsed = tokenizerSchema.safeParse(value);
  if (!parsed.success) throw unsupported('it cannot be read');
  const file = parsed.data;
  const after = file.post_processor?.type;
  if (after === undefined || !POST_PROCESSORS.has(after))
    throw unsupported(`its post-processor is ${typeInWords(after)}`);
  if (!hasOneSegment(file.post_processor)) throw unsupported('it gives tokens of one text different types');
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

const templateSchema = z.looseObject({
  single: z.array(z.record(z.string(), z.looseObject({ type_id: z.int() }))),
});

/** Whether all tokens of a single text have the token type 0. */
function hasOneSegment(postProcessor: unknown): boolean {
  const template = templateSchema.safeParse(postProcessor).data;
  return template?.single.every((part) => Object.values(part).every(({ type_id }) => type_id === 0)) ?? true;
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
