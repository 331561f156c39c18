import { confidenceOf, knownRows, rowCount, rowsWhere, selectRows } from '../calibration/data';
import type { Evaluation, EvaluateOptions, PredictionData } from '../calibration/types';
import { evaluate } from '../metrics/evaluate';
import type { Bucket } from './buckets';
import { type BucketCount, countBuckets } from './bucket-counts';

export interface Slice {
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
}

/**
 * Scores each value of a column on its own.
 *
 * @param names (n) the slice of each row, or null for none
 */
export function evaluateSlices(
  data: PredictionData,
  names: readonly (string | null)[],
  options: EvaluateOptions & {
    /** 20. */
    readonly minimumRows?: number | undefined;
    readonly buckets?: readonly Bucket[] | undefined;
  } = {},
): SliceReport {
  const minimum = options.minimumRows ?? 20;
  const rowsOf = new Map<string, number[]>();
  names.forEach((name, row) => {
    if (name === null) return;
    const rows = rowsOf.get(name);
    if (rows === undefined) rowsOf.set(name, [row]);
    else rows.push(row);
  });
  const slices: Slice[] = [];
  const tooSmall: { name: string; rows: number }[] = [];
  for (const [name, rows] of rowsOf) {
    const part = knownRows(selectRows(data, Uint32Array.from(rows)));
    if (rowCount(part) < minimum) tooSmall.push({ name, rows: rowCount(part) });
    else
      slices.push({
        name,
        evaluation: evaluate(part, { ...options, folds: undefined }),
        buckets: countBuckets(part, options.buckets),
      });
  }
  const badness = ({ evaluation }: Slice) => evaluation.accuracy.low ?? 1;
  return {
    slices: slices.sort((left, right) => badness(left) - badness(right)),
    minimumRows: minimum,
    tooSmall,
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
  const { confidence, correct, logOdds } = confidenceOf(data);
  return Array.from(rowsWhere(correct.length, (i) => correct[i] === 0))
    .sort((left, right) => (logOdds[right] ?? 0) - (logOdds[left] ?? 0))
    .slice(0, limit)
    .map((row) => ({ row, confidence: confidence[row] ?? 0 }));
}
