/** The defaults that Score CSV… proposes. */
import { largest } from '../../core/extremes';
import type { TableRow } from '../../store/tables/rows';

/**
 * The column named text, else the one with the longest cells in the first rows, because texts are longer than labels
 * and ids.
 */
export function guessTextColumn(columns: readonly string[], rows: readonly TableRow[]): string {
  const named = columns.find((column) => column.toLowerCase() === 'text');
  if (named !== undefined) return named;
  const lengths = columns.map((_, at) => rows.reduce((sum, { cells }) => sum + (cells[at] ?? '').length, 0));
  return columns[lengths.indexOf(largest(lengths))] ?? '';
}

/** "reviews.scored.csv", with a number if that name is taken. */
export function scoredName(table: string, taken: readonly string[]): string {
  const stem = table.replace(/\.csv$/iu, '');
  for (let number = 1; ; number++) {
    const name = number === 1 ? `${stem}.scored.csv` : `${stem}.scored-${number}.csv`;
    if (!taken.includes(name)) return name;
  }
}
