/** The rate of some work. */

/** Milliseconds of samples before which a rate is a guess. */
const FIRST_MS = 1_000;

/** The recent rate of what is counted: rows, steps, bytes. */
export class Rate {
  /** Newest last. */
  private samples: { readonly at: number; readonly done: number }[] = [];

  /**
   * @param windowMs milliseconds over which the rate is measured: less would fluctuate with every group of rows, more
   *   would be wrong after a pause
   */
  constructor(private readonly windowMs = 20_000) {}

  /** @param now milliseconds of a clock that only goes forward */
  add(done: number, now: number): void {
    const last = this.samples.at(-1);
    // It started again: a server sends a file from its first byte.
    if (last !== undefined && done < last.done) this.samples = [];
    this.samples.push({ at: now, done });
    const old = this.samples.findLastIndex((sample) => sample.at <= now - this.windowMs);
    if (old > 0) this.samples = this.samples.slice(old);
  }

  /** Undefined until enough is known. */
  get perSecond(): number | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < FIRST_MS) return undefined;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}
