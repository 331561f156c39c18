/** Checks where a file of the workspace is written to. */
import * as vscode from 'vscode';
import { checkOutputs } from '../store/atomic';
import { explainingWrite } from '../store/explain-write';
import { checkInside } from '../store/inside';

/**
 * Checks that a file can be written under its own name, and that one of a workspace folder lies in that folder on the
 * disk too.
 *
 * @throws UserError not-a-file, leads-elsewhere, not-writable
 */
export async function checkPlace(uri: vscode.Uri): Promise<void> {
  if (uri.scheme !== 'file') return;
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  await explainingWrite(uri.fsPath, async () => {
    if (folder !== undefined) await checkInside(folder.uri.fsPath, uri.fsPath);
    await checkOutputs(uri.fsPath);
  });
}
