import { UserError } from '../core/user-error';
import { errorCode } from './atomic';

/**
 * Writes a file. If it cannot be written, the error gives the reason in words.
 *
 * @throws UserError not-writable
 */
export async function explainingWrite<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (
      !['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EEXIST', 'EIO', 'ELOOP', 'ENAMETOOLONG'].includes(
        code,
      )
    )
      throw error;
    throw new UserError('not-writable', `${file} cannot be written: ${reasonOf(code)}`, { cause: error });
  }
}

function reasonOf(code: string): string {
  if (code === 'ENOSPC') return 'the disk is full.';
  if (code === 'EIO') return 'the disk reported an error.';
  if (code === 'ELOOP') return 'a link in its path leads in a circle. Remove that link.';
  if (code === 'ENAMETOOLONG') return 'its name is too long. Choose a shorter one.';
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return 'there is a file in the place of its folder. Move that file away.';
  return 'you may not write to its folder. Change the permissions of the folder, or choose another one.';
}
