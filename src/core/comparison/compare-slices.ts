/** Compares runs on each value of a column. */
import { MINIMUM_SLICE_ROWS, type SliceReport, sliceRows } from '../decisions/slices';
import { least } from '../extremes';
import type { PredictionData } from '../model/predictions';
import { selectRows } from '../model/rows';
import { type Difference, type DifferenceOptions, judged, scoreRuns } from './differences';
import type { ComparedMetric, RunNumbers } from './metrics';

/** What is compared in each slice. */
export const SLICE_METRICS = ['accuracy', 'nll', 'ece'] as const satisfies readonly ComparedMetric[];

export interface ComparedSlice {
  readonly name: string;
  readonly rows: number;
  readonly runs: readonly RunNumbers[];
  /** For each run but the first its differences by {@link SLICE_METRICS}, corrected over all slices. */
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
  const ofMetrics = (differences: readonly Difference[]): Difference[] =>
    SLICE_METRICS.flatMap((metric) => differences.find((found) => found.metric === metric) ?? []);
  const corrected = runs.slice(1).map((_, run) => {
    const all = scored.map(({ rows, scored: { differences } }) =>
      ofMetrics(differences[run] ?? []).map((difference) => ({ difference, rows })),
    );
    const together = judged(
      all.flat().map(({ difference }) => difference),
      all.flat().map(({ rows }) => rows),
    );
    return all.map((own, at) => {
      const start = all.slice(0, at).reduce((sum, { length }) => sum + length, 0);
      return together.slice(start, start + own.length);
    });
  });
  const compared = scored.map(({ name, rows, scored: { runs: numbers } }, at): ComparedSlice => ({
    name,
    rows,
    runs: numbers.map(({ evaluation, high }) => ({ evaluation, high })),
    differences: corrected.map((slicesOfRun) => slicesOfRun[at] ?? []),
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
