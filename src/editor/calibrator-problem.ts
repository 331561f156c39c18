/** Reports a calibrator that cannot be used, and offers what a person can do about it. */
import type { Log } from './log';
import * as vscode from 'vscode';
import { COMMANDS } from '../protocol/manifest';
import { UserError } from '../core/user-error';
import { saveCalibrator } from '../store/calibrators';
import { type CalibratorError, readCalibrator } from './calibrators';
import { exists } from './exists';
import type { Dialogs } from './dialogs';
import { checkPlace } from './place';
import { type Binding, modelInWords, shortHash } from '../core/model/binding';

interface Services {
  readonly log: Pick<Log, 'error'>;
  readonly dialogs: Dialogs;
}

const BIND = 'Bind…';
const SET = 'Set Calibrator…';
const OPEN = 'Open Calibrator';
const FOLDER = 'Open Folder';
const WITHOUT = 'Continue Without It';

/** @param again repeats what failed, with the calibrator or without it */
export async function reportCalibratorError(
  { log, dialogs }: Services,
  error: CalibratorError,
  again: (leaveRaw: boolean) => Promise<unknown>,
): Promise<void> {
  log.error(error.code, error.message);
  const { uri, binding } = error.found;
  const folder = uri && vscode.Uri.joinPath(uri, '..');
  const isThere = uri !== undefined && error.code !== 'calibrator-missing';
  // The folder is offered only if there is no file to open: a fourth button would leave too little room for the words.
  const open = isThere ? OPEN : folder !== undefined && (await exists(folder)) ? FOLDER : undefined;
  const chosen = await dialogs.tell('error', error.message, [
    binding === undefined ? SET : BIND,
    ...(open === undefined ? [] : [open]),
    WITHOUT,
  ]);
  if (chosen === BIND && uri !== undefined && binding !== undefined) {
    if (await bindCalibrator(dialogs, uri, error.found.classifier, binding)) await again(false);
  } else if (chosen === SET)
    await vscode.commands.executeCommand(COMMANDS.setCalibrator, error.found.classifier);
  else if (chosen === OPEN && uri !== undefined) await vscode.window.showTextDocument(uri);
  else if (chosen === FOLDER) await vscode.commands.executeCommand('revealInExplorer', folder);
  else if (chosen === WITHOUT) await again(true);
}

/**
 * Writes the binding of a calibrator into its file, after the person has confirmed it.
 *
 * @returns whether it is bound now
 * @throws UserError calibrator-changed, not-on-disk, not-a-file, leads-elsewhere and as `readCalibrator`
 */
async function bindCalibrator(
  dialogs: Dialogs,
  uri: vscode.Uri,
  classifier: string,
  binding: Binding,
): Promise<boolean> {
  if (uri.scheme !== 'file')
    throw new UserError('not-on-disk', 'Only a calibrator file on this machine can be bound.');
  await checkPlace(uri);
  const before = await readCalibrator(uri);
  const { model, promptSha256, scoring, backend } = binding;
  const sure = 'Bind';
  const answer = await dialogs.confirm(
    `Bind the calibrator ${before.by.name} to the classifier ${classifier}?`,
    [
      `It was fitted on ${before.saved.source.name ?? 'a table'}, which does not record where its scores come from. Bind it only if you know that the scores were made with:`,
      `Model: ${modelInWords(model)}`,
      ...(promptSha256 === undefined
        ? []
        : [`Prompt: SHA-256 ${shortHash(promptSha256)} (the classifier ${classifier} as it is now)`]),
      `Scoring: ${scoring.method}, ${scoring.mode}, on ${backend}`,
      'This is written into the file. From then on the calibrator is refused for anything else.',
    ].join('\n\n'),
    [sure],
  );
  if (answer !== sure) return false;
  const now = await readCalibrator(uri);
  if (now.saved.bound !== null)
    throw new UserError('calibrator-changed', `${now.by.file} was bound to something else in the meantime.`);
  await saveCalibrator(uri.fsPath, { ...now.saved, bound: binding });
  return true;
}
