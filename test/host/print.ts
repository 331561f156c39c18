import { format } from 'node:util';

/** Before every line of the tests, so that the launcher can tell them from the workbench's own messages. */
export const TEST_OUTPUT_MARK = '\u2063test\u2063';

/**
 * Prints from inside the extension host onto the terminal of the test run.
 * A plain console.log there ends up in test-results/host-workbench.log, among the workbench's messages.
 */
export function print(...args: unknown[]): void {
  console.log(TEST_OUTPUT_MARK + format(...args));
}
