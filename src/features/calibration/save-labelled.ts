/** Save a Labelled Copy…: a copy of a table with the labels that people gave, opened in a panel of its own. */
import path from 'node:path';
import * as vscode from 'vscode';
import { joinLabels } from '../../app/labels/join-labels';
import { UserError } from '../../core/user-error';
import { labelPlace } from '../../editor/label-files';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { COMMANDS } from '../../protocol/manifest';
import { explainingWrite } from '../../store/explain-write';
import { realPathOf } from '../../store/folders';
import { checkPlace } from '../../editor/place';
import type { LocalTable } from './local-table';
import { rememberedOptions } from './remembered';

export interface LabelledCopy {
  /** Address of the table. */
  readonly uri: vscode.Uri;
  readonly table: LocalTable;
  readonly services: Services;
}

/** @param labels name of the labels file */
export async function saveLabelledCopy(
  { uri, table, services }: LabelledCopy,
  labels: string | undefined,
): Promise<void> {
  const place = labelPlace(uri);
  if (labels === undefined || place === undefined) return;
  const { dialogs, context } = services;
  try {
    if (!vscode.workspace.isTrusted)
      throw new UserError(
        'not-trusted',
        'A table is written into the workspace, which is in Restricted Mode. Trust it first (Workspaces: Manage Workspace Trust).',
      );
    const base = path.posix.basename(uri.path, path.posix.extname(uri.path));
    const folder = uri.scheme === 'file' ? path.dirname(uri.fsPath) : place.workspace;
    const chosen = await dialogs.chooseNewFile(
      'Save the Labelled Table',
      path.join(folder, `${base}-labelled.csv`),
      { 'Prediction tables': ['csv'] },
    );
    if (chosen === undefined) return;
    const out = await realPathOf(chosen);
    if (out === uri.fsPath)
      throw new UserError('own-table', 'This would replace the table itself. Choose another name.');
    await checkPlace(vscode.Uri.file(out));
    const { mapping } = rememberedOptions(context.workspaceState, uri);
    const source = await table.file();
    await explainingWrite(out, () =>
      joinLabels({
        ...{ table: source, labels: path.join(path.dirname(place.file), labels), out, mapping },
        labelColumn: undefined,
        spreadsheetSafe: false,
      }),
    );
    await vscode.commands.executeCommand(COMMANDS.openCalibration, vscode.Uri.file(out));
  } catch (error) {
    void reportError(services, error);
  }
}
