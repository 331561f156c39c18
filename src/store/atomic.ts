/**
 * Atomic writes: if the writer dies or the disk fills, the old content stays. Nothing that we write follows a link: a
 * repository can hold a link under any name that we would choose, and it may lead to any file of the person.
 */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, lstat, open, readlink, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../core/user-error';
import { kindOf } from './kind-of';

/**
 * Replaces a file's content in one step: temporary name in the same folder, fsync, rename, fsync of the folder.
 * The old file's permissions are kept. No link is followed.
 *
 * @throws UserError not-a-file: something else has the name, a link for example; what node:fs throws. The temporary
 *   file is gone then, and the old content still there
 */
export async function writeFileAtomic(
  file: string,
  data: string | Uint8Array | AsyncIterable<string>,
): Promise<void> {
  await checkOutputs(file);
  const old = await lookAt(file);
  const mode = old && old.mode & 0o777;
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`,
  );
  try {
    const handle = await open(temporary, 'wx', mode ?? 0o666);
    try {
      await writeFile(handle, data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // open() subtracts the umask; the old file's bits must stay as they were.
    if (mode !== undefined) await chmod(temporary, mode);
    await renameDurably(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A rename that is on the disk when this returns. The file itself must have been synced before. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await renamePatiently(from, to);
  await syncFolder(path.dirname(to));
}

/** On Windows a virus scanner or a reader may hold the target for a moment; elsewhere an error is an error. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const busy = ['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error) ?? '');
      if (process.platform !== 'win32' || !busy || attempt === 6) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25 * attempt));
    }
  }
}

/** Makes a rename durable. Windows cannot open a folder, and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Checks files before the first of them is written: each name must be free or that of a regular file.
 *
 * @throws UserError not-a-file: says what lies there, and where a link leads
 */
export async function checkOutputs(...files: readonly string[]): Promise<void> {
  for (const file of files) {
    const found = await lookAt(file);
    if (found === undefined || found.isFile()) continue;
    const kind = found.isSymbolicLink() ? `a link to ${await readlink(file)}` : kindOf(found);
    throw new UserError(
      'not-a-file',
      `${file} is ${kind}, so it was not replaced. Move it away, or choose another name.`,
    );
  }
}

/** Undefined where there is nothing, not even a link. */
export async function lookAt(file: string): Promise<Stats | undefined> {
  try {
    return await lstat(file);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** The `code` of a node:fs or node:net error ("ENOENT"), or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
