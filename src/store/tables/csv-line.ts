import { isFormula } from '../../core/formula';
import type { Separator } from './inspect';

/** How the cells of a table are written. */
export interface CellStyle {
  /** Whether a single quote is put before cells that a spreadsheet would compute, which makes text of them. */
  readonly spreadsheetSafe: boolean;
}

export const AS_IS: CellStyle = { spreadsheetSafe: false };

/** One line of a CSV; cells are quoted where they must be. */
export function csvLine(
  cells: readonly string[],
  separator: Separator,
  { spreadsheetSafe }: CellStyle = AS_IS,
): string {
  const safe = spreadsheetSafe ? cells.map((cell) => (isFormula(cell) ? `'${cell}` : cell)) : cells;
  const quote = (cell: string) =>
    cell.includes(separator) || /["\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return `${safe.map(quote).join(separator)}\n`;
}
