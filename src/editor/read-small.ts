/** Reads what a workspace holds: no pipe blocks, and no device and no huge file fills the memory. */
import * as vscode from 'vscode';
import { readSmall, SMALL_FILE, tooLarge } from '../store/read-regular';

/** The most files that are read of a folder. */
const MOST_FILES = 100;

/**
 * Reads a small file of any file system of the editor.
 *
 * @returns undefined where there is no such file
 * @throws UserError not-a-file, too-large; errors of the file system
 */
export async function readSmallFile(uri: vscode.Uri): Promise<Uint8Array | undefined> {
  if (uri.scheme === 'file') return readSmall(uri.fsPath);
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > SMALL_FILE) throw tooLarge(uri.path, SMALL_FILE);
    return await vscode.workspace.fs.readFile(uri);
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
    throw error;
  }
}

/** The JSON files of a folder in the order of their names, at most 100; none where there is no folder. */
export async function jsonFilesIn(folder: vscode.Uri): Promise<vscode.Uri[]> {
  let names: [string, vscode.FileType][];
  try {
    names = await vscode.workspace.fs.readDirectory(folder);
  } catch {
    return []; // most folders have none
  }
  return names
    .map(([name]) => name)
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .sort()
    .slice(0, MOST_FILES)
    .map((name) => vscode.Uri.joinPath(folder, name));
}
