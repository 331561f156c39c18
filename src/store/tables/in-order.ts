/** Work on one item after another, several at once, whose results are dealt with in the order of the items. */

export interface InOrderOptions<T, R> {
  readonly work: (item: T, signal: AbortSignal) => Promise<R>;
  /** Deals with one result after another. */
  readonly deal: (result: R) => Promise<void>;
  /** How many items may be worked on now, at least 1. */
  readonly atOnce: () => number;
  /** How many may be worked on or wait for one before them, at least 1. */
  readonly most: number;
  /** Ends it, as far as `work` heeds it. */
  readonly signal: AbortSignal | undefined;
}

/**
 * An item is taken when there is room for it, and not before. The first failure ends everything that is under way; until
 * then, results are dealt with. When this settles, nothing is dealt with any more.
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
