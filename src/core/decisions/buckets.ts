import { UserError } from '../user-error';

/** An action range of confidence, [low, high); the highest bucket holds 1 too. */
export interface Bucket {
  readonly name: string;
  readonly low: number;
}

/** Highest first; editable. */
export const DEFAULT_BUCKETS: readonly Bucket[] = [
  { name: 'automatic', low: 0.9 },
  { name: 'review', low: 0.7 },
  { name: 'manual check', low: 0.5 },
  { name: 'manual', low: 0 },
];

/** Throws where buckets do not cover [0, 1] from high to low without a gap. */
export function checkBuckets(buckets: readonly Bucket[]): void {
  const lows = buckets.map(({ low }) => low);
  const descending = lows.every((low, i) => low >= 0 && low < 1 && (i === 0 || low < (lows[i - 1] ?? 0)));
  const names = new Set(buckets.map(({ name }) => name.trim()));
  if (descending && lows[lows.length - 1] === 0 && names.size === buckets.length && !names.has('')) return;
  throw new UserError(
    'bad-buckets',
    'Buckets need different names and lower ends below 1 that fall from bucket to bucket; the last one must start at 0.',
  );
}

/** The bucket of an unrounded confidence: .8999 is not .9. */
export function bucketOf(confidence: number, buckets: readonly Bucket[] = DEFAULT_BUCKETS): Bucket {
  const found = buckets.find(({ low }) => confidence >= low) ?? buckets[buckets.length - 1];
  if (found === undefined) throw new UserError('bad-buckets', 'There is no bucket.');
  return found;
}

/** True where a calibrated confidence is so low that some other one of K labels must be likelier. */
export function isAnotherLabelLikelier(confidence: number, K: number): boolean {
  return confidence < 1 / K;
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

/** Moves the point of a decimal string two places: no arithmetic, so no rounding. */
function asPercent(decimal: string, digits: number): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const percent = String(Number(whole + fraction.slice(0, 2)));
  return digits === 0 ? `${percent}%` : `${percent}.${fraction.slice(2)}%`;
}
