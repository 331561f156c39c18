/** Quotes cells and names in sentences. */

/** Names in quotes, the first twelve of them. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 12).map(quoted);
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** A cell or a name as it is shown in a sentence: at most 40 characters of it. */
export function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** The same in quotes. */
export function quoted(cell: string): string {
  return `"${shortened(cell)}"`;
}
