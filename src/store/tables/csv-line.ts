import type { Separator } from './inspect';

/** One line of a CSV; cells are quoted where they must be. */
export function csvLine(cells: readonly string[], separator: Separator): string {
  const quote = (cell: string) =>
    cell.includes(separator) || /["\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return `${cells.map(quote).join(separator)}\n`;
}
