/**
 * Parsing of text that may not be JSON; for files that people edit by hand, also the line of the first error.
 */

/** The parsed text; undefined if it is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Editors on Windows write a byte order mark, which is no JSON. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Every token but a string. */
const TOKEN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma or end' | 'nothing';

/**
 * The line, from 1, of the first place where a text stops being JSON (RFC 8259); undefined for valid JSON.
 * `JSON.parse` gives a position only in some of its messages.
 */
export function badJsonLine(text: string): number | undefined {
  const at = badJsonOffset(text);
  return at === undefined ? undefined : text.slice(0, at).split('\n').length;
}

function badJsonOffset(text: string): number | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    at += /^[ \t\r\n]*/.exec(text.slice(at, at + 65_536))?.[0].length ?? 0;
    if (/[ \t\r\n]/.test(text[at] ?? '')) continue;
    if (at === text.length) return expected === 'nothing' ? undefined : at;
    const token = tokenAt(text, at);
    const next: Expected | undefined = token === undefined ? undefined : after(token, expected, open);
    if (token === undefined || next === undefined) return at;
    expected = next;
    at += token.length;
  }
}

function tokenAt(text: string, at: number): string | undefined {
  if (text[at] === '"') return stringAt(text, at);
  TOKEN.lastIndex = at;
  return TOKEN.exec(text)?.[0];
}

/** With its quotes. No regular expression: a long string would take more of the stack than there is. */
function stringAt(text: string, start: number): string | undefined {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return text.slice(start, at + 1);
    if (character < ' ') return undefined;
    if (character !== '\\') continue;
    ESCAPE.lastIndex = at;
    const [escape] = ESCAPE.exec(text) ?? [];
    if (escape === undefined) return undefined;
    at += escape.length - 1;
  }
  return undefined;
}

/** What may follow a token; undefined where the token itself may not stand. Opens and closes brackets. */
function after(token: string, expected: Expected, open: ('{' | '[')[]): Expected | undefined {
  const isValue = expected === 'value' || expected === 'value or ]';
  const closed = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end');
  switch (token) {
    case '{':
    case '[':
      if (!isValue) return undefined;
      open.push(token);
      return token === '{' ? 'name or }' : 'value or ]';
    case '}':
    case ']': {
      const isEnd = expected === 'comma or end' || expected === (token === '}' ? 'name or }' : 'value or ]');
      if (!isEnd || open.pop() !== (token === '}' ? '{' : '[')) return undefined;
      return closed();
    }
    case ',':
      if (expected !== 'comma or end') return undefined;
      return open.at(-1) === '{' ? 'name' : 'value';
    case ':':
      return expected === 'colon' ? 'value' : undefined;
    default:
      if (isValue) return closed();
      return token.startsWith('"') && expected.startsWith('name') ? 'colon' : undefined;
  }
}
