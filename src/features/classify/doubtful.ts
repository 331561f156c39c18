/** Next Doubtful Line: goes from one text that needs a look to the next. */
import * as vscode from 'vscode';
import { needsLook } from '../../core/words/many-results';
import { bucketsNamed } from '../../editor/buckets-named';
import type { ClassifiedText } from '../../editor/results';
import type { Services } from '../../editor/services';

/** Selects the next doubtful text after the cursor; after the last one, the first. */
export async function nextDoubtful(services: Services, editor: vscode.TextEditor | undefined): Promise<void> {
  const { results, dialogs } = services;
  if (editor === undefined) {
    await dialogs.tell('info', 'Open a file whose lines are classified: the next doubtful one is selected.');
    return;
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
  const next = after(doubtful, editor.selection.active);
  if (next === undefined) {
    const why =
      all.length === 0
        ? 'No text of this file is classified yet. Run Classify Lines of File first.'
        : 'No classified text of this file is doubtful.';
    await dialogs.tell('info', why);
    return;
  }
  editor.selection = new vscode.Selection(next.range.start, next.range.end);
  editor.revealRange(next.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  results.show(next.id);
}

function after(results: readonly ClassifiedText[], cursor: vscode.Position): ClassifiedText | undefined {
  const isAfter = ({ range }: ClassifiedText): boolean =>
    range.start.isAfter(cursor) || (range.start.isEqual(cursor) && range.end.isAfter(cursor));
  return results.find((result) => isAfter(result)) ?? results[0];
}
