/** A clock that only moves when somebody sleeps: waits take no time, and can be looked at. */
import type { Clock } from '../../src/sources/endpoint/pace';

export class FakeClock implements Clock {
  readonly sleeps: number[] = [];
  private time = Date.UTC(2026, 0, 1);

  now(): number {
    return this.time;
  }

  advance(ms: number): void {
    this.time += ms;
  }

  async sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    this.sleeps.push(ms);
    const end = this.time + ms;
    // Others get their turn, as they would while time passes.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    this.time = Math.max(this.time, end);
  }
}
