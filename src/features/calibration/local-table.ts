/**
 * The table of a panel as a file that a thread can read: the table itself, or a copy if it is not on this machine's
 * disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../core/user-error';
import { readSmallFile } from '../../editor/read-small';
import { writeFileAtomic } from '../../store/atomic';

/** Limit in megabytes, because a copy goes through this process's memory. */
const COPY_LIMIT_MB = 20;

export class LocalTable implements vscode.Disposable {
  /** Folder of the copy. A new copy replaces the last one. */
  private folder: Promise<string> | undefined;
  private copied: Promise<string> | undefined;

  constructor(private readonly uri: vscode.Uri) {}

  /**
   * Path of the table. A table with another scheme is copied once, together with its meta file.
   *
   * @throws UserError no-file, not-on-disk
   */
  file(): Promise<string> {
    if (this.uri.scheme === 'file') return Promise.resolve(this.uri.fsPath);
    return (this.copied ??= this.copy());
  }

  /** Forgets the copy: the next call of `file` reads the table again. */
  forget(): void {
    this.copied = undefined;
  }

  dispose(): void {
    const { folder } = this;
    this.folder = undefined;
    folder?.then((name) => rm(name, { recursive: true, force: true })).catch(() => undefined);
  }

  private async copy(): Promise<string> {
    const { uri } = this;
    const { size } = await readExplained(uri, () => vscode.workspace.fs.stat(uri));
    if (size > COPY_LIMIT_MB * 1e6)
      throw new UserError(
        'not-on-disk',
        `The table is ${Math.ceil(size / 1e6)} MB large. The panel opens at most ${COPY_LIMIT_MB} MB if a table ` +
          `is not on this machine’s disk. Save a copy on this machine and open that.`,
      );
    const content = await readExplained(uri, () => vscode.workspace.fs.readFile(uri));
    this.folder ??= mkdtemp(path.join(os.tmpdir(), 'prompt-confidence-table-'));
    const file = path.join(await this.folder, path.posix.basename(uri.path));
    await writeFileAtomic(file, content);
    const meta = uri.with({ path: `${uri.path}.meta.json` });
    const text = await readSmallFile(meta).catch(() => undefined);
    // Most tables have none.
    if (text === undefined) await rm(`${file}.meta.json`, { force: true });
    else await writeFileAtomic(`${file}.meta.json`, text);
    return file;
  }
}

async function readExplained<T>(uri: vscode.Uri, read: () => Thenable<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isGone = error instanceof vscode.FileSystemError && error.code === 'FileNotFound';
    const reason = error instanceof Error ? error.message : String(error);
    throw isGone
      ? new UserError('no-file', `${uri.toString()} no longer exists.`, { cause: error })
      : new UserError(
          'not-on-disk',
          `The table is not on this machine’s disk, and it cannot be read from its place: ${reason} Save a copy on this machine and open that.`,
          { cause: error },
        );
  }
}
