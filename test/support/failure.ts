/** What is thrown for a person to read. */
import assert from 'node:assert/strict';
import { UserError } from '../../src/core/user-error';

/** The error of what must fail. */
export async function failure(attempt: Promise<unknown>, code: string): Promise<UserError> {
  const error: unknown = await attempt.then(
    () => assert.fail(`expected ${code}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UserError, error instanceof Error ? error.stack : String(error));
  assert.equal(error.code, code, error.message);
  return error;
}
