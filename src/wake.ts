/** Replaces what stands in for the rest of the extension by the rest itself, when something of it is used. */
import type { Disposable } from 'vscode';

export interface Sleeping<T> {
  /** Registers what stands in for the rest. */
  readonly standIn: () => Pick<Disposable, 'dispose'>;
  /** Reads the code of the rest, and gives what starts it. */
  readonly load: () => Promise<() => T>;
  /** Says why the rest could not be started. */
  readonly tell: (error: unknown) => void;
}

/**
 * Starts the rest once. What stands in for it goes away just before, because both register the same names. Where the
 * rest does not start, its stand-in is back, and the next call tries again.
 */
export function wakeable<T>({ standIn, load, tell }: Sleeping<T>): () => Promise<T> {
  let standing = standIn();
  let awake: Promise<T> | undefined;
  const start = async (): Promise<T> => {
    try {
      const run = await load();
      standing.dispose();
      try {
        return run();
      } catch (error) {
        standing = standIn();
        throw error;
      }
    } catch (error) {
      awake = undefined;
      tell(error);
      throw error;
    }
  };
  return () => (awake ??= start());
}
