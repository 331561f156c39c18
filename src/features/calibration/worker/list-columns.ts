/** Lists the columns of a table, for the person who assigns them. Runs in the worker. */
import { guessColumns } from '../../../core/data/guess-columns';
import { excerpt } from '../../../core/words/score';
import type { ColumnList } from '../../../protocol/calibration-page';
import { inspectTable } from '../../../store/tables/inspect';
import { FIRST_ROWS, firstRows } from '../../../store/tables/rows';

/** Number of different values shown for each column, and number of rows that are searched for them. */
const SAMPLES = 4;
const SAMPLED_ROWS = 200;
const SAMPLE_LENGTH = 40;

/** @throws UserError as `inspectTable`, and as `tableRows` for the first rows */
export async function listColumns(file: string): Promise<ColumnList> {
  const source = await inspectTable(file);
  const found = source.header.map(() => new Set<string>());
  const rows = (await firstRows(source, SAMPLED_ROWS)).map(({ cells }) => cells);
  for (const cells of rows)
    for (const [index, values] of found.entries()) {
      const cell = (cells[index] ?? '').trim();
      if (cell !== '' && values.size < SAMPLES) values.add(excerpt(cell, SAMPLE_LENGTH));
    }
  return {
    header: source.header.map((name) => name.trim()),
    samples: found.map((values) => [...values]),
    guess: guessColumns(source.header, rows.slice(0, FIRST_ROWS)) ?? null,
  };
}
