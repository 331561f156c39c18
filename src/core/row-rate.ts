/** The rate of some work. */

/**
 * Milliseconds over which a rate is measured. A shorter time fluctuates with every group of rows; a longer one is wrong
 * after a pause.
 */
const WINDOW_MS = 20_000;
/** Before that a rate is a guess. */
const FIRST_MS = 1_000;

/** The recent rate. The clock is passed in: milliseconds, never going backwards. */
export class RowRate {
  /** Newest last. */
  private samples: { readonly at: number; readonly done: number }[] = [];

  add(done: number, now: number): void {
    this.samples.push({ at: now, done });
    const old = this.samples.findLastIndex((sample) => sample.at <= now - WINDOW_MS);
    if (old > 0) this.samples = this.samples.slice(old);
  }

  /** Undefined until enough is known. */
  get perSecond(): number | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < FIRST_MS) return undefined;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}
