/** Finds the table of the active editor. */
import * as vscode from 'vscode';

export function isTable(uri: vscode.Uri): boolean {
  return uri.path.toLowerCase().endsWith('.csv');
}

/** The CSV file of the active editor, as text or in the calibration panel. */
export function activeTable(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri =
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined;
  return uri !== undefined && isTable(uri) ? uri : undefined;
}
