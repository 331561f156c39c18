/** Places in a text that is being edited. Lines and characters count from 0; characters are UTF-16 units. */

interface TextPosition {
  readonly line: number;
  readonly character: number;
}

export interface TextRange {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

/** What replaced a range. */
export interface TextChange {
  readonly range: TextRange;
  readonly text: string;
}

/** Negative if a comes before b, 0 if they are the same place. */
function comparePositions(a: TextPosition, b: TextPosition): number {
  return a.line - b.line || a.character - b.character;
}

/**
 * The position of a range after edits outside it, or undefined if an edit reaches into it. Text that is inserted right
 * at its start or end stays outside.
 *
 * @param changes of one edit: they do not overlap, and all are given in the text as it was before
 */
export function moveRange(range: TextRange, changes: readonly TextChange[]): TextRange | undefined {
  // From the end of the text to its beginning: each leaves the ones before it in place.
  const ordered = changes.toSorted((a, b) => comparePositions(b.range.start, a.range.start));
  let { start, end } = range;
  for (const change of ordered) {
    if (comparePositions(change.range.start, end) >= 0) continue;
    if (comparePositions(change.range.end, start) > 0) return undefined;
    start = shifted(start, change);
    end = shifted(end, change);
  }
  return { start, end };
}

/** The new place of a position at or after a change. */
function shifted(position: TextPosition, change: TextChange): TextPosition {
  const lines = change.text.split(/\r\n|\r|\n/);
  const { start, end } = change.range;
  const line = position.line + lines.length - 1 - (end.line - start.line);
  if (position.line !== end.line) return { line, character: position.character };
  const last = lines.at(-1)?.length ?? 0;
  const base = lines.length === 1 ? start.character + last : last;
  return { line, character: base + position.character - end.character };
}

/**
 * A range without the white space at both ends, or undefined if it contains nothing else.
 *
 * @param text what stands in the range
 */
export function trimRange(range: TextRange, text: string): TextRange | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const before = text.slice(0, text.indexOf(trimmed));
  const start = advance(range.start, before);
  return { start, end: advance(start, trimmed) };
}

function advance(position: TextPosition, text: string): TextPosition {
  const lines = text.split(/\r\n|\r|\n/);
  const last = lines.at(-1)?.length ?? 0;
  return lines.length === 1
    ? { line: position.line, character: position.character + last }
    : { line: position.line + lines.length - 1, character: last };
}
