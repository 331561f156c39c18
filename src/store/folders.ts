/** What lies in a folder, which need not exist. */
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
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
