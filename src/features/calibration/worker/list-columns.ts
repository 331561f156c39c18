/** What the columns of a table are, for the person who says what they mean. Runs in the worker. */
import { excerpt } from '../../../core/words/score';
import type { ColumnList } from '../../../protocol/calibration-page';
import { inspectTable } from '../../../store/tables/inspect';
import { tableRows } from '../../../store/tables/rows';

/** Different values of each column that are shown, and rows that they are looked for in. */
const SAMPLES = 4;
const SAMPLED_ROWS = 200;
const SAMPLE_LENGTH = 40;

/** @throws UserError everything of `inspectTable` and of the first rows of `tableRows` */
export async function listColumns(file: string): Promise<ColumnList> {
  const source = await inspectTable(file);
  const found = source.header.map(() => new Set<string>());
  for await (const batch of tableRows(source)) {
    for (const { cells } of batch.slice(0, SAMPLED_ROWS))
      for (const [index, values] of found.entries()) {
        const cell = (cells[index] ?? '').trim();
        if (cell !== '' && values.size < SAMPLES) values.add(excerpt(cell, SAMPLE_LENGTH));
      }
    if (batch.length > 0) break;
  }
  return {
    header: source.header.map((name) => name.trim()),
    samples: found.map((values) => [...values]),
  };
}
