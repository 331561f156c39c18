import { type ColumnOptions, findColumns } from '../../../src/core/data/columns';
import { type PredictionTable, TableBuilder } from '../../../src/core/data/table';

/** A table of lines with commas. */
export function readRows(
  header: string,
  rows: readonly string[],
  options: ColumnOptions = {},
): PredictionTable {
  const builder = new TableBuilder(findColumns(header.split(','), options), { truth: 'required' });
  rows.forEach((row, i) => builder.add(row.split(','), i + 2));
  return builder.take();
}

/** n rows: these again and again. */
export function repeated(n: number, rows: readonly string[]): string[] {
  return Array.from({ length: n }, (_, i) => rows[i % rows.length] ?? '');
}
