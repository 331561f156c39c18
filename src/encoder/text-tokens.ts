/** The tokens of a text, as the model gets them. */
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import { checkTokenizer, preparedText, type TextPreparation } from '../core/encoder/tokenizer';
import { type Around, type Cutting, cuttingOf, cutTokens } from '../core/encoder/truncation';
import { UserError } from '../core/user-error';

/** A model without a limit of its own gets no more: the memory that a text takes grows with the square of its length. */
const MOST_TOKENS = 8192;

/** Some token, whatever the vocabulary. */
const ANY_TEXT = 'a';

export interface TextTokens {
  readonly ids: readonly number[];
  /** Tokens of the text, special tokens not included, and how many of them were left out. */
  readonly textTokens: number;
  readonly cutTokens: number;
}

export class TextTokenizer {
  private readonly around: Around;

  private constructor(
    private readonly tokenizer: Tokenizer,
    private readonly preparation: TextPreparation,
    private readonly cutting: Cutting & { readonly limit: number },
  ) {
    const text = this.ownTokens(ANY_TEXT);
    const { ids } = tokenizer.encode(ANY_TEXT);
    const start = ids.findIndex((_, at) => text.every((id, k) => ids[at + k] === id));
    if (text.length === 0 || start < 0)
      throw new UserError('encoder-tokenizer', 'The tokenizer does not keep the tokens of a text together.');
    this.around = { before: ids.slice(0, start), after: ids.slice(start + text.length) };
  }

  /**
   * Reads the tokenizer of a model folder.
   *
   * @throws UserError `encoder-tokenizer` for files that cannot be read or are not supported
   */
  static read(folder: string, positionLimit: number | undefined): TextTokenizer {
    const file = readObject(folder, 'tokenizer.json');
    const config = readObject(folder, 'tokenizer_config.json');
    const preparation = checkTokenizer(file);
    const { limit = MOST_TOKENS, side } = cuttingOf(file, config, positionLimit);
    let tokenizer: Tokenizer;
    try {
      tokenizer = new Tokenizer(file, config);
    } catch (error) {
      throw new UserError('encoder-tokenizer', `tokenizer.json cannot be used: ${messageOf(error)}.`, {
        cause: error,
      });
    }
    return new TextTokenizer(tokenizer, preparation, { limit, side });
  }

  /** Most tokens of a text, special tokens included. */
  get limit(): number {
    return this.cutting.limit;
  }

  /** @throws UserError `encoder-tokenizer` where a file gives tokens that are none */
  tokens(text: string): TextTokens {
    const own = this.ownTokens(preparedText(text, this.preparation));
    const { ids, cut } = cutTokens(own, this.around, this.cutting);
    return { ids, textTokens: own.length, cutTokens: cut };
  }

  private ownTokens(text: string): readonly number[] {
    const { ids } = this.tokenizer.encode(text, { add_special_tokens: false });
    // A vocabulary may lack its own token for unknown words, or have numbers that are none.
    if (ids.every((id) => Number.isSafeInteger(id) && id >= 0)) return ids;
    throw new UserError(
      'encoder-tokenizer',
      'tokenizer.json cannot be used: its vocabulary has no number for a token, or one that is not whole or below 0.',
    );
  }
}

function readObject(folder: string, name: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    if (typeof value === 'object' && value !== null) return value;
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
