/** Who may use the engine: any number of requests for one model at a time, different models one after another. */
import { abortable } from './abortable';

export class Turns {
  private key: string | undefined;
  private inside = 0;
  /** First come, first served: a stream of requests for one model cannot keep another one out. */
  private readonly waiting: { readonly key: string; readonly admit: () => void }[] = [];

  /**
   * Runs `work` while no work with another key runs.
   *
   * @throws UserError `cancelled` where the signal fires before its turn has come; what `work` throws
   */
  async take<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const admitted = this.enter(key);
    try {
      await abortable(admitted, signal);
    } catch (error) {
      void admitted.then(() => this.leave());
      throw error;
    }
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private enter(key: string): Promise<void> {
    if (this.waiting.length === 0 && (this.inside === 0 || this.key === key)) {
      this.key = key;
      this.inside++;
      return Promise.resolve();
    }
    return new Promise((admit) => this.waiting.push({ key, admit }));
  }

  private leave(): void {
    this.inside--;
    if (this.inside > 0) return;
    this.key = this.waiting[0]?.key;
    for (let next = this.waiting[0]; next !== undefined && next.key === this.key; next = this.waiting[0]) {
      this.waiting.shift();
      this.inside++;
      next.admit();
    }
  }
}
