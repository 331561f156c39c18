/** The best of several runs, with a number from rows that did not choose it. */
import type { Partition } from '../calibration/cross-fit';
import { standardDeviation, Z_95 } from '../metrics/intervals';
import { weightedMean } from '../metrics/losses';
import { poissonOne } from '../metrics/random-draws';
import { fewUnitsFactor, sumShare, tooFewGroups, unitsOf } from '../metrics/units';
import type { Metric } from '../model/evaluation';
import type { PredictionData } from '../model/predictions';
import { normalisedWeights, rowCount } from '../model/rows';
import { seededRandom } from '../random';
import { columnsOf } from './differences';

export interface Winner {
  /** The run with the lowest NLL on all rows; on a split table, on those marked fit. */
  readonly run: number;
  /** For each run, in how many folds the other folds chose it. */
  readonly picks: readonly number[];
  /** Of the choice, on rows that did not choose it. */
  readonly accuracy: Metric;
  readonly nll: Metric;
}

const ROUNDS = 500;

/**
 * @param tables the compared rows of each run
 * @param chosenIn for each fold the run that the other folds chose
 * @param folds (n) the fold of each compared row
 */
export function scoreWinner(
  tables: readonly PredictionData[],
  chosenIn: readonly number[],
  folds: Int32Array,
  { source, seed }: Pick<Partition, 'source'> & { readonly seed: number },
): Winner | null {
  const [first] = tables;
  if (first === undefined) return null;
  const n = rowCount(first);
  const weight = normalisedWeights(first, n);
  const units = unitsOf(first, n, weight);
  const columns = tables.map((table) => columnsOf(table, 1));
  const loss = columns.map(({ nll = new Float64Array(n) }) => nll);
  const right = columns.map(({ accuracy = new Float64Array(n) }) => accuracy);
  const chosen = (of: readonly Float64Array[]): Float64Array =>
    Float64Array.from(folds, (fold, row) => of[chosenIn[fold] ?? 0]?.[row] ?? 0);
  const spread = spreadOf(
    { loss, right },
    folds,
    chosenIn,
    (draw) => {
      const random = seededRandom(seed + 0xb057 + draw);
      const ofUnit = Float64Array.from({ length: units.count }, () => poissonOne(random));
      return (row) => (weight?.[row] ?? 1) * (ofUnit[units.group?.[row] ?? row] ?? 0);
    },
    source === 'folds',
  );
  const factor = tooFewGroups(units) ? NaN : Z_95 * fewUnitsFactor(units);
  const around = (value: number, deviation: number): Metric =>
    Number.isNaN(factor * deviation)
      ? { value, low: null, high: null }
      : { value, low: value - factor * deviation, high: value + factor * deviation };
  const accuracy = chosen(right);
  const share = sumShare(accuracy, weight, units);
  const wilson = share.interval();
  const resampled = around(share.share, spread.accuracy);
  const mean = loss.map((column) => weightedMean(column, weight));
  return {
    run: source === 'split' ? (chosenIn[0] ?? 0) : lowest(mean),
    picks: tables.map((_, run) => chosenIn.filter((picked) => picked === run).length),
    accuracy:
      wilson === null || resampled.low === null || resampled.high === null
        ? { value: share.share, low: null, high: null }
        : {
            value: share.share,
            low: Math.max(0, Math.min(wilson.low, resampled.low)),
            high: Math.min(1, Math.max(wilson.high, resampled.high)),
          },
    nll: notNegative(around(weightedMean(chosen(loss), weight), spread.nll)),
  };
}

/** No NLL is below 0, whatever the spread is. */
function notNegative({ low, ...metric }: Metric): Metric {
  return { ...metric, low: low === null ? null : Math.max(0, low) };
}

/**
 * Standard deviations over resamples in which the runs are chosen again: where several are alike, another is chosen in
 * each, and a run that is lucky in one fold is passed over there, so that the numbers vary more than those of one run.
 *
 * @param weightsOf the weight of each row in a draw
 */
function spreadOf(
  { loss, right }: Record<'loss' | 'right', readonly Float64Array[]>,
  folds: Int32Array,
  chosenIn: readonly number[],
  weightsOf: (draw: number) => (row: number) => number,
  isChosenAgain: boolean,
): { nll: number; accuracy: number } {
  const count = chosenIn.length;
  const drawn = { nll: new Float64Array(ROUNDS), accuracy: new Float64Array(ROUNDS) };
  for (let draw = 0; draw < ROUNDS; draw++) {
    const weightOf = weightsOf(draw);
    const mass = new Float64Array(count);
    const sums = loss.map(() => ({ nll: new Float64Array(count), right: new Float64Array(count) }));
    folds.forEach((fold, row) => {
      const w = weightOf(row);
      if (w === 0) return;
      mass[fold] = (mass[fold] ?? 0) + w;
      sums.forEach((sum, run) => {
        sum.nll[fold] = (sum.nll[fold] ?? 0) + w * (loss[run]?.[row] ?? 0);
        sum.right[fold] = (sum.right[fold] ?? 0) + w * (right[run]?.[row] ?? 0);
      });
    });
    const whole = sums.map(({ nll }) => total(nll));
    let [nll, accuracy] = [0, 0];
    for (let fold = 0; fold < count; fold++) {
      const others = whole.map((sum, run) => sum - (sums[run]?.nll[fold] ?? 0));
      const picked = sums[isChosenAgain ? lowest(others) : (chosenIn[fold] ?? 0)];
      nll += picked?.nll[fold] ?? 0;
      accuracy += picked?.right[fold] ?? 0;
    }
    drawn.nll[draw] = nll / total(mass);
    drawn.accuracy[draw] = accuracy / total(mass);
  }
  return { nll: standardDeviation(drawn.nll), accuracy: standardDeviation(drawn.accuracy) };
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The place of the lowest number, the earlier of equal ones. */
export function lowest(values: readonly number[]): number {
  return values.reduce((best, value, at) => (value < (values[best] ?? Infinity) ? at : best), 0);
}
