/** Differences between runs on the same rows, with intervals and tests. */
import { holm } from '../decisions/gate';
import { least } from '../extremes';
import { type Assessment, assess } from '../metrics/evaluate';
import { normalCumulative, normalQuantile } from '../metrics/distributions';
import { percentileInterval, quantile, standardDeviation, Z_95 } from '../metrics/intervals';
import { brierLosses, labelBrierLosses, labelNllLosses, nllLosses, weightedMean } from '../metrics/losses';
import { fewUnitsFactor, tooFewGroups, type Units, unitsOf } from '../metrics/units';
import { confidenceOf, normalisedWeights, rowCount } from '../model/rows';
import type { EvaluateOptions, Metric } from '../model/evaluation';
import type { PredictionData } from '../model/predictions';
import { seededRandom } from '../random';
import {
  BETTER,
  COMPARED_METRICS,
  type ComparedMetric,
  highConfidence,
  metricOf,
  rowsAbove,
  type RunNumbers,
} from './metrics';
import { mcNemar, pairedShareInterval, signFlip, unitSums } from './paired-tests';

/** How a p was computed; `intervals`: from the intervals of both runs, which ignores that their rows are the same. */
export type PairedTest = 'mcnemar' | 'sign-flip' | 'bootstrap' | 'intervals';

/** What is shown at 5%; `not-shown` is no proof of being alike. */
type Finding = 'better' | 'worse' | 'higher' | 'lower' | 'not-shown' | 'not-tested' | 'undefined';

export interface Difference {
  readonly metric: ComparedMetric;
  /** Of the run less the first one. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly test: PairedTest | null;
  /** Two-sided p of "no difference", and the same after Holm's correction over the metrics of all runs; null without a test. */
  readonly p: number | null;
  readonly adjustedP: number | null;
  readonly finding: Finding;
  /** Rows at which a difference of this size would be shown in 80 of 100 tables, if none is shown; null for no number. */
  readonly neededRows: number | null;
}

/** A run with its numbers and what diagrams are drawn from. */
export interface ScoredRun extends RunNumbers {
  readonly data: PredictionData;
  readonly assessment: Assessment;
}

export interface DifferenceOptions extends Pick<
  EvaluateOptions,
  'bins' | 'binning' | 'seed' | 'folds' | 'rounds' | 'nullDraws'
> {
  /** From which confidence on a row is highly confident. */
  readonly threshold: number;
}

export interface ScoredRuns {
  readonly runs: readonly ScoredRun[];
  /** For each run but the first: its differences from the first. */
  readonly differences: readonly (readonly Difference[])[];
}

/**
 * Scores runs on the same rows, and compares each with the first. All are resampled with the same weights, so that what
 * they share cancels.
 *
 * @param tables at least one row, all with a known truth, with the same groups and weights
 */
export function scoreRuns(tables: readonly PredictionData[], options: DifferenceOptions): ScoredRuns {
  const [first] = tables;
  if (first === undefined) return { runs: [], differences: [] };
  const n = rowCount(first);
  const weight = normalisedWeights(first, n);
  const rows: Rows = { n, weight, units: unitsOf(first, n, weight) };
  const { threshold, ...evaluating } = options;
  const runs = tables.map((data): ScoredRun => {
    const assessment = assess(data, { ...evaluating, aligned: true });
    const high = highConfidence(data, threshold, rows);
    return { data, assessment, evaluation: assessment.evaluation, high };
  });
  const columns = tables.map((data) => columnsOf(data, threshold));
  const [baseline, ...others] = runs.map((run, at) => ({ run, columns: columns[at] ?? NO_COLUMNS }));
  if (baseline === undefined) return { runs, differences: [] };
  const seed = options.seed ?? 0;
  const found = others.map((other) => testedOf(other, baseline, rows, seed));
  const together = judged(found.flat(), n);
  const differences = found.map((own, at) => together.slice(at * own.length, (at + 1) * own.length));
  return { runs, differences };
}

