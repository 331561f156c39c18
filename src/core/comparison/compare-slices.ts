/** Compares runs on each value of a column. */
import { MINIMUM_SLICE_ROWS, type SliceReport, sliceRows } from '../decisions/slices';
import { least } from '../extremes';
import type { PredictionData } from '../model/predictions';
import { selectRows } from '../model/rows';
import { type Difference, type DifferenceOptions, judged, type ScoredRun, scoreRuns } from './differences';
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

export interface SliceComparison {
  /** The slice first in which the accuracy of some run lies furthest below that of the first run. */
  readonly slices: readonly ComparedSlice[];
  /** Rows that a slice must have. */
  readonly minimumRows: number;
  readonly tooSmall: SliceReport['tooSmall'];
}

/**
 * @param runs as for `compareRuns`, on the compared rows alone
 * @param names (n) the slice of each row, or null for none
 */
export function compareSlices(
  runs: readonly PredictionData[],
  names: readonly (string | null)[],
  options: Omit<DifferenceOptions, 'folds'>,
): SliceComparison {
  const [first] = runs;
  if (first === undefined) return { slices: [], minimumRows: MINIMUM_SLICE_ROWS, tooSmall: [] };
  const { slices, tooSmall } = sliceRows(first, names);
  const scored = slices.map(({ name, rows }) => ({
    name,
    rows: rows.length,
    scored: scoreRuns(
      runs.map((run) => selectRows(run, rows)),
      options,
    ),
  }));
  const found = scored.flatMap(({ rows, scored: { differences } }) =>
    differences.flatMap((all) =>
      SLICE_METRICS.flatMap((metric) => {
        const difference = all.find((entry) => entry.metric === metric);
        return difference === undefined ? [] : [{ difference, rows }];
      }),
    ),
  );
  const together = judged(
    found.map(({ difference }) => difference),
    found.map(({ rows }) => rows),
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
    tooSmall,
  };
}

function furthestBelow({ differences }: ComparedSlice): number {
  return least(differences.map((found) => found.find(({ metric }) => metric === 'accuracy')?.value ?? 0));
}
