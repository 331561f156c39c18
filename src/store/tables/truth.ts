import type { TableColumns } from '../../core/data/columns';
import { MOST_VALUES, predictedLabels, readTruth, type TruthReading } from '../../core/data/vocabulary';
import type { TableFile } from './inspect';
import { tableRows } from './rows';

/**
 * How the true labels of a whole table are read, for work on it in parts.
 *
 * @param columns of the table, or of what it becomes when it is scored: then `predicted` is not in the file yet
 * @param labels that will be predicted, if the file does not hold them
 * @returns undefined if the table has no true labels
 * @throws UserError everything of `tableRows`
 */
export async function truthOf(
  source: TableFile,
  { roles, scores, named }: TableColumns,
  labels: readonly string[] | undefined,
): Promise<TruthReading | undefined> {
  const { label, predicted } = roles;
  if (label === undefined || label >= source.header.length) return undefined;
  const values = new Set<string>();
  const answers = new Set<string>();
  const add = (to: Set<string>, cell: string | undefined): void => {
    const value = named((cell ?? '').trim());
    if (to.size <= MOST_VALUES && value !== '') to.add(value);
  };
  for await (const batch of tableRows(source))
    for (const { cells } of batch) {
      add(values, cells[label]);
      if (predicted !== undefined && labels === undefined) add(answers, cells[predicted]);
    }
  const known = scores?.labels ?? labels ?? predictedLabels([...answers], [...values]);
  return readTruth([...values], known);
}
