import { errorCode } from './atomic';

/** What is wrong, by the code of the system, as the end of a sentence about a file; and what to do. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you do not have permission. Change the permissions.',
  EBUSY: 'another program uses it. Close that program.',
  EIO: 'the disk reported an error. Check the disk, or use another one.',
  EISDIR: 'it is a folder.',
  ELOOP: 'it is a link that leads in a circle. Remove that link.',
  EMFILE: 'too many files are open. Close other programs.',
  ENAMETOOLONG: 'its name is too long. Choose a shorter one.',
  ENOENT: 'it does not exist.',
  ENOSPC: 'the disk is full.',
  ENOTDIR: 'there is a file in the place of its folder. Move that file away.',
  EPERM: 'you do not have permission. Change the permissions.',
  EROFS: 'its disk is read-only.',
};

/** An error of the system as a sentence for people; undefined for every other error. */
export function systemErrorInWords(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined;
  const reason = REASONS[errorCode(error) ?? ''];
  // An error of an open file names none.
  const file = 'path' in error && typeof error.path === 'string' ? error.path : 'A file';
  return reason === undefined
    ? `The system reported an error: ${error.message}.`
    : `${file} cannot be used: ${reason}`;
}
