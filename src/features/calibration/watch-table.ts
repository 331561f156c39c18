/** Watches the file of a table: changed, created or deleted. */
import path from 'node:path';
import * as vscode from 'vscode';
import { ReadFolders } from '../../editor/read-folders';

/** Milliseconds without a change before a file is read: one that is being written changes many times. */
const QUIET_MS = 300;

export interface TableListener {
  /** Called at once for each change. */
  readonly changed: () => void;
  /** Called when the file can be read again. */
  readonly settled: () => void;
}

export interface FileWatch {
  /** Call it before a file is read: where the folder was made after the watch, the editor may tell of nothing in it. */
  willRead(): void;
  dispose(): void;
}

export function watchTable(uri: vscode.Uri, listener: TableListener): FileWatch {
  return watchFiles(vscode.Uri.joinPath(uri, '..'), escapeGlob(path.posix.basename(uri.path)), listener);
}

/**
 * @param glob of names in the folder
 * @param told fires for changes of this window, of which the editor tells later, and under load much later
 */
export function watchFiles(
  folder: vscode.Uri,
  glob: string,
  { changed, settled }: TableListener,
  told?: vscode.Event<void>,
): FileWatch {
  const folders = new ReadFolders(new vscode.RelativePattern(folder, glob));
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    changed();
    clearTimeout(timer);
    timer = setTimeout(settled, QUIET_MS);
  };
  const subscriptions = [folders.onDidChange(soon), ...(told === undefined ? [] : [told(soon)]), folders];
  return {
    willRead: () => folders.willRead(folder),
    dispose: () => {
      clearTimeout(timer);
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

/** A file's name as a glob that matches only that name. */
function escapeGlob(name: string): string {
  return name.replace(/[[\]{}*?!]/g, (character) => `[${character}]`);
}
