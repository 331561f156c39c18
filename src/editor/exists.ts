import * as vscode from 'vscode';

/** Whether there is a file or folder, in any file system of the editor. */
export async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
