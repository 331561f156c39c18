/**
 * An error whose message is written for the person at the keyboard: what is wrong and what to do next.
 * `code` is stable, for tests and for choosing an action beside the message.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
