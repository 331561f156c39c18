import { UserError } from '../core/user-error';

/** Names that are valid file names on every platform. */
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,78}[\p{L}\p{N}_-])?$/u;

/**
 * Checks the name of something that a workspace keeps in a file of its own.
 *
 * @param what with its article: "a calibrator"
 * @throws UserError bad-name
 */
export function checkResourceName(name: string, what: string): void {
  if (!NAME.test(name))
    throw new UserError(
      'bad-name',
      `"${name}" cannot name ${what}: use up to 80 letters, digits, spaces, dots, hyphens or underscores, ` +
        `beginning with a letter or a digit.`,
    );
}
