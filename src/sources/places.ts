/** Limits how much work runs at once, first come, first served. */
import { cancelledError } from '../core/user-error';

export class Places {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param limit current number of places, at least 1; called whenever a place is requested or released */
  constructor(private readonly limit: () => number) {}

  /**
   * Runs `work` as soon as there is a place for it, and keeps the place until it is settled.
   *
   * @throws UserError `cancelled` where the signal fires before there is one; what `work` throws
   */
  async hold<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) throw cancelledError();
    if (this.taken < this.limit() && this.waiting.length === 0) {
      this.taken++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const admit = (): void => {
        signal?.removeEventListener('abort', drop);
        resolve();
      };
      const drop = (): void => {
        this.waiting.splice(this.waiting.indexOf(admit), 1);
        reject(cancelledError());
      };
      signal?.addEventListener('abort', drop, { once: true });
      this.waiting.push(admit);
    });
  }

  private leave(): void {
    this.taken--;
    while (this.taken < this.limit()) {
      const admit = this.waiting.shift();
      if (admit === undefined) return;
      this.taken++;
      admit();
    }
  }
}
