/** Reads files whose names others chose: a pipe never blocks, and a device or a huge file does not fill the memory. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../core/user-error';
import { errorCode } from './atomic';
import { kindOf } from './kind-of';

/** What the small files of this program are: far above any real one. */
export const SMALL_FILE = 1024 * 1024;

/**
 * Reads a small file.
 *
 * @param limit in bytes
 * @returns undefined where there is no such file
 * @throws UserError not-a-file, too-large; other errors of node:fs
 */
export async function readSmall(file: string, limit = SMALL_FILE): Promise<Buffer | undefined> {
  let handle: FileHandle;
  try {
    handle = await openRegular(file);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
  try {
    // One byte more shows a file that is too large, also one that grows.
    const data = Buffer.alloc(Math.min((await handle.stat()).size, limit) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < data.length; length += read)
      ({ bytesRead: read } = await handle.read(data, length, data.length - length));
    if (length > limit) throw tooLarge(file, limit);
    return data.subarray(0, length);
  } finally {
    await handle.close();
  }
}

/**
 * Opens a regular file. A pipe does not block, as it would for `open`.
 *
 * @param flags besides that; reading without any
 * @throws UserError not-a-file; errors of node:fs
 */
export async function openRegular(file: string, flags: number = constants.O_RDONLY): Promise<FileHandle> {
  // Windows has no such flag, and no such pipes.
  const handle = await open(file, flags | ((constants.O_NONBLOCK as number | undefined) ?? 0)).catch(
    (error: unknown) => {
      if (errorCode(error) === 'ENXIO') throw notAFile(file, 'a socket');
      throw error;
    },
  );
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw notAFile(file, kindOf(found));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function notAFile(file: string, kind: string): UserError {
  return new UserError('not-a-file', `${file} is ${kind}, not a file.`);
}

export function tooLarge(file: string, limit: number): UserError {
  return new UserError(
    'too-large',
    `${file} is larger than ${limit / (1024 * 1024)} MiB, so it was not read.`,
  );
}
