/** Writes the practice set as a table. */
import { PRACTICE_COLUMNS, type PracticeRow, practiceSet } from '../core/data/practice-set';
import { writeFileAtomic } from '../store/atomic';
import { explainingWrite } from '../store/explain-write';
import { csvLine } from '../store/tables/csv-line';

/**
 * @returns the rows that were written
 * @throws UserError not-a-file, not-writable, disk-full
 */
export async function writePracticeTable(file: string, seed: number): Promise<readonly PracticeRow[]> {
  const rows = practiceSet(seed);
  const lines = [PRACTICE_COLUMNS, ...rows.map((row) => PRACTICE_COLUMNS.map((column) => row[column]))];
  await explainingWrite(file, () =>
    writeFileAtomic(file, lines.map((cells) => csvLine(cells, ',')).join('')),
  );
  return rows;
}
