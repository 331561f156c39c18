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

/**
 * A probability in percent, truncated: never rounded up to a bucket's boundary or to 100%.
 *
 * Digits are cut from the shortest decimal that stands for the number, since 0.29 · 100 is 28.999….
 *
 * @param digits decimals of the percentage
 */
export function formatConfidence(p: number, digits = 1): string {
  const decimals = digits + 2;
  const ceiling = (1 - 10 ** -decimals).toFixed(decimals);
  if (p > Number(ceiling)) return `> ${asPercent(ceiling, digits)}`;
  if (p > 0 && p < 10 ** -decimals) return `< ${asPercent((10 ** -decimals).toFixed(decimals), digits)}`;
  const text = String(p);
  // Exponent notation starts below 1e-6; toFixed may round there, but all of its first decimals are zeros.
  const plain = text.includes('e') ? p.toFixed(20) : text;
  const [whole = '0', fraction = ''] = plain.split('.');
  return asPercent(`${whole}.${fraction.slice(0, decimals).padEnd(decimals, '0')}`, digits);
}

/** A share of rows in percent, to the nearest tenth: 100% is all of them and 0% none. */
export function formatRowShare(share: number): string {
  const shown = `${(100 * share).toFixed(1)}%`;
  const isExact = share === 0 || share === 1;
  return !isExact && (shown === '100.0%' || shown === '0.0%') ? formatConfidence(share) : shown;
}

/** Moves the point of a decimal string two places: no arithmetic, so no rounding. */
function asPercent(decimal: string, digits: number): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const percent = String(Number(whole + fraction.slice(0, 2)));
  return digits === 0 ? `${percent}%` : `${percent}.${fraction.slice(2)}%`;
}
