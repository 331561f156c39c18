/** Log-probabilities as programs write them: to another base, or with labels that were not shown. */
import { least } from '../extremes';
import { plainNumber } from './cells';

/** What shown labels leave at least for the others, where they sum to 1 by rounding. */
const SMALLEST_REST = 1e-12;
/** More than the rounding of computed probabilities, and less than anything that is told of them. */
const HAIR = 1e-9;
const OTHER_BASES: readonly number[] = [2, 10];
/** How far from 1 the sum of a row may be that is taken for a proof of the base. */
const BASE_TOLERANCE = 1e-3;
/** So many rows prove a base although their digits leave much open. */
const FEWEST_ROUNDED = 5;

/** How far rounding to so many decimals moves the sum of a row: by as much as it moves each of its probabilities. */
export function roundingOfSum(decimals: number, base = Math.E): number {
  return 0.51 * Math.log(base) * 10 ** -decimals;
}

/** What the rows of a table, which may come in parts, say of the base of their log-probabilities. */
export class BaseEvidence {
  /** Rows that prove each base: all of their labels were shown, and they sum to 1 in it. */
  private readonly proofs = new Map([Math.E, ...OTHER_BASES].map((base) => [base, 0]));

  /**
   * @param logs log-probabilities (n·K) of further rows
   * @param decimals with which they are written
   */
  add(logs: Float64Array, K: number, decimals: number): void {
    for (const base of this.proofs.keys()) {
      let proofs = this.proofs.get(base) ?? 0;
      for (let at = 0; at < logs.length; at += K) {
        const row = logs.subarray(at, at + K);
        if (!maySumToOne(row, base, decimals)) {
          this.proofs.delete(base);
          break;
        }
        if (!row.includes(-Infinity)) proofs++;
        this.proofs.set(base, proofs);
      }
    }
  }

  /** The base to which every row may sum to 1, and enough rows do; e where that is another base or none. */
  base(decimals: number): number {
    const isProven = (base: number): boolean =>
      (this.proofs.get(base) ?? 0) >= (roundingOfSum(decimals, base) > BASE_TOLERANCE ? FEWEST_ROUNDED : 1);
    return isProven(Math.E) ? Math.E : (OTHER_BASES.find(isProven) ?? Math.E);
  }
}

/** Whether the probabilities of every row of natural logarithms (n·K) sum to its label mass (n). */
export function sumTo(labelMass: Float64Array, logs: Float64Array, K: number, decimals: number): boolean {
  const tolerance = Math.max(BASE_TOLERANCE, roundingOfSum(decimals));
  return labelMass.every((mass, row) => {
    const sum = logs.subarray(row * K, row * K + K).reduce((total, log) => total + Math.exp(log), 0);
    return Math.abs(sum - mass) <= tolerance;
  });
}

/** A row with labels that were not shown sums to less. */
export function maySumToOne(row: Float64Array, base: number, decimals: number): boolean {
  const scale = Math.log(base);
  const tolerance = Math.max(BASE_TOLERANCE, roundingOfSum(decimals, base));
  let sum = 0;
  for (const log of row) sum += Math.exp(log * scale);
  return sum <= 1 + tolerance && (sum >= 1 - tolerance || row.includes(-Infinity));
}

/**
 * A label that was not shown is no likelier than any that was, and has no more than what those leave. That bound stands
 * for its natural logarithm, a hair below, so that a label that was shown is predicted.
 *
 * @param logs (n·K) changed in place
 * @param type of logits nobody knows what they leave
 * @returns the number of rows with such labels
 */
export function boundHidden(logs: Float64Array, K: number, type: 'logprob' | 'logit'): number {
  let rows = 0;
  for (let at = 0; at < logs.length; at += K) {
    const row = logs.subarray(at, at + K);
    if (!row.includes(-Infinity)) continue;
    const known = row.filter((log) => log !== -Infinity);
    const rest = known.reduce((left, log) => left - Math.exp(log), 1);
    const left = type === 'logit' ? Infinity : Math.log(Math.max(rest, SMALLEST_REST));
    const bound = Math.min(least(known), left) - HAIR;
    for (let k = 0; k < K; k++) if (row[k] === -Infinity) row[k] = bound;
    rows++;
  }
  return rows;
}

/** Below any log-probability that a model can have: what programs write for a token that they did not show. */
const HIDDEN = -1000;
/** Another such number, which no computed one equals. */
const PLACEHOLDER = -100;

export function isHidden(cell: string): boolean {
  const trimmed = cell.trim();
  const value = plainNumber(trimmed);
  return /^-(?:inf|infinity|∞)$/iu.test(trimmed) || value <= HIDDEN || value === PLACEHOLDER;
}
