/** JSON text as tools write it: with Python's NaN and Infinity, and with whole numbers of any length. */

/** Undefined where the text is no JSON; a problem where it is, but values of it would be lost. */
export type ParsedJson = { readonly value: unknown } | { readonly problem: string } | undefined;

/**
 * NaN, Infinity and numbers beyond the range of JavaScript's are null. Whole numbers of so many digits that JavaScript would
 * change the last ones, as ids are, are texts. Linear in the length of the text, and without recursion: lines come from anywhere.
 */
export function parsedJson(text: string): ParsedJson {
  const plain = parsed(text);
  const { exact, names } = scanned(text);
  const found = exact === text ? plain : parsed(exact);
  if (found === undefined) return undefined;
  // JSON.parse keeps the last of them without a word.
  return namesIn(found.value) < names ? { problem: 'has the same name twice in one object' } : found;
}

function parsed(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) as unknown };
  } catch {
    return undefined;
  }
}

/**
 * The text with numbers as `parsedJson` gives them, and how many names its objects have. Of a text that is no JSON, it is no
 * JSON either, unless Python's numbers alone were wrong.
 */
function scanned(text: string): { readonly exact: string; readonly names: number } {
  let exact = '';
  /** Up to where the text is in `exact`. */
  let taken = 0;
  let names = 0;
  const replace = (start: number, end: number, by: string): void => {
    exact += text.slice(taken, start) + by;
    taken = end;
  };
  for (let at = 0; at < text.length;) {
    const start = at;
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, start);
    else if (code === MINUS || isDigit(code)) {
      at = endOfNumber(text, start);
      if (code === MINUS && at - start === 1 && text.startsWith(INFINITY, at))
        replace(start, (at += INFINITY.length), 'null');
      else {
        const number = text.slice(start, at);
        if (Math.abs(Number(number)) > Number.MAX_SAFE_INTEGER) {
          if (isWhole(number)) replace(start, at, `"${number}"`);
          else if (!Number.isFinite(Number(number))) replace(start, at, 'null');
        }
      }
    } else if (code === LETTER_N && text.startsWith(NAN, at)) replace(start, (at += NAN.length), 'null');
    else if (code === LETTER_I && text.startsWith(INFINITY, at))
      replace(start, (at += INFINITY.length), 'null');
    else {
      if (code === COLON) names++;
      at++;
    }
  }
  return { exact: exact + text.slice(taken), names };
}

const NAN = 'NaN';
const INFINITY = 'Infinity';
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const LETTER_E = 0x45;
const SMALL_LETTER_E = 0x65;
const LETTER_N = 0x4e;
const LETTER_I = 0x49;

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Behind the closing quote of the string that opens there; the end of the text if nothing closes it. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

/** Behind the last character that a number can hold. */
function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (isOfNumber(text.charCodeAt(at))) at++;
  return at;
}

function isOfNumber(code: number): boolean {
  return (
    isDigit(code) ||
    code === POINT ||
    code === MINUS ||
    code === PLUS ||
    code === LETTER_E ||
    code === SMALL_LETTER_E
  );
}

function isWhole(number: string): boolean {
  return !/[^\d]/.test(number.slice(1));
}

/** How many names the objects of a value have. */
function namesIn(value: unknown): number {
  let names = 0;
  const open: unknown[] = [value];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one !== 'object' || one === null) continue;
    const inner: readonly unknown[] = Array.isArray(one) ? one : Object.values(one);
    if (!Array.isArray(one)) names += inner.length;
    for (const part of inner) if (typeof part === 'object' && part !== null) open.push(part);
  }
  return names;
}
