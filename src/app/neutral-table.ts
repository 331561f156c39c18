/** The neutral texts of a classifier as a table, for the content-free correction. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { askingOf, type Classifier } from '../core/classifier/definition';
import { csvLine } from '../store/tables/csv-line';

/** Writes the table, and deletes it after `work` has settled. */
export async function withNeutralTable<T>(
  classifier: Classifier,
  textColumn: string,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const { neutralTexts } = askingOf(classifier);
  const folder = await mkdtemp(path.join(tmpdir(), 'prompt-confidence-'));
  try {
    const file = path.join(folder, 'neutral.csv');
    await writeFile(file, [textColumn, ...neutralTexts].map((cell) => csvLine([cell], ',')).join(''));
    return await work(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
