/** The defaults that Score CSV… proposes. */
import type { Classifier } from '../../core/classifier/definition';
import { hasRole } from '../../core/data/columns';
import { readLabels, saysNothing } from '../../core/data/vocabulary';
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

/** The values of the column with the true labels in the first rows; none where there is no such column. */
export function trueLabels(columns: readonly string[], rows: readonly TableRow[]): readonly string[] {
  const at = columns.findIndex((column) => hasRole([column], 'label'));
  if (at < 0) return [];
  return [...new Set(rows.map(({ cells }) => (cells[at] ?? '').trim()))].filter(
    (value) => !saysNothing(value),
  );
}

/** Whether a classifier gives the labels that a table has as true ones. */
export function givesLabels({ labels }: Pick<Classifier, 'labels'>, truths: readonly string[]): boolean {
  if (truths.length === 0) return false;
  const reading = readLabels(
    truths,
    labels.map(({ name }) => name),
  );
  return truths.every((value) => reading.of(value) >= 0);
}

/**
 * The classifier to propose: the preferred one, unless only others give the table's true labels.
 *
 * @param classifiers in the order of the list
 * @param preferred names, the most wanted first
 */
export function guessClassifier(
  classifiers: readonly Pick<Classifier, 'name' | 'labels'>[],
  preferred: readonly string[],
  truths: readonly string[],
): string | undefined {
  const fitting = classifiers.filter((classifier) => givesLabels(classifier, truths));
  const among = fitting.length === 0 ? classifiers : fitting;
  const wanted = preferred.find((name) => among.some((classifier) => classifier.name === name));
  return wanted ?? among[0]?.name;
}

/** "reviews.scored.csv", with a number if that name is taken. */
export function scoredName(table: string, taken: readonly string[]): string {
  const stem = table.replace(/\.csv$/iu, '');
  for (let number = 1; ; number++) {
    const name = number === 1 ? `${stem}.scored.csv` : `${stem}.scored-${number}.csv`;
    if (!taken.includes(name)) return name;
  }
}
