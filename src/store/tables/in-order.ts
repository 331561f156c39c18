/** Works on several items at once, and handles the results in the order of the items. */

export interface InOrderOptions<T, R> {
  readonly work: (item: T, signal: AbortSignal) => Promise<R>;
  /** Handles one result after another. */
  readonly deal: (result: R) => Promise<void>;
  /** How many items may be worked on now, at least 1. */
  readonly atOnce: () => number;
  /** The most items that are worked on, or are done and wait for an earlier one; at least 1. */
  readonly most: number;
  /** Ends the work, as far as `work` observes it. */
  readonly signal: AbortSignal | undefined;
}

/**
 * An item is taken only when there is room for it. The first failure ends all running work; until
 * then, results are handled. After this settles, no result is handled.
 *
 * @throws the first failure of `work`, `deal` or the items
 */
export async function inOrder<T, R>(
  items: AsyncIterable<T>,
  { work, deal, atOnce, most, signal }: InOrderOptions<T, R>,
): Promise<void> {
  const stop = new AbortController();
  const fail = (error: unknown): void => stop.abort(error);
  const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  let working = 0;
  let left = 0;
  let onChange = (): void => undefined;
  let dealt = Promise.resolve();
  const begin = (item: T): void => {
    working++;
    left++;
    const result = work(item, either).finally(() => working--);
    dealt = dealt.then(async () => {
      await deal(await result);
      left--;
    });
    for (const end of [result, dealt]) end.catch(fail).finally(() => onChange());
  };
  try {
    for await (const item of items) {
      begin(item);
      while (!stop.signal.aborted && (working >= atOnce() || left >= most))
        await new Promise<void>((resolve) => (onChange = resolve));
      if (stop.signal.aborted) break;
    }
  } catch (error) {
    fail(error);
  }
  await dealt.catch(fail);
  stop.signal.throwIfAborted();
}
