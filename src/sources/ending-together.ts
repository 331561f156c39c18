import { setMaxListeners } from 'node:events';

/**
 * Work of several requests under one signal: when the work ends, by an error too, the requests that are still under way
 * are ended.
 */
export async function endingTogether<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  // Every waiting request listens to it; that is not a leak.
  setMaxListeners(0, either);
  try {
    return await work(either);
  } finally {
    stop.abort();
  }
}