interface Rows {
  readonly n: number;
  /** (n) of mean 1, or null for all 1. */
  readonly weight: Float64Array | null;
  readonly units: Units;
}

/** (n) What a metric is the mean of. */
type Columns = Readonly<Partial<Record<ComparedMetric, Float64Array>>>;
const NO_COLUMNS: Columns = {};
/** The metrics that are shares of rows. */
const SHARES: ReadonlySet<ComparedMetric> = new Set<ComparedMetric>(['accuracy', 'highShare', 'highErrors']);

/** (n) What the metrics of rows are the means of. */
export function columnsOf(data: PredictionData, threshold: number): Columns {
  const predicted = confidenceOf(data);
  const { high, highError } = rowsAbove(data, threshold);
  return {
    accuracy: Float64Array.from(predicted.correct),
    nll: data.kind === 'labels' ? labelNllLosses(data).loss : nllLosses(predicted).loss,
    brier: data.kind === 'labels' ? labelBrierLosses(data) : brierLosses(predicted),
    meanConfidence: predicted.confidence,
    highShare: high,
    highErrors: highError,
  };
}

interface Compared {
  readonly run: ScoredRun;
  readonly columns: Columns;
}

/** What is known of a difference. */
interface Evidence {
  readonly low: number;
  readonly high: number;
  readonly p: number | null;
  readonly test: PairedTest | null;
}

function testedOf(other: Compared, baseline: Compared, rows: Rows, seed: number): Tested[] {
  return COMPARED_METRICS.map((metric): Tested => {
    const [now, then] = [metricOf(other.run, metric), metricOf(baseline.run, metric)];
    const value = now.value === null || then.value === null ? null : now.value - then.value;
    const question = { other, baseline, now, then, rows, seed };
    const evidence = value === null ? null : evidenceOf(metric, value, question);
    return { ...NOTHING_KNOWN, ...evidence, metric, value };
  });
}

/** A difference before the correction over all that are looked at together. */
export type Tested = Omit<Difference, 'adjustedP' | 'finding' | 'neededRows'>;
const NOTHING_KNOWN = { low: null, high: null, p: null, test: null } as const;

/**
 * What is shown by differences that are looked at together, after Holm's correction over them.
 *
 * @param n rows that they are of, or those of each
 */
export function judged(found: readonly Tested[], n: number | readonly number[]): Difference[] {
  const tested = found.filter(({ p }) => p !== null);
  const adjusted = holm(tested.map(({ p }) => p ?? 1));
  return found.map((entry, at): Difference => {
    const { metric, value, low, high, test, p } = entry;
    const known = { metric, value, low, high, test, p };
    if (value === null || low === null || high === null || p === null)
      return {
        ...known,
        adjustedP: null,
        finding: low === null ? 'undefined' : 'not-tested',
        neededRows: null,
      };
    const adjustedP = adjusted[tested.indexOf(entry)] ?? 1;
    // Where test and interval disagree, nothing is shown: whoever reads one of them must not find the other wrong.
    const isShown = adjustedP <= ALPHA && (low > 0 || high < 0);
    const finding = isShown ? shown(metric, value) : 'not-shown';
    const rows = typeof n === 'number' ? n : (n[at] ?? 0);
    const neededRows =
      finding === 'not-shown' ? rowsToShow(value, { low, high }, rows, ALPHA / tested.length) : null;
    return { ...known, adjustedP, finding, neededRows };
  });
}

const ALPHA = 0.05;

function shown(metric: ComparedMetric, value: number): Finding {
  const better = BETTER[metric];
  if (better === null) return value > 0 ? 'higher' : 'lower';
  return value > 0 === (better === 'higher') ? 'better' : 'worse';
}

/** With fewer rows or groups than this nothing tells how they vary. */
const FEWEST_UNITS = 2;

