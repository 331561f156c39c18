/** Where the labels that people give in the editor are kept, and whether they can be. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Decision } from '../core/labelling/decisions';
import { UserError } from '../core/user-error';
import { appendDecisions, labelsFile, labelsName } from '../store/labels';

export interface LabelPlace {
  /** Absolute path of the workspace folder. */
  readonly workspace: string;
  /** Of the labels. */
  readonly name: string;
  readonly file: string;
}

/** The labels of a table or document: in its workspace folder, else in the first one. Undefined without a folder on the disk. */
export function labelPlace(uri: vscode.Uri): LabelPlace | undefined {
  const own = vscode.workspace.getWorkspaceFolder(uri);
  const folder = own ?? vscode.workspace.workspaceFolders?.[0];
  if (folder?.uri.scheme !== 'file') return undefined;
  const workspace = folder.uri.fsPath;
  const name = labelsName(
    own === undefined || uri.scheme !== 'file'
      ? path.posix.basename(uri.path)
      : path.relative(workspace, uri.fsPath),
  );
  return { workspace, name, file: labelsFile(workspace, name) };
}

/** @throws UserError not-trusted, no-folder */
export function checkLabelPlace(place: LabelPlace | undefined): asserts place is LabelPlace {
  if (place === undefined)
    throw new UserError(
      'no-folder',
      'Labels are kept in a folder of the workspace, and no folder on this machine’s disk is open. Open one, and label again.',
    );
  if (!vscode.workspace.isTrusted)
    throw new UserError(
      'not-trusted',
      'Labels are written into the workspace, which is in Restricted Mode. Trust it first (Workspaces: Manage Workspace Trust).',
    );
}

/**
 * Adds decisions to the end of a labels file. They are on the disk when this returns.
 *
 * @throws UserError everything of `checkLabelPlace` and `appendDecisions`
 */
export async function saveDecisions(
  place: LabelPlace | undefined,
  decisions: readonly Decision[],
): Promise<void> {
  checkLabelPlace(place);
  await appendDecisions(place.workspace, place.file, decisions);
}
