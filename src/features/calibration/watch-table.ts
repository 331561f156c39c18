/** Tells when the file of a table changes, comes or goes. */
import path from 'node:path';
import * as vscode from 'vscode';

/** A file that is being written changes many times: it is read when it has been quiet for so long. */
const QUIET_MS = 300;

export interface TableListener {
  /** It is another one than before: at once, and each time. */
  readonly changed: () => void;
  /** It can be read again. */
  readonly settled: () => void;
}

export function watchTable(uri: vscode.Uri, { changed, settled }: TableListener): vscode.Disposable {
  const folder = vscode.Uri.joinPath(uri, '..');
  const watcher = vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(folder, escapeGlob(path.posix.basename(uri.path))),
  );
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    changed();
    clearTimeout(timer);
    timer = setTimeout(settled, QUIET_MS);
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidChange(soon),
    watcher.onDidCreate(soon),
    watcher.onDidDelete(soon),
    { dispose: () => clearTimeout(timer) },
  );
}

/** A file's name as a glob that means that name and nothing else. */
function escapeGlob(name: string): string {
  return name.replace(/[[\]{}*?!]/g, (character) => `[${character}]`);
}
