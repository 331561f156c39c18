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

/** The labels of a table: in its workspace folder, else in the first one. Undefined without a folder on the disk. */
export function labelPlace(table: vscode.Uri): LabelPlace | undefined {
  const own = vscode.workspace.getWorkspaceFolder(table);
  return labelPlaceNamed(
    table,
    own === undefined || table.scheme !== 'file'
      ? path.posix.basename(table.path)
      : path.relative(own.uri.fsPath, table.fsPath),
  );
}

/** Labels under another name than that of their document; the place as for `labelPlace`. */
export function labelPlaceNamed(document: vscode.Uri, wanted: string): LabelPlace | undefined {
  const folder = vscode.workspace.getWorkspaceFolder(document) ?? vscode.workspace.workspaceFolders?.[0];
  if (folder?.uri.scheme !== 'file') return undefined;
  const workspace = folder.uri.fsPath;
  const name = labelsName(wanted);
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
