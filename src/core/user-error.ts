import type { ErrorCode } from './error-codes';

/**
 * An error whose message is for people: what is wrong. The remedy of the surface where
 * it appears, an option or a button, is added there, by the code.
 * `code` is stable: for tests, and for choosing that remedy.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  /**
   * What a remedy needs to know; its fields belong to the code. `no-label-scores`: `instead` is "confidence" where that
   * of the table would do.
   */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { data = {}, ...options }: ErrorOptions & { readonly data?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options);
    this.data = data;
  }
}

/** What a person stopped: no error to be shown. */
export function cancelledError(cause?: unknown): UserError {
  return new UserError('cancelled', 'Cancelled.', { cause });
}
