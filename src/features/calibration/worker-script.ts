/** Where the thread of the calibration panel lies. */
import * as vscode from 'vscode';

export function workerScript({ extensionUri }: Pick<vscode.ExtensionContext, 'extensionUri'>): string {
  return vscode.Uri.joinPath(extensionUri, 'dist', 'calibration-worker.cjs').fsPath;
}
