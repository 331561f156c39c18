import * as vscode from 'vscode';
import { CLASSIFIER_FOLDER } from '../../editor/classifier-folder';
import type { Dialogs } from '../../editor/dialogs';

/** Says that there is no folder to save a classifier in, and opens one if the person wants that. */
export async function tellNoFolder(dialogs: Dialogs): Promise<void> {
  const open = 'Open Folder';
  const said = `A classifier is saved in ${CLASSIFIER_FOLDER} of an open folder, but no folder is open.`;
  if ((await dialogs.tell('info', said, [open])) === open)
    await vscode.commands.executeCommand('vscode.openFolder');
}
