/**
 * An error whose message is for people: what is wrong. The remedy of the surface where
 * it appears, an option or a button, is added there, by the code.
 * `code` is stable: for tests, and for choosing that remedy.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** What a remedy needs to know; its fields belong to the code. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: string,
    message: string,
    { data = {}, ...options }: ErrorOptions & { readonly data?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options);
    this.data = data;
  }
}
