import { confidenceOf, knownRows, rowCount, rowsWhere, selectRows } from '../calibration/data';
import type { Evaluation, EvaluateOptions, PredictionData } from '../calibration/types';
import { evaluate } from '../metrics/evaluate';
import { bucketOf, type Bucket, DEFAULT_BUCKETS } from './buckets';

export interface Slice {
  readonly name: string;
  readonly evaluation: Evaluation;
  /** Rows and right rows in each bucket, in the order of the buckets. */
  readonly buckets: readonly { readonly name: string; readonly rows: number; readonly right: number }[];
}

export interface SliceReport {
  /** Worst first: by the lower end of the accuracy's Wilson interval, so that luck on few rows is no alarm. */
  readonly slices: readonly Slice[];
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
        buckets: countBuckets(part, options.buckets ?? DEFAULT_BUCKETS),
      });
  }
  const badness = ({ evaluation }: Slice) => evaluation.accuracy.low ?? 1;
  return { slices: slices.sort((left, right) => badness(left) - badness(right)), tooSmall };
}

/** (n) name of each row's predicted label, to slice by. */
export function predictedNames(data: PredictionData): (string | null)[] {
  const { predicted } = confidenceOf(data);
  if (data.kind !== 'labels' || predicted === null) return new Array<null>(rowCount(data)).fill(null);
  return Array.from(predicted, (label) => data.labels[label] ?? null);
}

export function countBuckets(data: PredictionData, buckets: readonly Bucket[]): Slice['buckets'] {
  const counts = buckets.map(({ name }) => ({ name, rows: 0, right: 0 }));
  const { confidence, correct } = confidenceOf(data);
  confidence.forEach((p, i) => {
    const count = counts[buckets.indexOf(bucketOf(p, buckets))];
    if (count === undefined) return;
    count.rows++;
    count.right += Number(correct[i] === 1);
  });
  return counts;
}

/** Rows that are wrong, the most confident first; equal ones in the order of the table. */
export function confidentErrors(data: PredictionData, limit: number): { row: number; confidence: number }[] {
  const { confidence, correct, logOdds } = confidenceOf(data);
  return Array.from(rowsWhere(correct.length, (i) => correct[i] === 0))
    .sort((left, right) => (logOdds[right] ?? 0) - (logOdds[left] ?? 0))
    .slice(0, limit)
    .map((row) => ({ row, confidence: confidence[row] ?? 0 }));
}
