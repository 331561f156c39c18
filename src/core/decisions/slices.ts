import { confidenceOf, isTruthKnown, rowCount, rowsWhere, selectRows } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { evaluate } from '../metrics/evaluate';
import type { Bucket } from '../model/buckets';
import { type BucketCount, countBuckets } from './bucket-counts';
import type { Evaluation, EvaluateOptions } from '../model/evaluation';

interface Slice {
  readonly name: string;
  readonly evaluation: Evaluation;
  readonly buckets: readonly BucketCount[];
}

export interface SliceReport {
  /** Worst first: by the lower end of the accuracy's Wilson interval, so that luck on few rows is no alarm. */
  readonly slices: readonly Slice[];
  /** Rows that a slice must have to be scored. */
  readonly minimumRows: number;
  /** Slices with fewer rows than asked for, named but not scored. */
  readonly tooSmall: readonly { readonly name: string; readonly rows: number }[];
  /** Rows that are in no slice, because their cell is empty. */
  readonly withoutValue: number;
}

/** Rows that a slice must have to be scored. */
export const MINIMUM_SLICE_ROWS = 20;

/** The rows with a known truth of each slice, in the order in which slices are met. */
export interface SlicedRows {
  readonly slices: readonly { readonly name: string; readonly rows: Uint32Array }[];
  readonly tooSmall: SliceReport['tooSmall'];
  readonly withoutValue: number;
}

/** @param names (n) the slice of each row, or null for none */
export function sliceRows(
  data: PredictionData,
  names: readonly (string | null)[],
  minimumRows = MINIMUM_SLICE_ROWS,
): SlicedRows {
  const rowsOf = new Map<string, number[]>();
  let withoutValue = 0;
  names.forEach((name, row) => {
    if (name === null) {
      withoutValue += Number(isTruthKnown(data, row));
      return;
    }
    const rows = rowsOf.get(name) ?? [];
    rowsOf.set(name, rows);
    if (isTruthKnown(data, row)) rows.push(row);
  });
  const all = Array.from(rowsOf, ([name, rows]) => ({ name, rows: Uint32Array.from(rows) }));
  return {
    slices: all.filter(({ rows }) => rows.length >= minimumRows),
    tooSmall: all
      .filter(({ rows }) => rows.length < minimumRows)
      .map(({ name, rows }) => ({ name, rows: rows.length })),
    withoutValue,
  };
}

/** The order of slices: by the lower end of the accuracy's interval. */
export function worseAccuracy(left: Evaluation, right: Evaluation): number {
  return (left.accuracy.low ?? 1) - (right.accuracy.low ?? 1);
}

/**
 * Evaluates each value of a column on its own.
 *
 * @param names (n) the slice of each row, or null for none
 */
export function evaluateSlices(
  data: PredictionData,
  names: readonly (string | null)[],
  options: EvaluateOptions & {
    /** {@link MINIMUM_SLICE_ROWS}. */
    readonly minimumRows?: number | undefined;
    readonly buckets?: readonly Bucket[] | undefined;
  } = {},
): SliceReport {
  const minimumRows = options.minimumRows ?? MINIMUM_SLICE_ROWS;
  const { slices, ...others } = sliceRows(data, names, minimumRows);
  const scored = slices.map(({ name, rows }): Slice => {
    const part = selectRows(data, rows);
    return {
      name,
      evaluation: evaluate(part, { ...options, folds: undefined }),
      buckets: countBuckets(part, options.buckets),
    };
  });
  return {
    slices: scored.sort((left, right) => worseAccuracy(left.evaluation, right.evaluation)),
    minimumRows,
    ...others,
  };
}

/** (n) name of each row's predicted label, to slice by. */
export function predictedNames(data: PredictionData): (string | null)[] {
  const { predicted } = confidenceOf(data);
  if (data.kind !== 'labels' || predicted === null) return new Array<null>(rowCount(data)).fill(null);
  return Array.from(predicted, (label) => data.labels[label] ?? null);
}

/** Rows that are wrong, the most confident first; equal ones in the order of the table. */
export function confidentErrors(data: PredictionData, limit: number): { row: number; confidence: number }[] {
  const { confidence, correct, rank } = confidenceOf(data);
  return Array.from(rowsWhere(correct.length, (i) => correct[i] === 0))
    .sort((left, right) => (rank[right] ?? 0) - (rank[left] ?? 0))
    .slice(0, limit)
    .map((row) => ({ row, confidence: confidence[row] ?? 0 }));
}
