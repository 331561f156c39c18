/** Show Prompt: exactly what the model gets for the selection, or for a result. */
import type { ClassifiedText } from '../../editor/results';
import type { Services } from '../../editor/services';
import { readSettings } from '../../editor/settings';
import { showPrompt } from '../../app/show-prompt';
import type * as vscode from 'vscode';
import { selectedRanges } from './ranges';

/** The first selection, or the line of the cursor. */
export async function showPromptOfSelection(services: Services, editor: vscode.TextEditor): Promise<void> {
  const { document } = editor;
  const [range] = selectedRanges(editor).ranges;
  const text = document.getText(range);
  await show(services, readSettings(document.uri).classifier, text);
}

export async function showPromptOfResult(
  services: Services,
  { classifier, text }: ClassifiedText,
): Promise<void> {
  await show(services, classifier, text);
}

async function show(services: Services, name: string, text: string): Promise<void> {
  const { classifiers, sources, work, prompts } = services;
  const classifier = await classifiers.get(name);
  const shown = await work.run('Reading the prompt', ({ signal }) =>
    showPrompt(sources, classifier, text, signal),
  );
  await prompts.show(shown);
}
