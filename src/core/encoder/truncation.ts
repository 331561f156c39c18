/** How many tokens of a text a sequence classification model gets. The tokenizer package cuts nothing. */
import * as z from 'zod';
import { UserError } from '../user-error';

export interface Cutting {
  /** Most tokens, special tokens included; undefined for no limit. */
  readonly limit: number | undefined;
  /** Which end of a long text is left out. */
  readonly side: 'left' | 'right';
}

const tokenizerSchema = z.looseObject({
  truncation: z
    .looseObject({ max_length: z.int().positive(), direction: z.enum(['Left', 'Right']).optional() })
    .nullish(),
});
const tokenizerConfigSchema = z.looseObject({
  model_max_length: z.number().positive().nullish(),
  truncation_side: z.enum(['left', 'right']).nullish(),
});

/**
 * The cutting of a model: `truncation` of `tokenizer.json`, otherwise `model_max_length`; and never more than the model
 * has positions for.
 *
 * @param tokenizer parsed `tokenizer.json`
 * @param tokenizerConfig parsed `tokenizer_config.json`
 * @throws UserError `encoder-tokenizer`
 */
export function cuttingOf(
  tokenizer: unknown,
  tokenizerConfig: unknown,
  positionLimit: number | undefined,
): Cutting {
  const own = tokenizerSchema.safeParse(tokenizer);
  const config = tokenizerConfigSchema.safeParse(tokenizerConfig);
  if (!own.success || !config.success)
    throw new UserError(
      'encoder-tokenizer',
      `${own.success ? 'tokenizer_config.json' : 'tokenizer.json'} does not say how long texts are cut.`,
    );
  const truncation = own.data.truncation ?? undefined;
  const { model_max_length, truncation_side } = config.data;
  const most = Math.min(truncation?.max_length ?? model_max_length ?? Infinity, positionLimit ?? Infinity);
  return {
    // transformers writes 1e30 for "no limit".
    limit: Number.isSafeInteger(most) ? most : undefined,
    side:
      truncation === undefined
        ? (truncation_side ?? 'right')
        : truncation.direction === 'Left'
          ? 'left'
          : 'right',
  };
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
