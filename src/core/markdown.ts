/** Text of others in Markdown: as code, in which no character has a meaning, or with every sign escaped. */
import { oneLine, visibleName } from './encode';
import { largest } from './extremes';

/** Inline code around a text that has no line breaks; longer fences where the text has backticks itself. */
export function codeSpan(text: string): string {
  const line = oneLine(text);
  const content = line.trim() === '' ? '(empty)' : line;
  const fence = '`'.repeat(longestBacktickRun(content) + 1);
  // One space on either side is taken off again by the renderer.
  const pad = /^[` ]|[` ]$/.test(content) ? ' ' : '';
  return `${fence}${pad}${content}${pad}${fence}`;
}

/** Words in a sentence, every sign of Markdown escaped; for text that must break into lines as its own. */
export function markdownText(text: string): string {
  return visibleName(text).replace(/[\\`*_{}[\]()#+\-.!|<>~&$:@/]/g, '\\$&');
}

/**
 * A sentence that may quote others, for people who may also read the source: what could be Markdown, HTML or a link is
 * escaped, and ordinary words stay as they are.
 */
export function markdownSentence(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_[\]<>#|~&]/g, '\\$&')
    .replaceAll('://', '\\://')
    .replace(/\bwww(?=\.)/gi, '$&\\')
    .replace(/(?<=\S)@(?=\S)/g, '\\@')
    .replace(/^\s*(?:[-+]|\d{1,9}(?=[.)]))/, (start) =>
      /\d$/.test(start) ? `${start}\\` : start.replace(/[-+]$/, '\\$&'),
    );
}

/** A block of code from lines; a line break within one of them becomes a space. */
export function codeBlock(lines: readonly string[]): string {
  const content = lines.map(oneLine);
  const fence = '`'.repeat(Math.max(3, longestBacktickRun(content.join('\n')) + 1));
  return `${fence}text\n${content.join('\n')}\n${fence}`;
}

function longestBacktickRun(text: string): number {
  return largest([0, ...(text.match(/`+/g) ?? []).map((run) => run.length)]);
}

export function markdownList(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** A Markdown table. A column whose name begins with > is flush right. */
export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(inCell).join(' | ')} |`;
  return [
    line(columns.map((name) => name.replace(/^>/, ''))),
    line(columns.map((name) => (name.startsWith('>') ? '--:' : '---'))),
    ...rows.map(line),
  ].join('\n');
}

function inCell(content: string): string {
  return content.replaceAll('|', '\\|');
}
