/** The tokens of a text, as the model gets them. */
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { ByteLevelPreTokenizer, Tokenizer } from '@huggingface/tokenizers';
import { withoutByteOrderMark } from '../core/data/json';
import { pieceFinder } from '../core/encoder/added-tokens';
import { checkTokenizer, preparedText, type TokenizerPlan } from '../core/encoder/tokenizer';
import { type Around, type Cutting, cuttingOf, cutTokens } from '../core/encoder/truncation';
import { UserError } from '../core/user-error';

/** A model without a limit of its own gets no more: the memory that a text takes grows with the square of its length. */
const MOST_TOKENS = 8192;

/**
 * What byte-level BPE takes apart. The package writes \s for white space, which in JavaScript has U+FEFF and lacks U+0085; in
 * Python's tokenizers it is the other way round.
 */
const BYTE_LEVEL_PARTS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Some token, whatever the vocabulary. */
const ANY_TEXT = 'a';

export interface TextTokens {
  readonly ids: readonly number[];
  /** Tokens of the text, special tokens not included, and how many of them were left out. */
  readonly textTokens: number;
  readonly cutTokens: number;
}

export class TextTokenizer {
  private constructor(
    private readonly numbers: (text: string) => readonly number[],
    private readonly around: Around,
    private readonly cutting: Cutting & { readonly limit: number },
  ) {
    this.ownTokens(ANY_TEXT);
  }

  /**
   * Reads the tokenizer of a model folder.
   *
   * @throws UserError `encoder-tokenizer` for files that cannot be read or are not supported
   */
  static read(folder: string, positionLimit: number | undefined): TextTokenizer {
    const file = readObject(folder, 'tokenizer.json');
    return TextTokenizer.of(file, readObject(folder, 'tokenizer_config.json'), positionLimit);
  }

  /** The same for parsed files. */
  static of(file: object, config: object, positionLimit: number | undefined): TextTokenizer {
    const plan = checkTokenizer(file);
    const special = plan.around.before.length + plan.around.after.length;
    const { limit = MOST_TOKENS, side } = cuttingOf(file, config, positionLimit, special);
    try {
      return new TextTokenizer(numbersOf(file, config, plan), plan.around, { limit, side });
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError('encoder-tokenizer', `tokenizer.json cannot be used: ${messageOf(error)}.`, {
        cause: error,
      });
    }
  }

  /** Most tokens of a text, special tokens included. */
  get limit(): number {
    return this.cutting.limit;
  }

  /** @throws UserError `encoder-tokenizer` where a file gives tokens that are none */
  tokens(text: string): TextTokens {
    const own = this.ownTokens(text);
    const { ids, cut } = cutTokens(own, this.around, this.cutting);
    return { ids, textTokens: own.length, cutTokens: cut };
  }

  private ownTokens(text: string): readonly number[] {
    const ids = this.numbers(text);
    // A vocabulary may lack its own token for unknown words, or have numbers that are none.
    if (ids.every((id) => Number.isSafeInteger(id) && id >= 0)) return ids;
    throw new UserError(
      'encoder-tokenizer',
      'tokenizer.json cannot be used: its vocabulary has no number for a token, or one that is not whole or below 0.',
    );
  }
}

/**
 * The numbers of the tokens of a text, without special tokens around them; NaN for a token without one.
 *
 * The package's `encode` is not used: it takes the added tokens into the vocabulary, and finds them in places where Python's
 * tokenizers does not. Its normalizer, pre-tokenizer and model are.
 */
function numbersOf(
  file: object,
  config: object,
  { preparation, addedTokens }: TokenizerPlan,
): (text: string) => readonly number[] {
  const { normalizer, pre_tokenizer, model } = new Tokenizer({ ...file, added_tokens: [] }, config);
  if (pre_tokenizer === null || model === null) throw new Error('it has no model or no pre-tokenizer');
  if (pre_tokenizer instanceof ByteLevelPreTokenizer) pre_tokenizer.pattern = BYTE_LEVEL_PARTS;
  const pieces = pieceFinder(addedTokens, (text) => {
    const prepared = preparedText(text, preparation);
    return normalizer === null ? prepared : normalizer(prepared);
  });
  const number = (token: string): number => model.tokens_to_ids.get(token) ?? model.unk_token_id ?? NaN;
  return (text) =>
    pieces(text).flatMap((piece) =>
      // Each part alone: where unknown tokens are fused, the package would fuse those of two parts.
      typeof piece === 'number'
        ? [piece]
        : pre_tokenizer(piece.text).flatMap((part) => model([part]).map(number)),
    );
}

function readObject(folder: string, name: string): object {
  try {
    const value: unknown = JSON.parse(withoutByteOrderMark(readFileSync(path.join(folder, name), 'utf8')));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    throw new Error('it holds no object');
  } catch (error) {
    throw new UserError('encoder-tokenizer', `${name} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
