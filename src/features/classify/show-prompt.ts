/** Show Prompt: exactly what the model gets for the selection, or for a result. */
import type * as vscode from 'vscode';
import { UserError } from '../../core/user-error';
import type { ClassifiedText } from '../../editor/results';
import type { Services } from '../../editor/services';
import { readSettings } from '../../editor/settings';
import { showPromptOf } from '../../editor/show-prompt';
import { promptSha256 } from '../../store/prompt-hash';
import { selectedRanges } from './ranges';

/** The first selection, or the line of the cursor. */
export async function showPromptOfSelection(services: Services, editor: vscode.TextEditor): Promise<void> {
  const { document } = editor;
  const [range] = selectedRanges(editor).ranges;
  const { classifier } = readSettings(document.uri);
  await showPromptOf(services, await services.classifiers.get(classifier), document.getText(range));
}

/** @throws UserError `result-outdated`: its classifier asks something else by now */
export async function showPromptOfResult(
  services: Services,
  { classifier: name, text, origin }: ClassifiedText,
): Promise<void> {
  const classifier = await services.classifiers.get(name);
  if (promptSha256(classifier, origin.promptAdded) !== origin.promptSha256)
    throw new UserError(
      'result-outdated',
      'The classifier changed since this text was classified. Classify it again to see its prompt.',
    );
  await showPromptOf(services, classifier, text);
}
