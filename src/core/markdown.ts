/** Text of others in Markdown: always as code, in which no character has a meaning. */

/** Inline code around a text that has no line breaks; longer fences where the text has backticks itself. */
export function codeSpan(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ');
  const content = line.trim() === '' ? '(empty)' : line;
  const fence = '`'.repeat(longestBacktickRun(content) + 1);
  // One space on either side is taken off again by the renderer.
  const pad = /^[` ]|[` ]$/.test(content) ? ' ' : '';
  return `${fence}${pad}${content}${pad}${fence}`;
}

/** A block of code from lines; a line break within one of them becomes a space. */
export function codeBlock(lines: readonly string[]): string {
  const content = lines.map((line) => line.replace(/[\r\n]+/g, ' '));
  const fence = '`'.repeat(Math.max(3, longestBacktickRun(content.join('\n')) + 1));
  return `${fence}text\n${content.join('\n')}\n${fence}`;
}

function longestBacktickRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
