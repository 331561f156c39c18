/**
 * What the token of a server stands for. Servers write tokens in many ways: with the white space of the tokenizer's
 * own alphabet ("Ġyes", "▁yes"), in pieces of bytes, wrongly decoded, or as nothing at all.
 */

/** A token as a server shows it. */
export interface TokenText {
  readonly text: string;
  /** UTF-8 bytes of the token, if the server gives them. */
  readonly bytes?: readonly number[] | undefined;
}

/** What a token may stand for. Byte strings: one character for each byte of the UTF-8 form. */
export interface TokenReading {
  /** Ways to read it, the likeliest first; none of them is empty. Empty for white space, and for what cannot be read. */
  readonly readings: readonly string[];
  /**
   * For a token that cannot be read: the byte string that it begins with. Anything may follow if `isOpen`, otherwise a
   * character beyond ASCII. Undefined for a token that can be read.
   */
  readonly unclear: { readonly start: string; readonly isOpen: boolean } | undefined;
}

const REPLACEMENT = '\uFFFD';

/** White space in the alphabets of byte-level and SentencePiece tokenizers. */
const MARKS: readonly (readonly [RegExp, string])[] = [
  [/[Ġ▁]/gu, ' '],
  [/Ċ/gu, '\n'],
  [/ĉ/gu, '\t'],
  [/č/gu, '\r'],
];

/** Quotes, brackets and Markdown that models put around an answer; they are skipped in drawn answers, too. */
export const WRAPPING = /^[\s"'“”‘’«»„`*_()[\]{}#>]+/u;
const WRAPPING_AFTER = /[\s"'“”‘’«»„`*_()[\]{}.,;:!?。，]+$/u;

/** A byte in text: "<0xE5>" of SentencePiece, "\xe5" of OpenAI's completions, which begin with "bytes:". */
const BYTE = /<0x([0-9A-Fa-f]{2})>|\\x([0-9A-Fa-f]{2})/gu;

/** cp1252 from 0x80 on, as far as it differs from Latin-1. */
const CP1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** The bytes of a text in UTF-8, as a byte string. */
export function utf8(text: string): string {
  let bytes = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const tail = (shift: number): string => String.fromCharCode(0x80 | ((code >> shift) & 0x3f));
    if (code < 0x80) bytes += character;
    else if (code < 0x800) bytes += String.fromCharCode(0xc0 | (code >> 6)) + tail(0);
    else if (code < 0x10000) bytes += String.fromCharCode(0xe0 | (code >> 12)) + tail(6) + tail(0);
    else bytes += String.fromCharCode(0xf0 | (code >> 18)) + tail(12) + tail(6) + tail(0);
  }
  return bytes;
}

/** A token's text with white space instead of the tokenizer's marks for it. */
export function plainText(text: string): string {
  return MARKS.reduce((plain, [mark, space]) => plain.replace(mark, space), text);
}

/** Whether a token is white space, or only begins what is put around an answer. */
export function isBlank({ text, bytes }: TokenText): boolean {
  const plain = plainText(text);
  return plain !== '' && plain.replace(WRAPPING, '') === '' && !text.includes(REPLACEMENT)
    ? true
    : plain === '' && bytes !== undefined && bytes.length > 0 && bytes.every((byte) => byte <= 0x20);
}

/** How a token can be read. */
export function readToken({ text, bytes }: TokenText): TokenReading {
  const cannotBeRead = text === '' || text.includes(REPLACEMENT);
  if (cannotBeRead && bytes !== undefined && bytes.length > 0)
    return { readings: kept([trimBytes(String.fromCharCode(...bytes))]), unclear: undefined };
  if (cannotBeRead) {
    const start = plainText(text.split(REPLACEMENT)[0] ?? '').trimStart();
    return { readings: [], unclear: { start: utf8(start), isOpen: text === '' } };
  }
  const spelt = speltBytes(text);
  if (spelt !== undefined)
    return { readings: kept([trimBytes(spelt), utf8(text.trim())]), unclear: undefined };
  const plain = plainText(text).trim();
  const unwrapped = plain.replace(WRAPPING, '');
  return {
    readings: kept([
      utf8(text.trim()),
      utf8(plain),
      utf8(unwrapped),
      utf8(unwrapped.replace(WRAPPING_AFTER, '')),
      ...misread(text).map(trimBytes),
    ]),
    unclear: undefined,
  };
}

function kept(readings: readonly string[]): string[] {
  return [...new Set(readings)].filter((reading) => reading !== '');
}

function trimBytes(bytes: string): string {
  return bytes.replace(/^[ \t\n\r]+|[ \t\n\r]+$/gu, '');
}

/** The byte string of a text that spells bytes; undefined for any other. */
function speltBytes(text: string): string | undefined {
  const body = text.replace(/^bytes:/u, '');
  if (body.replace(BYTE, '') !== '' && body === text) return undefined;
  if (!new RegExp(BYTE.source, 'u').test(body)) return undefined;
  let bytes = '';
  let last = 0;
  for (const match of body.matchAll(BYTE)) {
    bytes +=
      utf8(body.slice(last, match.index)) + String.fromCharCode(parseInt(match[1] ?? match[2] ?? '', 16));
    last = match.index + match[0].length;
  }
  return bytes + utf8(body.slice(last));
}

/** The bytes that a text was made from if somebody took each of them for a character of its own. */
function misread(text: string): string[] {
  if (!/[^\0-\x7f]/u.test(text)) return [];
  return [byteLevel(text), singleBytes(text)].filter((bytes) => bytes !== undefined);
}

/** The alphabet of byte-level tokenizers (GPT-2): printable bytes stand for themselves, the others from U+0100 on. */
function byteLevel(text: string): string | undefined {
  let bytes = '';
  for (const character of text) {
    const byte = BYTE_OF.get(character);
    if (byte === undefined) return undefined;
    bytes += String.fromCharCode(byte);
  }
  return bytes;
}

const BYTE_OF: ReadonlyMap<string, number> = (() => {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let others = 0;
  return new Map(
    Array.from({ length: 256 }, (_, byte): [string, number] => [
      String.fromCharCode(isPrintable(byte) ? byte : 0x100 + others++),
      byte,
    ]),
  );
})();

/** UTF-8 that was read as Latin-1 or cp1252. */
function singleBytes(text: string): string | undefined {
  let bytes = '';
  for (const character of text) {
    const special = CP1252.indexOf(character);
    const code = special >= 0 ? 0x80 + special : (character.codePointAt(0) ?? 0);
    if (code > 0xff) return undefined;
    bytes += String.fromCharCode(code);
  }
  return bytes;
}
