/** Computes the decisions with the same functions as `evaluate` of the command line. Runs in the worker. */
import { progressionsOnTable } from '../../../app/tables/progression';
import type { ComparedCalibrator } from '../../../core/calibration/compare-calibrators';
import { rowCount } from '../../../core/model/rows';
import type { PredictionData } from '../../../core/model/predictions';
import { countBuckets } from '../../../core/decisions/bucket-counts';
import { checkBuckets } from '../../../core/model/buckets';
import { minimiseCost, type Costs } from '../../../core/decisions/costs';
import { chooseThreshold } from '../../../core/decisions/threshold';
import { thresholdCurve } from '../../../core/decisions/threshold-curve';
import type {
  Decided,
  DecideParams,
  DecisionReport,
  MethodProgression,
} from '../../../protocol/calibration-decisions';
import type { LabelledTable } from '../../../store/tables/labelled';

/**
 * @param compared raw and every calibrator on rows that it did not see; null if none were compared
 * @throws UserError bad-buckets
 */
export function decideOn(
  { data }: LabelledTable,
  compared: readonly Pick<ComparedCalibrator, 'method' | 'data'>[] | null,
  { question, buckets }: DecideParams,
): DecisionReport {
  checkBuckets(buckets);
  const methods = compared ?? [{ method: 'raw' as const, data }];
  const n = rowCount(methods[0]?.data ?? data);
  const isTestPart = compared !== null && data.split !== undefined;
  return {
    question,
    buckets: [...buckets],
    n,
    isTestPart,
    methods: methods.map(({ method, data: rows }): Decided => {
      // All rows are marked test: thresholds are chosen on one half of them and tested on the other.
      const halved = isTestPart ? { ...rows, split: undefined } : rows;
      return {
        method,
        buckets: countBuckets(rows, buckets),
        curve: thresholdCurve(rows),
        threshold: chooseThreshold(halved, { target: question.target }),
        costs: suits(question.costs, data) ? minimiseCost(halved, question.costs) : null,
      };
    }),
  };
}

/** Whether costs fit the labels of a table. */
export function suits({ wrong }: Costs, data: PredictionData): boolean {
  if (typeof wrong === 'number') return true;
  const K = data.kind === 'labels' ? data.labels.length : 0;
  return K > 0 && wrong.length === K && wrong.every((row) => row.length === K);
}

/**
 * Computes whether more labelled rows would help each calibrator that the table allows.
 *
 * @param draws fits for each number of rows, usually 50
 * @throws UserError as `progressionsOnTable`
 */
export function progressions(
  input: LabelledTable,
  say: (message: string) => void,
  draws?: number,
): MethodProgression[] {
  return progressionsOnTable(input, {
    draws,
    onDraw: ({ method, at, of, draw, draws: all }) =>
      say(`${method} (${at + 1} of ${of}), repeat ${draw + 1} of ${all}`),
  });
}
