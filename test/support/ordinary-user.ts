/** Somebody to whom the permissions of files apply: nothing is closed or read-only to root, who runs the tests in CI. */
const NOBODY = 65534;

/** Runs with the rights of an ordinary user; everything of this process does meanwhile. Not on Windows. */
export async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
