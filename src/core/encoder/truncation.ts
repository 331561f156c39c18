/** How many tokens of a text a sequence classification model gets. The tokenizer package cuts nothing. */
import * as z from 'zod';
import { shortened } from '../quote';
import { UserError } from '../user-error';

export interface Cutting {
  /** Most tokens, special tokens included; undefined for no limit. */
  readonly limit: number | undefined;
  /** Which end of a long text is left out. */
  readonly side: 'left' | 'right';
}

const COUNT = 'a whole number above 0';
const tokenizerSchema = z.looseObject({
  truncation: z
    .looseObject(
      {
        max_length: z.int(COUNT).positive(COUNT),
        direction: z.enum(['Left', 'Right'], '"Left" or "Right"').optional(),
      },
      'an object',
    )
    .nullish(),
});
const tokenizerConfigSchema = z.looseObject({
  // Not z.int(): transformers writes 1e30 for "no limit".
  model_max_length: z
    .number(COUNT)
    .positive(COUNT)
    .refine((tokens) => Number.isInteger(tokens), COUNT)
    .nullish(),
  truncation_side: z.enum(['left', 'right'], '"left" or "right"').nullish(),
});

/**
 * The cutting of a model: `truncation` of `tokenizer.json`, otherwise `model_max_length`; and never more than the model
 * has positions for.
 *
 * @param tokenizer parsed `tokenizer.json`
 * @param tokenizerConfig parsed `tokenizer_config.json`
 * @param special how many special tokens stand around every text
 * @throws UserError `encoder-tokenizer`, also where there is no room for a text beside them
 */
export function cuttingOf(
  tokenizer: unknown,
  tokenizerConfig: unknown,
  positionLimit: number | undefined,
  special: number,
): Cutting {
  const own = checked(tokenizerSchema, tokenizer, 'tokenizer.json');
  const config = checked(tokenizerConfigSchema, tokenizerConfig, 'tokenizer_config.json');
  const truncation = own.truncation ?? undefined;
  const said =
    truncation === undefined
      ? { by: '"model_max_length" in tokenizer_config.json', tokens: config.model_max_length ?? Infinity }
      : { by: '"max_length" in tokenizer.json', tokens: truncation.max_length };
  const possible = { by: '"max_position_embeddings" in config.json', tokens: positionLimit ?? Infinity };
  const { by, tokens } = possible.tokens < said.tokens ? possible : said;
  if (tokens <= special)
    throw new UserError(
      'encoder-tokenizer',
      `Nothing of a text would be left: ${by} allows only ${inWords(tokens, 'token')}, and every text gets ${inWords(special, 'special token')}.`,
    );
  return {
    limit: Number.isSafeInteger(tokens) ? tokens : undefined,
    side:
      truncation === undefined
        ? (config.truncation_side ?? 'right')
        : truncation.direction === 'Left'
          ? 'left'
          : 'right',
  };
}

function inWords(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** @throws UserError `encoder-tokenizer` that names the first value that is not as it has to be */
function checked<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [{ path, input, message } = { path: [], input: undefined, message: '' }] = parsed.error.issues;
  const found = input === undefined ? 'is missing' : `is ${shortened(JSON.stringify(input))}`;
  throw new UserError(
    'encoder-tokenizer',
    `${file} cannot be used: "${path.join('.')}" ${found}. It has to be ${message}.`,
  );
}

/** The special tokens that stand around every text. */
export interface Around {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * The tokens of a text between the special tokens, cut where they are too many: as Python's tokenizers cuts a single text.
 *
 * @param tokens of the text alone
 * @returns what the model gets, and how many tokens of the text were left out
 */
export function cutTokens(
  tokens: readonly number[],
  { before, after }: Around,
  { limit, side }: Cutting,
): { readonly ids: readonly number[]; readonly cut: number } {
  const room = limit === undefined ? tokens.length : Math.max(0, limit - before.length - after.length);
  const cut = Math.max(0, tokens.length - room);
  const kept = side === 'left' ? tokens.slice(cut) : tokens.slice(0, tokens.length - cut);
  return { ids: [...before, ...kept, ...after], cut };
}
