/** How far a run is, in words. */
import { formatShare, formatTimeLeft } from './quantities';

/** "1,200 of 5,000 rows (24%) · 41 a second · 2 min left" */
export function progressInWords(done: number, total: number, perSecond: number | undefined): string {
  const rows = `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} rows (${formatShare(total === 0 ? 1 : done / total)})`;
  if (perSecond === undefined || perSecond <= 0 || done >= total) return rows;
  return `${rows} · ${formatRate(perSecond)} · ${formatTimeLeft((total - done) / perSecond)} left`;
}

/** "epoch 1 of 3 (24%) · 2 min left"; `done` and `total` are counted in whatever the work consists of. */
export function workInWords(what: string, done: number, total: number, perSecond?: number): string {
  const words = `${what} (${formatShare(done / total)})`;
  if (perSecond === undefined || perSecond <= 0 || done >= total) return words;
  return `${words} · ${formatTimeLeft((total - done) / perSecond)} left`;
}

/** How far an engine is that starts. `fraction`: share done of the phase, 0 to 1. */
export function loadingInWords({
  phase,
  fraction,
}: {
  readonly phase: 'probing' | 'loading' | 'preparing';
  readonly fraction: number;
}): string {
  switch (phase) {
    case 'probing':
      return 'looking for a GPU';
    case 'loading':
      return `loading the model, ${formatShare(fraction)}`;
    case 'preparing':
      return 'preparing the model';
  }
}

/** "41 a second", "0.8 a second", "12 a minute" */
function formatRate(perSecond: number): string {
  if (perSecond >= 10) return `${Math.round(perSecond).toLocaleString('en-US')} a second`;
  if (perSecond >= 0.5) return `${perSecond.toFixed(1)} a second`;
  return `${(perSecond * 60).toFixed(1)} a minute`;
}
