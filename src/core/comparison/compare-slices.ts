/** Compares runs on each value of a column. */
import { MINIMUM_SLICE_ROWS, type SlicedRows, sliceRows } from '../decisions/slices';
import { least } from '../extremes';
import type { PredictionData } from '../model/predictions';
import { selectRows } from '../model/rows';
import {
  type Difference,
  type DifferenceOptions,
  judged,
  type ScoredRun,
  type ScoredRuns,
  scoreRuns,
} from './differences';
import type { ComparedMetric } from './metrics';

/** What is compared in each slice. */
export const SLICE_METRICS = ['accuracy', 'nll', 'ece'] as const satisfies readonly ComparedMetric[];

export interface ComparedSlice {
  readonly name: string;
  readonly rows: number;
  readonly runs: readonly ScoredRun[];
  /** For each run but the first its differences by {@link SLICE_METRICS}, corrected over all slices and runs. */
  readonly differences: readonly (readonly Difference[])[];
}

export interface SliceComparison extends Pick<SlicedRows, 'tooSmall' | 'withoutValue'> {
  /** The slice first in which the accuracy of some run lies furthest below that of the first run. */
  readonly slices: readonly ComparedSlice[];
  /** Rows that a slice must have. */
  readonly minimumRows: number;
  /** All of them, where only the first are named. */
  readonly tooSmallCount: number;
  /** Slices with enough rows that are not compared, because they are more than can be shown; 0 where all are. */
  readonly notCompared: number;
}

export interface CompareSlicesOptions extends Omit<DifferenceOptions, 'folds'> {
  /** With more slices than these none is compared, for it would take long and nobody could be shown them. */
  readonly limit?: number | undefined;
  /** Called before each slice, to report progress. */
  readonly onSlice?: ((at: number, of: number) => void | Promise<void>) | undefined;
}

/**
 * @param runs as for `compareRuns`, on the compared rows alone
 * @param names (n) the slice of each row, or null for none
 */
export async function compareSlices(
  runs: readonly PredictionData[],
  names: readonly (string | null)[],
  { limit = Infinity, onSlice, ...options }: CompareSlicesOptions,
): Promise<SliceComparison> {
  const [first] = runs;
  const found = first === undefined ? NO_SLICES : sliceRows(first, names);
  const slices = found.slices.length > limit ? [] : found.slices;
  const scored: (Pick<ComparedSlice, 'name' | 'rows'> & { readonly scored: ScoredRuns })[] = [];
  for (const [at, { name, rows }] of slices.entries()) {
    await onSlice?.(at, slices.length);
    const own = runs.map((run) => selectRows(run, rows));
    scored.push({ name, rows: rows.length, scored: scoreRuns(own, options) });
  }
  const tested = scored.flatMap(({ rows, scored: { differences } }) =>
    differences.flatMap((all) =>
      SLICE_METRICS.flatMap((metric) => {
        const difference = all.find((entry) => entry.metric === metric);
        return difference === undefined ? [] : [{ difference, rows }];
      }),
    ),
  );
  const together = judged(
    tested.map(({ difference }) => difference),
    tested.map(({ rows }) => rows),
  );
  const of = (slice: number, run: number): Difference[] => {
    const start = (slice * (runs.length - 1) + run) * SLICE_METRICS.length;
    return together.slice(start, start + SLICE_METRICS.length);
  };
  const compared = scored.map(({ name, rows, scored: { runs: numbers } }, at): ComparedSlice => ({
    name,
    rows,
    runs: numbers,
    differences: runs.slice(1).map((_, run) => of(at, run)),
  }));
  return {
    slices: compared.sort((left, right) => furthestBelow(left) - furthestBelow(right)),
    minimumRows: MINIMUM_SLICE_ROWS,
    tooSmall: found.tooSmall,
    tooSmallCount: found.tooSmall.length,
    notCompared: found.slices.length - slices.length,
    withoutValue: found.withoutValue,
  };
}

const NO_SLICES: SlicedRows = { slices: [], tooSmall: [], withoutValue: 0 };

function furthestBelow({ differences }: ComparedSlice): number {
  return least(differences.map((found) => found.find(({ metric }) => metric === 'accuracy')?.value ?? 0));
}
