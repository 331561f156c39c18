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
  const isLabels = await isLabelsFile(file);
  const found = isLabels
    ? readDecisions(await readLabelsText(file)).decisions
    : // Rows that are labelled here belong to the same design: their probabilities are those of all of it.
      await filledIn(await inspectTable(file), undefined, false);
  // A labels file tells each decision by its time.
  if (isLabels) {
    const lines = new Set(known.map(lineOf));
    return found.filter((decision) => !lines.has(lineOf(decision)));
  }
  // Of a table that was filled in once more, what is said now counts; but a cell that is empty takes no answer back.
  const last = new Map(known.map((decision) => [answererOf(decision), decision]));
  return found.filter((decision) => {
    const before = last.get(answererOf(decision));
    if (before === undefined || before.kind === 'undo') return true;
    return decision.kind !== 'skip' && saidIn(decision) !== saidIn(before);
  });
}

function answererOf({ design, who, ...row }: Decision): string {
  return [rowKey(row), design, onOneLine(who)].join('\n');
}

function lineOf(decision: Decision): string {
  return [answererOf(decision), saidIn(decision), decision.time].join('\n');
}

function saidIn({ kind, label }: Decision): string {
  return `${kind} ${onOneLine(label)}`;
}
