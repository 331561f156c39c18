/** The progress of a download in words: share, rate and time left. */
import { shareOf } from '../../app/jobs/progress';
import { Rate } from '../../core/rate';
import { formatBytes, formatShare, formatTimeLeft } from '../../core/words/quantities';
import type { DownloadProgress } from '../../store/download';

/** Bytes come evenly, so a short time is enough to measure their rate. In milliseconds. */
const WINDOW_MS = 5000;

export class TransferMeter {
  private readonly rate = new Rate(WINDOW_MS);

  /** @param now milliseconds of a monotonic clock */
  describe(progress: DownloadProgress, now: number): string {
    const { phase, done, total } = progress;
    if (phase === 'waiting') return 'another window is downloading this file; waiting for it';
    if (phase === 'verifying')
      return `checking the download, ${formatShare(total === undefined ? 0 : shareOf({ done, total }))}`;
    this.rate.add(done, now);
    const rate = this.rate.perSecond;
    return [
      total === undefined
        ? formatBytes(done)
        : `${formatShare(shareOf({ done, total }))} · ${formatBytes(done)} of ${formatBytes(total)}`,
      ...(rate === undefined ? [] : [`${formatBytes(rate)}/s`]),
      ...(rate === undefined || rate === 0 || total === undefined || done >= total
        ? []
        : [`${formatTimeLeft((total - done) / rate)} left`]),
    ].join(' · ');
  }
}