interface Question extends Record<'other' | 'baseline', Compared>, Record<'now' | 'then', Metric> {
  readonly rows: Rows;
  readonly seed: number;
}

function evidenceOf(metric: ComparedMetric, value: number, question: Question): Evidence | null {
  const { other, baseline, now, then, rows, seed } = question;
  // Where nearly all weight is on one row, nothing varies.
  if (tooFewGroups(rows.units) || rows.units.effective < FEWEST_UNITS) return null;
  if (metric === 'highAccuracy') return ofIntervals(value, now, then);
  // Of a handful of wrong rows, resampling draws the same ones again and again: it seems surer than it is.
  if (metric === 'auroc' && [other, baseline].some(hasFewOutcomes)) return ofIntervals(value, now, then);
  const own = other.columns[metric];
  const difference = own?.map((loss, row) => loss - (baseline.columns[metric]?.[row] ?? 0));
  if (difference !== undefined && SHARES.has(metric)) {
    const interval = pairedShareInterval(difference, rows.weight, rows.units);
    return interval && { ...interval, ...testOfRows(difference, rows, seed, true) };
  }
  const gaps = replicatesOf(metric, other, baseline);
  if (gaps === null) return null;
  const factor = fewUnitsFactor(rows.units);
  if (metric === 'ece') return ofErrors(value, { now, then, gaps, factor });
  // The largest of many bins, often one of few rows: no test of it holds what it promises.
  if (metric === 'mce') return { ...ofErrors(value, { now, then, gaps, factor }), p: null, test: null };
  const resampled = ofReplicates(value, gaps, factor);
  if (resampled === null || difference === undefined) return resampled;
  return { ...resampled, ...testOfRows(difference, rows, seed, false) };
}

/** Right and wrong rows, counted as independent ones, that each run must have for its AUROC to be resampled. */
const FEWEST_OUTCOMES = 20;

function hasFewOutcomes({ run: { assessment } }: Compared): boolean {
  const { right, wrong } = assessment.outcomes;
  return Math.min(right, wrong) < FEWEST_OUTCOMES;
}

/** McNemar's test for shares of independent rows, else the sign-flip test on groups. */
function testOfRows(
  difference: Float64Array,
  { weight, units }: Rows,
  seed: number,
  isShare: boolean,
): Pick<Evidence, 'p' | 'test'> {
  if (isShare && weight === null && units.group === null) {
    const count = (sign: number): number => difference.reduce((sum, d) => sum + Number(d === sign), 0);
    return { p: mcNemar(count(1), count(-1)), test: 'mcnemar' };
  }
  const random = seededRandom(seed + 0xf11b);
  return { p: signFlip(unitSums(difference, weight, units), random), test: 'sign-flip' };
}

/** (R) the differences of replicates; null where none were drawn. */
function replicatesOf(metric: ComparedMetric, other: Compared, baseline: Compared): Float64Array | null {
  const [now, then] = [other, baseline].map(({ run: { assessment } }) => {
    const { replicates, evaluation } = assessment;
    if (replicates === null) return null;
    const isOfLabels = evaluation.labelMetrics !== null;
    switch (metric) {
      case 'nll':
        return isOfLabels ? replicates.labelNll : replicates.nll;
      case 'brier':
        return isOfLabels ? replicates.labelBrier : replicates.brier;
      case 'highShare':
      case 'highAccuracy':
      case 'highErrors':
        return null;
      default:
        return replicates[metric];
    }
  });
  if (now === null || now === undefined || then === null || then === undefined) return null;
  const gaps = now.map((value, round) => value - (then[round] ?? NaN)).filter((gap) => !Number.isNaN(gap));
  return gaps.length < 2 ? null : gaps;
}

