/** Finds the ranges of a document to classify. */
import type * as vscode from 'vscode';
import { trimRange } from '../../core/text-ranges';
import { UserError } from '../../core/user-error';
import type { Trigger } from '../../editor/trigger';
import { rangeOf } from '../../editor/text-place';

export interface PickedRanges {
  readonly ranges: readonly vscode.Range[];
  readonly trigger: Trigger;
}

/**
 * Every selection that contains more than white space, in the order of the document. Without any selection, the lines
 * of the cursors.
 *
 * @throws UserError `text-empty`
 */
export function selectedRanges(editor: vscode.TextEditor): PickedRanges {
  const { document } = editor;
  const selected = editor.selections.filter((selection) => !selection.isEmpty);
  const trigger = selected.length > 0 ? 'selection' : 'line';
  const candidates =
    selected.length > 0
      ? selected
      : [...new Set(editor.selections.map((selection) => selection.active.line))].map(
          (line) => document.lineAt(line).range,
        );
  const ranges = candidates
    .flatMap((range) => trimmed(document, range))
    .sort((a, b) => a.start.compareTo(b.start));
  if (ranges.length === 0)
    throw new UserError(
      'text-empty',
      trigger === 'selection'
        ? 'The selection contains only white space. Select some text first.'
        : 'Nothing is selected, and the line of the cursor is empty. Select some text first.',
    );
  return { ranges, trigger };
}

/**
 * Every line that contains more than white space.
 *
 * @throws UserError `text-empty`
 */
export function lineRanges(document: vscode.TextDocument): vscode.Range[] {
  const ranges = Array.from({ length: document.lineCount }, (_, line) => document.lineAt(line).range).flatMap(
    (range) => trimmed(document, range),
  );
  if (ranges.length === 0) throw new UserError('text-empty', 'There is no text in this file to classify.');
  return ranges;
}

function trimmed(document: vscode.TextDocument, range: vscode.Range): vscode.Range[] {
  const found = trimRange(range, document.getText(range));
  return found === undefined ? [] : [rangeOf(found)];
}
