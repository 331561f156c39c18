/** Sizes and times as people read them. */

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
