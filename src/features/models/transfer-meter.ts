/** The progress of a download in words: share, rate and time left. */
import { formatBytes, formatShare, formatTimeLeft } from '../../core/words/quantities';
import type { DownloadProgress } from '../../store/download';

/** Milliseconds over which the rate is measured. Less would fluctuate; more would be wrong after a pause. */
const WINDOW_MS = 5000;
/** Milliseconds before a rate is more than a guess. */
const FIRST_RATE_MS = 1000;

export class TransferMeter {
  /** Newest last. */
  private samples: { readonly at: number; readonly done: number }[] = [];

  /** @param now milliseconds of a monotonic clock */
  describe(progress: DownloadProgress, now: number): string {
    const { phase, done, total } = progress;
    if (phase === 'waiting') return 'another window is downloading this file; waiting for it';
    if (phase === 'verifying')
      return `checking the download, ${formatShare(total === undefined ? 0 : share(done, total))}`;
    this.sample(done, now);
    const rate = this.bytesPerSecond();
    return [
      total === undefined
        ? formatBytes(done)
        : `${formatShare(share(done, total))} · ${formatBytes(done)} of ${formatBytes(total)}`,
      ...(rate === undefined ? [] : [`${formatBytes(rate)}/s`]),
      ...(rate === undefined || rate === 0 || total === undefined || done >= total
        ? []
        : [`${formatTimeLeft((total - done) / rate)} left`]),
    ].join(' · ');
  }

  private sample(done: number, now: number): void {
    const last = this.samples.at(-1);
    // The server started again from the first byte.
    if (last !== undefined && done < last.done) this.samples = [];
    this.samples.push({ at: now, done });
    const old = this.samples.findLastIndex((sample) => sample.at <= now - WINDOW_MS);
    if (old > 0) this.samples = this.samples.slice(old);
  }

  /** Undefined until there is enough to measure. */
  private bytesPerSecond(): number | undefined {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < FIRST_RATE_MS) return undefined;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}

function share(done: number, total: number): number {
  return total === 0 ? 1 : done / total;
}
