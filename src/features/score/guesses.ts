/** The defaults that Score CSV… proposes. */
import type { Classifier } from '../../core/classifier/definition';
import { givesLabels } from '../../editor/table-guesses';

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
