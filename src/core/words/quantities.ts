/** Sizes, times and shares as people read them. */
import { boundsOf, DEFAULT_BUCKETS } from '../model/buckets';

const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Decimal units, as disks and download pages count: "253 MB", "5.1 GB". */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  // 999.5 would be shown as 1000 of the smaller unit.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  // One digit where it says something: 5.1 GB, 0.3 would be MB anyway.
  const shown = unit >= 1 && value < 9.95 ? value.toFixed(1) : value.toFixed(0);
  return `${shown} ${BYTE_UNITS[unit] ?? ''}`;
}

/** A remaining time in seconds, rounded as coarsely as it is uncertain: "40 s", "3 min", "2 h 5 min". */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A share between 0 and 1: "7%". 100% only if it is complete. */
export function formatShare(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)}%`;
}

/** Bounds of the default buckets, for a number that no buckets of a classifier apply to. */
const BOUNDS: readonly number[] = boundsOf(DEFAULT_BUCKETS);

/** Far below the last digit that is shown, far above what arithmetic loses. */
const TINY = 1e-9;

/**
 * A probability in percent, to the nearest tenth, so that the shares of labels add up. A tenth is cut off where rounding
 * would reach a bound that the probability misses: "89.9%" for .8999, which is not in the bucket from .9. The ends are
 * open, "> 99.9%" and "< 0.1%", because no model is ever certain.
 *
 * @param bounds in [0, 1]: lower bounds of buckets
 * @returns "–" for NaN
 */
export function formatPercent(probability: number, bounds: readonly number[] = BOUNDS): string {
  if (Number.isNaN(probability)) return '–';
  const nearest = Number((100 * probability).toFixed(1));
  if (nearest >= 100) return '> 99.9%';
  if (nearest <= 0) return '< 0.1%';
  const reaches = bounds.some((bound) => probability < bound && nearest / 100 > bound - TINY);
  return `${(reaches ? nearest - 0.1 : nearest).toFixed(1)}%`;
}

/** A share of rows in percent, to the nearest tenth: 100% is all of them and 0% none. */
export function formatRowShare(share: number): string {
  return share === 0 || share === 1 ? `${share * 100}.0%` : formatPercent(share, []);
}