/** Percentiles of the replicates, and twice the smaller share of them beyond 0. */
function ofReplicates(value: number, gaps: Float64Array, factor: number): Evidence | null {
  const interval = percentileInterval(gaps, factor);
  if (interval === null) return null;
  const middle = quantile(gaps.toSorted(), 0.5);
  const beyond = (isBeyond: (gap: number) => boolean): number =>
    (1 + gaps.filter((gap) => isBeyond(middle + factor * (gap - middle))).length) / (gaps.length + 1);
  const tails = [beyond((gap) => gap <= 0), beyond((gap) => gap >= 0)];
  return {
    low: Math.min(value, interval.low),
    high: Math.max(value, interval.high),
    p: Math.min(1, 2 * least(tails)),
    test: 'bootstrap',
  };
}

interface ErrorGaps extends Record<'now' | 'then', Metric> {
  /** (R) differences of the replicates. */
  readonly gaps: Float64Array;
  readonly factor: number;
}

/**
 * Calibrated models show calibration errors by chance, and a surer one smaller ones. So a difference must be there with
 * and without what calibrated models with these confidences would show: the interval reaches around both, and p is that of
 * the one nearer to 0. The spread is that of the replicates.
 */
function ofErrors(value: number, { now, then, gaps, factor }: ErrorGaps): Evidence {
  const spread = factor * standardDeviation(gaps);
  const bare = value - ((now.nullMean ?? 0) - (then.nullMean ?? 0));
  const sure = value * bare <= 0 ? 0 : Math.min(Math.abs(value), Math.abs(bare));
  return {
    low: Math.max(-1, Math.min(value, bare) - Z_95 * spread),
    high: Math.min(1, Math.max(value, bare) + Z_95 * spread),
    p: sure === 0 ? 1 : Math.max(1 / (gaps.length + 1), 2 * (1 - normalCumulative(sure / spread))),
    test: 'bootstrap',
  };
}

/**
 * From the intervals of both runs, by squares of their sides (Newcombe, "Interval estimation for the difference between
 * independent proportions", 1998, method 10). Rows that are in both make the truth surer than that.
 */
function ofIntervals(value: number, now: Metric, then: Metric): Evidence | null {
  if (now.value === null || now.low === null || now.high === null) return null;
  if (then.value === null || then.low === null || then.high === null) return null;
  const down = Math.hypot(now.value - now.low, then.high - then.value);
  const up = Math.hypot(now.high - now.value, then.value - then.low);
  const spread = (value > 0 ? down : up) / Z_95;
  const p = value === 0 || spread === 0 ? 1 : 2 * (1 - normalCumulative(Math.abs(value) / spread));
  return { low: Math.max(-1, value - down), high: Math.min(1, value + up), p, test: 'intervals' };
}

/** The chance at which a difference is to be shown. */
const POWER = 0.8;
/** Where the interval is surer than the test, the test decides: a tenth more rows at least. */
const LEAST_MORE = 1.1;
/** Fewer rows than these tell too little of the spread to say how many would do. */
export const FEWEST_TO_FORESEE = 30;
/** More rows than these are no advice. */
const MOST_ROWS = 10_000_000;

/** Interval widths fall with the square root of the rows. @param alpha two-sided level of the test */
function rowsToShow(
  value: number,
  { low, high }: Pick<Evidence, 'low' | 'high'>,
  n: number,
  alpha: number,
): number | null {
  if (n < FEWEST_TO_FORESEE) return null;
  const spread = (value > 0 ? value - low : high - value) / Z_95;
  const ratio = ((normalQuantile(1 - alpha / 2) + normalQuantile(POWER)) * spread) / Math.abs(value);
  const rows = Math.max(Math.ceil(LEAST_MORE * n), Math.ceil(n * ratio * ratio));
  return value !== 0 && rows <= MOST_ROWS ? rows : null;
}

/** Mean loss by which runs and calibrators are chosen: NLL of the label distribution, or of correct. */
export function meanNll(data: PredictionData): number {
  const { nll = new Float64Array(0) } = columnsOf(data, 1);
  return weightedMean(nll, normalisedWeights(data, rowCount(data)));
}
