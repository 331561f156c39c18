/**
 * Where the rows of a table that is being scored are until all are there: FILE.part in `.prompt-confidence/work/` of the
 * folder of FILE, so that it is not in the way there. On the same disk, because it takes the name FILE in one step.
 *
 * A repository may hold a link under these names. Then, and where something else has them, FILE.part lies beside FILE,
 * as it did in older versions.
 */
import { mkdir, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, lookAt } from '../atomic';

/** 'beside' is not written into a state, because older versions had no other place. */
export type WorkPlace = 'work' | 'beside';

const FOLDERS = ['.prompt-confidence', 'work'];

/** The part of a scored table at a place. */
export function partAt(place: WorkPlace, out: string): string {
  const name = `${path.basename(out)}.part`;
  return path.join(path.dirname(out), ...(place === 'work' ? FOLDERS : []), name);
}

/** Where the part of a new run goes. */
export async function newPlace(out: string): Promise<WorkPlace> {
  return (await isOwn(out)) ? 'work' : 'beside';
}

/** Whether nothing but folders of the same disk have the names of the folders, as far as they are there. */
export async function isOwn(out: string): Promise<boolean> {
  const beside = await stat(path.dirname(out)).catch(() => undefined);
  for (const folder of foldersOf(out)) {
    const found = await lookAt(folder);
    if (found === undefined) return true;
    if (!found.isDirectory() || found.dev !== beside?.dev) return false;
  }
  return true;
}

/** Makes the folder of a part. */
export async function makePlace(place: WorkPlace, out: string): Promise<void> {
  if (place === 'beside') return;
  for (const folder of foldersOf(out))
    await mkdir(folder).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
}

/** Removes the folders of parts where they are empty. */
export async function clearPlace(out: string): Promise<void> {
  if (!(await isOwn(out))) return;
  for (const folder of foldersOf(out).reverse())
    try {
      await rmdir(folder);
    } catch (error) {
      // Somebody else's, or in use; that there is none is well, too.
      if (errorCode(error) === undefined) throw error;
      return;
    }
}

/** The outer one first. */
function foldersOf(out: string): string[] {
  return FOLDERS.map((_, at) => path.join(path.dirname(out), ...FOLDERS.slice(0, at + 1)));
}
