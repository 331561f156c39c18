/** How fast something goes, and how long it still takes. */
import { formatShare, formatTimeLeft } from './quantities';

/** A rate is taken over so long: shorter jumps about with every group of rows, longer lies after a pause. In ms. */
const WINDOW_MS = 20_000;
/** Before that a rate is a guess. */
const FIRST_MS = 1_000;

/** The rate of the last while. Clocks are passed in: milliseconds of any that only goes forward. */
export class RowRate {
  /** Newest last. */
  private samples: { readonly at: number; readonly done: number }[] = [];

  add(done: number, now: number): void {
    this.samples.push({ at: now, done });
    const old = this.samples.findLastIndex((sample) => sample.at <= now - WINDOW_MS);
    if (old > 0) this.samples = this.samples.slice(old);
  }

  /** Undefined until there is something to go by. */
  get perSecond(): number | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < FIRST_MS) return undefined;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}

/** "1,200 of 5,000 rows (24%) · 41 a second · 2 min left" */
export function rowsInWords(done: number, total: number, perSecond: number | undefined): string {
  const rows = `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} rows (${formatShare(total === 0 ? 1 : done / total)})`;
  if (perSecond === undefined || perSecond <= 0 || done >= total) return rows;
  return `${rows} · ${formatRate(perSecond)} · ${formatTimeLeft((total - done) / perSecond)} left`;
}

/** "41 a second", "0.8 a second", "12 a minute" */
function formatRate(perSecond: number): string {
  if (perSecond >= 10) return `${Math.round(perSecond).toLocaleString('en-US')} a second`;
  if (perSecond >= 0.5) return `${perSecond.toFixed(1)} a second`;
  return `${(perSecond * 60).toFixed(1)} a minute`;
}
