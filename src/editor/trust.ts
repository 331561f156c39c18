/** Checks trust before anything is written into a workspace. */
import * as vscode from 'vscode';
import type { Dialogs } from './dialogs';

/**
 * True in a trusted workspace. Otherwise the person is told why nothing is done, and can open the trust settings.
 *
 * @param why a sentence
 */
export async function isTrustedOrTold(dialogs: Dialogs, why: string): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = 'Manage Workspace Trust';
  const answer = await dialogs.tell('warning', why, [manage]);
  if (answer === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return false;
}
