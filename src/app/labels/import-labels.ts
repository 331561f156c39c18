/** Labels that people gave elsewhere, as decisions of a labels file. */
import { type Decision, onOneLine, readDecisions, rowKey } from '../../core/labelling/decisions';
import { isLabelsFile, readLabelsText } from '../../store/labels';
import { inspectTable } from '../../store/tables/inspect';
import { filledIn } from '../../store/tables/people-labels';

/**
 * The decisions in a filled-in table, in Label Studio's export of one, or in a labels file, as far as they are new.
 *
 * @param known the decisions that there are already: whoever imports a file twice adds nothing
 * @throws UserError what `inspectTable` and `filledIn` throw; no-file
 */
export async function importedDecisions(file: string, known: readonly Decision[]): Promise<Decision[]> {
  const found = (await isLabelsFile(file))
    ? readDecisions(await readLabelsText(file)).decisions
    : // Rows that are labelled here belong to the same design: their probabilities are those of all of it.
      await filledIn(await inspectTable(file), undefined, false);
  const isKnown = new Set(known.map(keyOf));
  return found.filter((decision) => !isKnown.has(keyOf(decision)));
}

function keyOf({ kind, label, design, who, ...row }: Decision): string {
  return [rowKey(row), kind, onOneLine(label), design, onOneLine(who)].join('\n');
}
