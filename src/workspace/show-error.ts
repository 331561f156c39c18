/** Tells a person what went wrong: one message per cause, with what can be done about it. */
import * as vscode from 'vscode';
import { UserError } from '../core/user-error';

interface Action {
  readonly title: string;
  readonly command: string;
}

const DOWNLOAD: Action = { title: 'Download Model', command: 'promptConfidence.downloadModel' };
const CHOOSE: Action = { title: 'Choose Model', command: 'promptConfidence.chooseModel' };
const RESTART: Action = { title: 'Restart Engine', command: 'promptConfidence.restartEngine' };
const LOG: Action = { title: 'Show Log', command: 'promptConfidence.showLog' };
const CLASSIFIER: Action = { title: 'Choose Classifier', command: 'promptConfidence.classifyWith' };

/** What helps, by the code of the error: the first rule that matches. */
const ACTIONS: readonly (readonly [RegExp, readonly Action[]])[] = [
  [/^no-model$/, [DOWNLOAD, CHOOSE]],
  [/^engine-(crashed|down|timeout)$/, [RESTART, LOG]],
  [/^classifier-|^labels-indistinct$|^no-chat-template$|^prompt-too-long$/, [CLASSIFIER]],
  [/^(model|gguf)-|^out-of-memory$/, [CHOOSE, DOWNLOAD]],
  [/^(text|no-editor|result)-?/, []],
];

/**
 * Shows an error, unless it is a cancellation. Does not wait for the person.
 *
 * @param file what to open beside the actions of the cause: a broken classifier file
 */
export function showError(log: vscode.LogOutputChannel, error: unknown, file?: vscode.Uri): void {
  if (error instanceof UserError && error.code === 'cancelled') return;
  log.error(error instanceof Error ? error : String(error));
  const actions =
    error instanceof UserError
      ? (ACTIONS.find(([code]) => code.test(error.code))?.[1] ?? [LOG])
      : [RESTART, LOG];
  const items = [...(file === undefined ? [] : [{ title: 'Open File', file }]), ...actions];
  const message = error instanceof UserError ? error.message : `Something went wrong: ${String(error)}`;
  void vscode.window.showErrorMessage(message, ...items).then((chosen) => {
    if (chosen === undefined) return undefined;
    return 'file' in chosen
      ? vscode.window.showTextDocument(chosen.file)
      : vscode.commands.executeCommand(chosen.command);
  });
}
