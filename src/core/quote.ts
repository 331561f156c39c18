/** Quotes cells and names in sentences. */
import { visibleName } from './encode';

/** Names in quotes, the first twelve of them. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 12).map(quoted);
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Characters of a cell or a name in a sentence. */
const SHORT = 40;

/** A cell or a name as it is shown in a sentence: at most 40 characters of it, on one line. */
export function shortened(text: string): string {
  // A character takes at most two units; the last of these may be half of one.
  const characters = Array.from(text.slice(0, 2 * (SHORT + 1)));
  return visibleName(characters.length > SHORT ? `${characters.slice(0, SHORT).join('')}…` : text);
}

/** The same in quotes. */
export function quoted(cell: string): string {
  return `"${shortened(cell)}"`;
}
