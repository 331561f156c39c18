/** Whether a file lies in the folder that it seems to lie in. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../core/user-error';
import { errorCode, lookAt } from './atomic';

/**
 * Checks that a path which lies in a folder by its text also lies there on the disk. A path that is elsewhere by its
 * text was named by a person, and is not checked.
 *
 * @param folder absolute path
 * @param file absolute path; neither it nor its folder need exist
 * @throws UserError leads-elsewhere: says where a link leads
 */
export async function checkInside(folder: string, file: string): Promise<void> {
  // The folder itself is no file that one could write.
  if (!isInside(folder, file) || path.relative(folder, file) === '') return;
  let place = path.dirname(file);
  while (place !== folder && (await lookAt(place)) === undefined) place = path.dirname(place);
  const real = await realpath(place).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ELOOP') throw error;
    return undefined;
  });
  if (real !== undefined && isInside(await realpath(folder), real)) return;
  const leads = real === undefined ? 'is a link that leads nowhere' : `leads to ${real}`;
  throw new UserError(
    'leads-elsewhere',
    `${file} was not written, because ${place} ${leads}, outside of ${folder}. ` +
      (real === undefined ? 'Remove that link.' : 'To write there, open or name that folder itself.'),
  );
}

/** Whether a path is a folder or lies in it, by its text. Both are absolute. */
export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
