/** What lies in a folder, which need not exist. */
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../core/user-error';
import { errorCode } from './atomic';

/** Names of what lies in a folder, in no order; none where there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** A path without links; as it is where nothing lies there. */
export async function realPathOf(file: string): Promise<string> {
  return realpath(file).catch(() => path.resolve(file));
}

/**
 * Checks that a file can have a name in its folder.
 *
 * @throws UserError no-folder; other errors of node:fs
 */
export async function checkFolderOf(file: string): Promise<void> {
  await checkFolder(path.dirname(file), 'Create it, or choose another name.', 'Choose another name.');
}

/**
 * Checks that there is a folder.
 *
 * @param missing what to do where nothing is there
 * @param other what to do where something else is there
 * @throws UserError no-folder; other errors of node:fs
 */
export async function checkFolder(folder: string, missing: string, other: string): Promise<void> {
  const found = await stat(folder).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  });
  if (found?.isDirectory() === true) return;
  throw new UserError(
    'no-folder',
    found === undefined ? `There is no folder ${folder}. ${missing}` : `${folder} is no folder. ${other}`,
  );
}
