/**
 * Texts of others, encoded for the place where they are shown: labels, cells, headers, names, a server's words, and the
 * messages that quote them. Each kind of output has one encoder, used where the output leaves us. Markdown has its own
 * file (markdown.ts), and so has CSV (store/tables/csv-line.ts).
 */

// Control and format characters (zero-width, bidirectional), private use and lone surrogates: nothing that one sees.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu;

/** Those that join letters and emoji are part of the writing. */
const JOINERS = ['\u200c', '\u200d'];
const IN_A_LINE: ReadonlySet<string> = new Set(JOINERS);
const IN_LINES: ReadonlySet<string> = new Set([...JOINERS, '\n', '\t']);

function escapeInvisible(
  text: string,
  kept: ReadonlySet<string>,
  escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
): string {
  return text.replace(INVISIBLE, (character) => (kept.has(character) ? character : escaped(character)));
}

/** A token as one can see it: spaces as ·, line breaks as ⏎, tabs as ⇥, what has no shape by its code point. */
export function visibleToken(text: string): string {
  if (text === '') return '(empty)';
  return escapeInvisible(
    text.replaceAll(' ', '·').replaceAll('\r\n', '␍⏎').replaceAll('\n', '⏎').replaceAll('\t', '⇥'),
    new Set(),
  );
}

/** A name (label, classifier, file) on one line, with nothing invisible that could disguise it. */
export function visibleName(text: string): string {
  // The mark U+FEFF counts as a space and is not seen: it is escaped.
  return escapeInvisible(text.replace(/[^\S\uFEFF]+/g, ' '), IN_A_LINE);
}

/** A message on one line, its spaces kept: what is printed line by line cannot add a line of its own. */
export function oneLine(message: string): string {
  return escapeInvisible(message.replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' '), IN_A_LINE);
}

/** For a page: its elements take any text as text, so that only what is invisible is left to show. */
export function pageText(text: string): string {
  return escapeInvisible(text, IN_LINES);
}

/**
 * For a terminal: no character can move the cursor, change colours or turn the direction of the writing. What is escaped
 * is escaped as in JSON, so that a JSON document keeps its values.
 */
export function terminalText(text: string): string {
  return escapeInvisible(text, IN_LINES, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** For the log: one entry cannot look like two. */
export function logText(text: string): string {
  return escapeInvisible(text, IN_LINES).replaceAll('\n', '\n    ');
}

/**
 * For notifications, questions and lists of VS Code, which make links, commands among them, of `[text](target)` and icons
 * of `$(name)`: a space keeps each from being one.
 */
export function editorText(text: string): string {
  return pageText(text).replaceAll('](', '] (').replaceAll('$(', '$ (');
}

/** The same value with every string in it on one line. */
export function inOneLine<T>(value: T): T {
  return mapped(value) as T;
}

function mapped(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value);
  if (Array.isArray(value)) return value.map(mapped);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapped(inner)]));
}
