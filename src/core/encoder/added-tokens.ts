/**
 * The added tokens of a text (`added_tokens` of `tokenizer.json`), found as Python's tokenizers finds them. The tokenizer
 * package ignores `single_word`, takes other characters for white space, and finds an added token in changed text too.
 */

export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Not found beside a letter, a digit or "_". */
  readonly single_word: boolean;
  /** Whether the white space before it, or after it, belongs to it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Whether it is found in the normalized text, by its own normalized content. */
  readonly normalized: boolean;
}

/** The number of an added token, or text that is none. */
type Piece = number | { readonly text: string };

// As \w and \s of Rust: JavaScript's \w knows no letters but ASCII's; its \s has U+FEFF, and lacks U+0085.
const WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, 'u');
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, 'u');
const SPACE = /^\p{White_Space}$/u;

/** Finds some added tokens; of several at one place the longest. */
class Finder {
  private readonly tokens = new Map<string, AddedToken>();
  private readonly pattern: RegExp | undefined;

  /** @param tokens with the contents that are looked for, all different */
  constructor(tokens: readonly AddedToken[]) {
    if (tokens.length === 0) return;
    for (const token of tokens) this.tokens.set(token.content, token);
    const longestFirst = [...this.tokens.keys()].sort((a, b) => b.length - a.length);
    const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
    this.pattern = new RegExp(longestFirst.map(literal).join('|'), 'gu');
  }

  pieces(text: string): readonly Piece[] {
    const pieces: Piece[] = [];
    let at = 0;
    for (const { 0: content, index } of this.pattern === undefined ? [] : text.matchAll(this.pattern)) {
      const token = this.tokens.get(content);
      let [start, end] = [index, index + content.length];
      // No shorter one is looked for instead.
      if (token === undefined || (token.single_word && isInWord(text, start, end))) continue;
      if (token.lstrip) while (start > at && SPACE.test(text.charAt(start - 1))) start--;
      if (token.rstrip) while (end < text.length && SPACE.test(text.charAt(end))) end++;
      if (at < start) pieces.push({ text: text.slice(at, start) });
      pieces.push(token.id);
      at = end;
    }
    if (at < text.length) pieces.push({ text: text.slice(at) });
    return pieces;
  }
}

function isInWord(text: string, start: number, end: number): boolean {
  // Two units, because a letter may take both.
  return (
    ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
    STARTS_WITH_WORD.test(text.slice(end, end + 2))
  );
}

/**
 * The pieces of a text, in order: added tokens, and the text between them as `normalize` changes it.
 *
 * @throws Error for tokens without content, or with the same, once they are normalized: Python's tokenizers would take one
 * of them by chance
 */
export function pieceFinder(
  tokens: readonly AddedToken[],
  normalize: (text: string) => string,
): (text: string) => readonly Piece[] {
  const asWritten = new Finder(tokens.filter(({ normalized }) => !normalized));
  const normalized = tokens
    .filter((token) => token.normalized)
    .map((token) => ({ ...token, content: normalize(token.content) }));
  const contents = normalized.map(({ content }) => content);
  if (contents.includes('')) throw new Error('an added token is empty once it is normalized');
  if (new Set(contents).size < contents.length)
    throw new Error('two added tokens are the same once they are normalized');
  const afterwards = new Finder(normalized);
  return (text) =>
    asWritten
      .pieces(text)
      .flatMap((piece) => (typeof piece === 'number' ? [piece] : afterwards.pieces(normalize(piece.text))));
}
