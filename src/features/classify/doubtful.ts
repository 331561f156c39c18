/** Next and Previous Doubtful Line, and their list: from one text that needs a review to another. */
import * as vscode from 'vscode';
import { headline, winnerOf } from '../../core/words/calibrated-score';
import { excerpt } from '../../core/words/score';
import { needsLook } from '../../core/words/many-results';
import { bucketsNamed } from '../../editor/buckets-named';
import type { ClassifiedText } from '../../editor/results';
import type { Services } from '../../editor/services';

const EXCERPT_LIMIT = 80;

/** Selects the next doubtful text after the cursor, or the one before it; after the last one, the first. */
export async function goToDoubtful(
  services: Services,
  editor: vscode.TextEditor | undefined,
  direction: 'next' | 'previous',
): Promise<void> {
  const doubtful = await doubtfulIn(services, editor);
  if (doubtful === undefined || editor === undefined) return;
  const found =
    direction === 'next'
      ? after(doubtful, editor.selection.active)
      : before(doubtful, editor.selection.start);
  if (found !== undefined) show(services, editor, found);
}

/** Lists only what needs a review, the least sure first, and goes to what is chosen. */
export async function listDoubtful(services: Services, editor: vscode.TextEditor | undefined): Promise<void> {
  const doubtful = await doubtfulIn(services, editor);
  if (doubtful === undefined || editor === undefined) return;
  const chosen = await services.dialogs.choose({
    title: 'Needs Review',
    placeholder: `${doubtful.length} of ${services.results.in(editor.document.uri).length} classified texts, the least sure first`,
    choices: doubtful
      .toSorted((one, other) => winnerOf(one).confidence - winnerOf(other).confidence)
      .map((result) => {
        const { label, percent } = headline(result);
        const line = `line ${result.range.start.line + 1}`;
        return {
          label: excerpt(result.text, EXCERPT_LIMIT),
          description: `${label} ${percent}, ${line}`,
          value: result,
        };
      }),
  });
  if (chosen !== undefined && chosen !== 'back') show(services, editor, chosen);
}

/** The doubtful texts of an editor in their order; undefined where there are none, which is told. */
async function doubtfulIn(
  services: Services,
  editor: vscode.TextEditor | undefined,
): Promise<readonly ClassifiedText[] | undefined> {
  const { results, dialogs } = services;
  if (editor === undefined) {
    await dialogs.tell('info', 'Open a file whose lines are classified: a doubtful one is selected.');
    return undefined;
  }
  const { uri } = editor.document;
  const all = results.in(uri);
  const names = [...new Set(all.map(({ classifier }) => classifier))];
  const buckets = new Map(
    await Promise.all(names.map(async (name) => [name, await bucketsNamed(services, name, uri)] as const)),
  );
  const doubtful = all
    .filter((result) => needsLook(result, buckets.get(result.classifier) ?? []))
    .toSorted((a, b) => a.range.start.compareTo(b.range.start));
  if (doubtful.length > 0) return doubtful;
  const why =
    all.length === 0
      ? 'No text of this file is classified yet. Run Classify Lines of File first.'
      : 'No classified text of this file is doubtful.';
  await dialogs.tell('info', why);
  return undefined;
}

function show({ results }: Services, editor: vscode.TextEditor, found: ClassifiedText): void {
  editor.selection = new vscode.Selection(found.range.start, found.range.end);
  editor.revealRange(found.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  results.show(found.id);
}

function after(results: readonly ClassifiedText[], cursor: vscode.Position): ClassifiedText | undefined {
  const isAfter = ({ range }: ClassifiedText): boolean =>
    range.start.isAfter(cursor) || (range.start.isEqual(cursor) && range.end.isAfter(cursor));
  return results.find((result) => isAfter(result)) ?? results[0];
}

function before(results: readonly ClassifiedText[], start: vscode.Position): ClassifiedText | undefined {
  return results.findLast(({ range }) => range.start.isBefore(start)) ?? results.at(-1);
}
