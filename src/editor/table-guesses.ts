/** What the first rows of a table say about its columns, and the question which of them holds the texts. */
import type { Classifier } from '../core/classifier/definition';
import { hasRole } from '../core/data/columns';
import { readLabels, saysNothing } from '../core/data/vocabulary';
import { visibleName } from '../core/encode';
import { largest } from '../core/extremes';
import type { TableRow } from '../store/tables/rows';
import type { Dialogs } from './dialogs';
import { type DialogQuestion, question } from './questions';

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

/** Which column holds the texts. */
export function textColumnQuestion(
  dialogs: Dialogs,
  title: string,
  columns: readonly string[],
  { get, set }: { readonly get: () => string; readonly set: (column: string) => void },
): DialogQuestion {
  return question(
    (step) =>
      dialogs.choose({
        title,
        placeholder: 'Column with the texts',
        choices: columns.map((column) => ({
          label: visibleName(column),
          value: column,
          active: column === get(),
        })),
        step,
      }),
    set,
  );
}
