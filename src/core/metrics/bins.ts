import { argsort } from './sort';
import type { BinningKind } from '../model/evaluation';

/**
 * How confidences are put in bins: bin b is (edges[b], edges[b + 1]], the first closed on the left too, so that 0
 * and 1 both belong to a bin.
 */
export interface Binning {
  readonly kind: BinningKind;
  /** (B + 1) ascending, from 0 to 1. */
  readonly edges: readonly number[];
  /** Wanted bins that equal values forced together (equal mass only). */
  readonly merged: number;
  /** (n) bin of each row. */
  readonly index: Int32Array;
}

/** Equal-width bins by default in `evaluate`. */
export const DEFAULT_BINS = 20;

/**
 * Bins of [0, 1].
 *
 * Equal width: the edges are the doubles nearest to i/count, and a value is compared with them. The usual
 * floor(p · count) puts 0.3, 0.6 and 0.7 into the wrong one of 10 bins, since 0.3 · 10 and 3 part in the last bit.
 *
 * @param values (n) in [0, 1]
 * @param weight (n) or null for all 1: equal mass is mass of weight
 */
export function binValues(
  values: Float64Array,
  kind: BinningKind,
  count: number,
  weight: Float64Array | null,
): Binning {
  if (kind === 'mass') return equalMass(values, count, weight);
  const edges = Array.from({ length: count + 1 }, (_, i) => i / count);
  const index = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    let bin = Math.max(0, Math.min(count, Math.ceil(value * count)) - 1);
    while (bin > 0 && value <= (edges[bin] ?? 0)) bin--;
    while (bin < count - 1 && value > (edges[bin + 1] ?? 1)) bin++;
    index[i] = bin;
  }
  return { kind, edges, merged: 0, index };
}

function equalMass(values: Float64Array, count: number, weight: Float64Array | null): Binning {
  const { edges: inner, merged, order } = equalMassEdges(values, count, weight);
  const index = new Int32Array(values.length);
  let bin = 0;
  for (const row of order) {
    while (bin < inner.length && (values[row] ?? 0) > (inner[bin] ?? 1)) bin++;
    index[row] = bin;
  }
  return { kind: 'mass', edges: [0, ...inner, 1], merged, index };
}

/** Rounding of summed weights, as a share of their sum. */
const MASS_ROUNDING = 1e-12;

/**
 * Inner edges that cut the values into `count` parts of nearly equal mass, at midpoints between neighbouring
 * distinct values. Equal values are never parted: they go to the part that more of their mass belongs to. So rows with
 * whole weights are cut where as many copies of them would be. Edges that would coincide are merged and counted.
 *
 * @param values (n)
 * @param weight (n) not negative, or null for all 1
 */
export function equalMassEdges(
  values: Float64Array,
  count: number,
  weight: Float64Array | null,
): { edges: number[]; merged: number; order: Uint32Array } {
  const n = values.length;
  const order = argsort(values);
  const at = (position: number) => values[order[position] ?? 0] ?? 0;
  const total = weight === null ? n : weight.reduce((sum, w) => sum + w, 0);
  const edges: number[] = [];
  let below = 0;
  let part = 1;
  for (let start = 0; start < n && part < count;) {
    let end = start;
    let mass = 0;
    for (; end < n && at(end) === at(start); end++)
      mass += weight === null ? 1 : (weight[order[end] ?? 0] ?? 0);
    // The values so far fill every part that ends before the middle of these.
    const middle = below + mass / 2 - total * MASS_ROUNDING;
    const isCut = start > 0 && (part * total) / count < middle;
    while (part < count && (part * total) / count < middle) part++;
    if (isCut) edges.push(between(at(start - 1), at(start)));
    below += mass;
    start = end;
  }
  return { edges, merged: Math.max(0, Math.min(count, n) - 1 - edges.length), order };
}

/** The midpoint; between neighbouring doubles the lower one, which is in the lower bin either way. */
function between(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle < high ? middle : low;
}

/** Sums over the rows of each bin. */
export interface BinSums {
  /** (B) rows. */
  readonly count: Int32Array;
  /** (B) weight of the rows. */
  readonly mass: Float64Array;
  /** (B) weighted sums of confidence and of correct. */
  readonly confidence: Float64Array;
  readonly correct: Float64Array;
}

/**
 * @param confidence (n)
 * @param correct (n) 0 or 1
 * @param weight (n) or null for all 1
 */
export function sumBins(
  binning: Binning,
  confidence: Float64Array,
  correct: Uint8Array,
  weight: Float64Array | null,
): BinSums {
  const B = binning.edges.length - 1;
  const sums: BinSums = {
    count: new Int32Array(B),
    mass: new Float64Array(B),
    confidence: new Float64Array(B),
    correct: new Float64Array(B),
  };
  for (let i = 0; i < confidence.length; i++) {
    const b = binning.index[i] ?? 0;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    sums.count[b] = (sums.count[b] ?? 0) + 1;
    sums.mass[b] = (sums.mass[b] ?? 0) + w;
    sums.confidence[b] = (sums.confidence[b] ?? 0) + w * (confidence[i] ?? 0);
    sums.correct[b] = (sums.correct[b] ?? 0) + w * (correct[i] ?? 0);
  }
  return sums;
}
