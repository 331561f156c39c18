/**
 * Reports changes in folders that files of the workspace are read from.
 *
 * The editor's own watcher is not enough. On Linux it misses a folder that is created together with its parent
 * (`mkdir -p .prompt-confidence/calibrators`, as the first saved calibrator does), and reports nothing in it until the
 * window is reloaded. So a folder that is read is also watched here, once, from before it is read until it changes.
 * Reading it again watches it again.
 */
import { type FSWatcher, watch } from 'node:fs';
import * as vscode from 'vscode';

export class ReadFolders implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** Watchers by path. */
  private readonly watched = new Map<string, FSWatcher>();
  private soon: NodeJS.Immediate | undefined;
  private isOver = false;
  private readonly subscriptions: readonly { dispose(): unknown }[];

  /** Fires when a file in one of the folders changed. */
  readonly onDidChange = this.changed.event;

  /** @param files of these folders that the editor tells of */
  constructor(files: vscode.GlobPattern) {
    const watcher = vscode.workspace.createFileSystemWatcher(files);
    const fire = (): void => this.fireSoon();
    this.subscriptions = [
      this.changed,
      watcher,
      watcher.onDidChange(fire),
      watcher.onDidCreate(fire),
      watcher.onDidDelete(fire),
    ];
  }

  /** Call it before a file of this folder is read. */
  willRead({ scheme, fsPath }: vscode.Uri): void {
    if (this.isOver || scheme !== 'file' || this.watched.has(fsPath)) return;
    let watcher: FSWatcher;
    try {
      watcher = watch(fsPath, { persistent: false });
    } catch {
      return; // it is not there, or the system has no watches left: then the editor's watcher is all there is
    }
    this.watched.set(fsPath, watcher);
    const over = (): void => {
      watcher.close();
      if (this.watched.get(fsPath) !== watcher) return;
      this.watched.delete(fsPath);
      this.fireSoon();
    };
    watcher.once('change', over).once('error', over);
  }

  /** Once for all files that changed together: a checkout may change hundreds. */
  private fireSoon(): void {
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      this.changed.fire();
    });
  }

  dispose(): void {
    this.isOver = true;
    clearImmediate(this.soon);
    for (const watcher of this.watched.values()) watcher.close();
    this.watched.clear();
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
