import type { ErrorCode } from '../error-codes';
import { quoted } from '../quote';

/**
 * Single cells of a table: plain numbers, and messages about cells that are not.
 */

// Digits can match in one way only: a long cell of digits would take hours otherwise.
const PLAIN_NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const DECIMAL_COMMA = /^[+-]?[\d.]*,\d+(?:e[+-]?\d+)?$/i;
const PERCENT = /^[+-]?[\d.,]+\s*[%٪]$/u;
const NOT_A_NUMBER = /^[+-]?(?:nan|na|n\/a|null|none|-)$/i;
/** A number as a program shows its type. */
const SCALAR = /^(?:(?:np|numpy|torch|jnp)\.)?(?:float|int|bfloat|tensor)\d*\([-+\d.e]*\)$/iu;
const INFINITE = /^[+-]?(?:inf|infinity|∞)$/iu;

/** A cell that is not a number. */
export interface NumberProblem {
  readonly reason: string;
  /** Code of the error if the notation is wrong, so that other cells cannot be trusted either; otherwise null. */
  readonly wholeTable: ErrorCode | null;
}

/** The number in a trimmed cell; NaN for anything but digits with a decimal point and an exponent. */
export function plainNumber(cell: string): number {
  const value = PLAIN_NUMBER.test(cell) ? Number(cell) : NaN;
  return Number.isFinite(value) ? value : NaN;
}

/** Why a trimmed cell is not a number, and what to change. */
export function numberProblem(column: string, cell: string): NumberProblem {
  const row = (reason: string): NumberProblem => ({ reason, wholeTable: null });
  if (cell === '') return row(`${column} is empty`);
  if (SCALAR.test(cell)) return row(`${column} is ${quoted(cell)}; write the number alone`);
  const list = kindOfList(cell);
  if (list !== null)
    return row(`${column} is ${list} (${quoted(cell)}); write each of its numbers into a column of its own`);
  if (PERCENT.test(cell))
    return {
      reason: `${column} is ${quoted(cell)}. Write shares of 1 without a percent sign: 0.93, not 93%.`,
      wholeTable: 'percent-sign',
    };
  if (DECIMAL_COMMA.test(cell))
    return {
      reason: `${column} is ${quoted(cell)}. Write numbers with a decimal point: 0.93, not 0,93.`,
      wholeTable: 'decimal-comma',
    };
  if (NOT_A_NUMBER.test(cell)) return row(`${column} is not a number (${quoted(cell)})`);
  if (INFINITE.test(cell) || PLAIN_NUMBER.test(cell))
    return row(`${column} is infinite (${quoted(cell)}); scores must be finite`);
  return row(`${column} is ${quoted(cell)}, which is not a number`);
}

/** The meaning of a yes-or-no cell (trimmed): 1, 0, or undefined. */
export function flag(cell: string): 0 | 1 | undefined {
  switch (cell.toLowerCase()) {
    case '1':
    case '1.0':
    case 'true':
      return 1;
    case '0':
    case '0.0':
    case 'false':
      return 0;
    default:
      return undefined;
  }
}

/** What a cell is that holds several values in the notation of a program; null for anything else. */
export function kindOfList(cell: string): 'a list' | 'a dictionary' | 'a tensor' | null {
  if (/^(?:(?:torch|np|numpy|tf)\.)?(?:tensor|array)\(.*\)$/isu.test(cell)) return 'a tensor';
  if (/^\[.*\]$|^\(.*,.*\)$/su.test(cell)) return 'a list';
  return /^\{.*\}$/su.test(cell) ? 'a dictionary' : null;
}

/** The characters that may part the cells of a line. */
export const SEPARATORS = [',', ';', '\t', '|'] as const;

/** Whether a cell has several lines. Most have not, so this is asked first. */
export function isLong(cell: string): boolean {
  return cell.includes('\n') || cell.includes('\r');
}

export function linesOf(cell: string): string[] {
  return cell.split(/\r\n|\n|\r/u);
}
