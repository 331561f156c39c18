/** Numbers that options take. */
import { plainNumber } from '../core/data/cells';
import { usageError } from './command';

interface Range {
  readonly low: number;
  readonly high: number;
}

/** The most digits that a count, a seed or a size may have. */
const NINE_DIGITS: Range = { low: 0, high: 999_999_999 };

/**
 * @param option without its dashes
 * @throws UserError usage
 */
export function wholeNumber(option: string, value: string, range: Range = NINE_DIGITS): number {
  const number = /^\d+$/u.test(value) ? Number(value) : NaN;
  if (number >= range.low && number <= range.high) return number;
  const from = range === NINE_DIGITS ? '' : ` from ${range.low} to ${range.high}`;
  throw usageError(`--${option} takes a whole number${from}, not "${value}".`);
}

/**
 * @param option without its dashes
 * @param isAllowed whether the number is one of those that `which` describes: "a number above 0, at most 10"
 * @throws UserError usage
 */
export function decimalNumber(
  option: string,
  value: string,
  which: string,
  isAllowed: (number: number) => boolean,
): number {
  const number = value.trim() === '' ? NaN : Number(value);
  if (Number.isFinite(number) && isAllowed(number)) return number;
  throw usageError(`--${option} takes ${which}, not "${value}".`);
}

/** "NAME=NUMBER", the number not negative; undefined for anything else. */
export function namedNumber(text: string): { readonly name: string; readonly value: number } | undefined {
  const at = text.lastIndexOf('=');
  const name = text.slice(0, Math.max(0, at)).trim();
  const value = plainNumber(text.slice(at + 1).trim());
  return name !== '' && value >= 0 ? { name, value } : undefined;
}
