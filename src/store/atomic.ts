/**
 * Atomic writes: if the writer dies or the disk fills, the old content stays.
 */
import { randomBytes } from 'node:crypto';
import { chmod, open, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Replaces a file's content in one step: temporary name in the same folder, fsync, rename, fsync of the folder.
 * A symbolic link stays one (what it points to is replaced) and the old file's permissions are kept.
 * Throws what node:fs throws; the temporary file is gone then and the old content still there.
 */
export async function writeFileAtomic(
  file: string,
  data: string | Uint8Array | AsyncIterable<string>,
): Promise<void> {
  const target = await linkTarget(file);
  const mode = await permissions(target);
  const temporary = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`,
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
    await renameDurably(temporary, target);
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

/** Where a write to `file` must land: the end of its chain of links, which need not exist yet. */
async function linkTarget(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  try {
    return path.resolve(path.dirname(file), await readlink(file));
  } catch {
    return file;
  }
}

async function permissions(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mode & 0o777;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The `code` of a node:fs or node:net error ("ENOENT"), or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
