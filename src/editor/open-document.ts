import * as vscode from 'vscode';

/** The document of an address as it is in the editor, saved or not; undefined where it is not open. */
export function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  const wanted = uri.toString();
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === wanted);
}
