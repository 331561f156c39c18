import { knownRows, rowCount } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { type Assessment, assess, type NullMetric } from '../metrics/evaluate';
import type { Replicates } from '../metrics/bootstrap';
import { quantile, wilsonInterval, Z_95 } from '../metrics/intervals';
import { UserError } from '../user-error';
import type { Evaluation, EvaluateOptions, Metric } from '../model/evaluation';

/** Metrics that a gate can hold to a limit; the last three need label scores. */
export const GATE_METRICS = [
  'accuracy',
  'ece',
  'mce',
  'brier',
  'nll',
  'auroc',
  'aurc',
  'smoothEce',
  'debiasedL2',
  'labelBrier',
  'labelNll',
  'classwiseEce',
] as const;
export type GateMetric = (typeof GATE_METRICS)[number];

export interface Limit {
  readonly metric: GateMetric;
  readonly bound: 'max' | 'min';
  readonly limit: number;
}

export type Verdict = 'pass' | 'fail' | 'undecided';

export interface LimitResult extends Limit {
  readonly value: number | null;
  /** One-sided 95% bounds. */
  readonly low: number | null;
  readonly high: number | null;
  readonly verdict: Verdict;
  /** Total rows at which it would be decided, if further rows are like these; null if decided, or if no number helps. */
  readonly neededRows: number | null;
  readonly message: string;
}

export interface BaselineResult {
  readonly metric: GateMetric;
  readonly current: number | null;
  readonly baseline: number | null;
  /** How much worse, positive for worse whichever way the metric runs. */
  readonly worsening: number | null;
  /** One-sided p of "not worse", and the same after Holm's correction over metrics. */
  readonly p: number | null;
  readonly adjustedP: number | null;
  readonly verdict: Verdict;
  readonly message: string;
}

const ALPHA = 0.05;
const Z_ONE_SIDED = 1.644_853_626_951_472_2;
const HIGHER_IS_BETTER: ReadonlySet<GateMetric> = new Set<GateMetric>(['accuracy', 'auroc']);
const NULL_METRICS: ReadonlySet<string> = new Set<NullMetric>([
  'ece',
  'mce',
  'debiasedL2',
  'smoothEce',
  'classwiseEce',
]);

function isNullMetric(metric: GateMetric): metric is GateMetric & NullMetric {
  return NULL_METRICS.has(metric);
}

export function parseGateMetric(name: string): GateMetric {
  const found = GATE_METRICS.find((metric) => metric === name);
  if (found !== undefined) return found;
  throw new UserError(
    'bad-metric',
    `"${name}" is not a metric of a gate. The metrics are ${GATE_METRICS.join(', ')}.`,
  );
}

/**
 * Holds metrics to limits. A limit passes if the one-sided 95% bound is within it, so that all of several limits
 * passing by luck is rarer than 5% without a correction. Not passing is a failure, except
 * - for a calibration error that the null explains (p ≥ .05): the rows are too few to distinguish it from 0;
 * - for another metric whose failure is not shown either, at 5% after Holm's correction over the limits.
 * Those are undecided, with the rows that would decide.
 */
export function gateLimits(
  data: PredictionData,
  limits: readonly Limit[],
  options: EvaluateOptions = {},
): { results: LimitResult[]; evaluation: Evaluation } {
  const assessment = assess(data, options);
  const evidence = limits.map((limit) => gather(assessment, limit));
  const adjusted = holm(evidence.map(({ failureP }) => failureP));
  const results = evidence.map((found, i) => judge(found, adjusted[i] ?? 1, assessment.evaluation.n));
  return { results, evaluation: assessment.evaluation };
}

interface Evidence {
  readonly limit: Limit;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** One-sided p of "within the limit". */
  readonly failureP: number;
  /** Null where the metric has none. */
  readonly nullP: number | null;
  readonly reason: string | undefined;
}

function gather(assessment: Assessment, limit: Limit): Evidence {
  const { metric } = limit;
  const found = metricOf(assessment.evaluation, metric);
  const nullP = isNullMetric(metric) ? assessment.nullPs[metric] : null;
  const replicates = replicatesOf(assessment.replicates, metric);
  const value = found?.value ?? null;
  if (value === null || replicates.length < 2)
    return { limit, value, low: null, high: null, failureP: 1, nullP, reason: found?.reason };
  // Calibration errors are biased upwards under resampling: reflected, as for their intervals.
  const isUnbiased = nullP === null || metric === 'debiasedL2';
  const centred = isUnbiased ? replicates : replicates.map((replicate) => 2 * value - replicate).sort();
  const beyond = centred.filter((replicate) => !isWithin(limit, replicate)).length;
  const failureP = (1 + centred.length - beyond) / (centred.length + 1);
  return {
    limit,
    value,
    ...oneSidedBounds(assessment, metric, value, centred, nullP),
    failureP,
    nullP,
    reason: undefined,
  };
}

function oneSidedBounds(
  { evaluation }: Assessment,
  metric: GateMetric,
  value: number,
  centred: Float64Array,
  nullP: number | null,
): { low: number; high: number } {
  // With every row right all replicates are 1; Wilson's bound still knows that n is finite.
  if (metric === 'accuracy') return wilsonInterval(value * evaluation.n, evaluation.n, Z_ONE_SIDED);
  const low = quantile(centred, ALPHA);
  const high = quantile(centred, 1 - ALPHA);
  if (nullP === null) return { low, high };
  return { low: nullP >= ALPHA ? 0 : Math.max(0, low), high: Math.max(value, high) };
}

function isWithin({ bound, limit }: Limit, value: number): boolean {
  return bound === 'max' ? value <= limit : value >= limit;
}

function judge(evidence: Evidence, adjustedP: number, n: number): LimitResult {
  const { limit, value, low, high, nullP, reason } = evidence;
  const base = { ...limit, value, low, high };
  const name = `${limit.metric} ${limit.bound === 'max' ? '≤' : '≥'} ${limit.limit}`;
  if (value === null || low === null || high === null) {
    const why =
      value === null
        ? 'the metric is not defined for this table.'
        : 'at least two independent rows are needed.';
    return {
      ...base,
      verdict: 'undecided',
      neededRows: null,
      message: `${name} is undecided: ${reason ?? why}`,
    };
  }
  const worst = limit.bound === 'max' ? high : low;
  if (isWithin(limit, worst))
    return {
      ...base,
      verdict: 'pass',
      neededRows: null,
      message: `${name} passes: 95% bound ${show(worst)}.`,
    };
  const explained = nullP === null ? adjustedP > ALPHA : nullP >= ALPHA;
  if (!explained)
    return {
      ...base,
      verdict: 'fail',
      neededRows: null,
      message: `${name} fails: ${show(value)} (95% bound ${show(worst)}).`,
    };
  const neededRows = rowsToDecide(evidence, value, worst, n);
  return {
    ...base,
    verdict: 'undecided',
    neededRows,
    message: `${name} is undecided: ${show(value)} (95% bound ${show(worst)}); ${neededRows === null ? 'the value equals the limit' : `about ${neededRows} rows are needed`}.`,
  };
}

/** Interval widths fall with the square root of the rows. */
function rowsToDecide(
  { limit, low, high, nullP }: Evidence,
  value: number,
  worst: number,
  n: number,
): number | null {
  // A calibration error that the null explains is itself mostly noise and shrinks with its bound.
  const ratio =
    nullP !== null
      ? worst / limit.limit
      : isWithin(limit, value)
        ? (worst - value) / (limit.limit - value)
        : (value - ((limit.bound === 'max' ? low : high) ?? value)) / (value - limit.limit);
  return Number.isFinite(ratio) && ratio > 0 ? Math.max(n + 1, Math.ceil(n * ratio * ratio)) : null;
}

function show(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function metricOf({ labelMetrics, ...own }: Evaluation, metric: GateMetric): Metric | null {
  switch (metric) {
    case 'labelBrier':
      return labelMetrics?.brier ?? null;
    case 'labelNll':
      return labelMetrics?.nll ?? null;
    case 'classwiseEce':
      return labelMetrics?.classwiseEce ?? null;
    default:
      return own[metric];
  }
}

/** Ascending, without undefined rounds. */
function replicatesOf(replicates: Replicates | null, metric: GateMetric): Float64Array {
  return (replicates?.[metric] ?? new Float64Array(0)).filter((value) => !Number.isNaN(value)).sort();
}

/**
 * Is this table worse than a baseline with the same rows? Both are resampled with the same weights, so that what
 * they share cancels.
 *
 * @param current and baseline: row i of one is row i of the other, all with a known truth
 */
export function comparePaired(
  current: PredictionData,
  baseline: PredictionData,
  metrics: readonly GateMetric[],
  options: EvaluateOptions = {},
): BaselineResult[] {
  const n = rowCount(current);
  if (n !== rowCount(baseline) || n !== rowCount(knownRows(current)) || n !== rowCount(knownRows(baseline)))
    throw new UserError(
      'unpaired',
      'A paired comparison needs the same rows in both tables, each with a known truth.',
    );
  const group = current.group ?? Int32Array.from({ length: n }, (_, i) => i);
  const settings = { ...options, nullDraws: 0 };
  const now = assess({ ...current, group }, settings);
  const then = assess({ ...baseline, group }, settings);
  return correct(
    metrics.map((metric) => {
      const own = now.replicates?.[metric] ?? new Float64Array(0);
      const other = then.replicates?.[metric] ?? new Float64Array(0);
      const gaps = own.map((value, round) => worsening(metric, value, other[round] ?? NaN));
      const defined = gaps.filter((gap) => !Number.isNaN(gap));
      const notWorse = defined.filter((gap) => gap <= 0).length;
      const p = defined.length < 2 ? null : (1 + notWorse) / (defined.length + 1);
      return { metric, now: metricOf(now.evaluation, metric), then: metricOf(then.evaluation, metric), p };
    }),
  );
}

/** Is one evaluation worse than another of other rows? Standard errors come from their intervals. */
export function compareTwoSamples(
  current: Evaluation,
  baseline: Evaluation,
  metrics: readonly GateMetric[],
): BaselineResult[] {
  return correct(
    metrics.map((metric) => {
      const now = metricOf(current, metric);
      const then = metricOf(baseline, metric);
      return { metric, now, then, p: twoSampleP(metric, now, then) };
    }),
  );
}

function twoSampleP(metric: GateMetric, now: Metric | null, then: Metric | null): number | null {
  const ownSe = standardError(now);
  const otherSe = standardError(then);
  const own = now?.value ?? null;
  const other = then?.value ?? null;
  if (own === null || other === null || ownSe === null || otherSe === null) return null;
  const gap = worsening(metric, own, other);
  const se = Math.hypot(ownSe, otherSe);
  if (se === 0) return gap > 0 ? 0 : 1;
  return 1 - normalCumulative(gap / se);
}

/** Standard error that belongs to a 95% interval. */
function standardError(metric: Metric | null): number | null {
  const { value, low, high } = metric ?? { value: null, low: null, high: null };
  if (value === null || low === null || high === null) return null;
  // From the upper half, since the lower end of a calibration error may be cut off at 0.
  const upper = high - value;
  // At a perfect accuracy the upper half is empty.
  return (upper > 0 ? upper : value - low) / Z_95;
}

function worsening(metric: GateMetric, current: number, baseline: number): number {
  return HIGHER_IS_BETTER.has(metric) ? baseline - current : current - baseline;
}

function correct(
  found: readonly { metric: GateMetric; now: Metric | null; then: Metric | null; p: number | null }[],
): BaselineResult[] {
  const adjusted = holm(found.map(({ p }) => p ?? 1));
  return found.map(({ metric, now, then, p }, i) => {
    const current = now?.value ?? null;
    const baseline = then?.value ?? null;
    if (p === null || current === null || baseline === null)
      return {
        metric,
        current,
        baseline,
        worsening: null,
        p: null,
        adjustedP: null,
        verdict: 'undecided',
        message: `${metric} is undecided: in one of the two tables it is not defined or has no interval.`,
      };
    const adjustedP = adjusted[i] ?? 1;
    const isWorse = adjustedP <= ALPHA;
    return {
      metric,
      current,
      baseline,
      worsening: worsening(metric, current, baseline),
      p,
      adjustedP,
      verdict: isWorse ? 'fail' : 'pass',
      message: `${metric}: ${isWorse ? 'worse than the baseline' : 'not shown to be worse'}: ${show(current)} against ${show(baseline)}, p ${show(adjustedP)}.`,
    };
  });
}

/**
 * Holm's step-down adjustment (Holm 1979): p-values that can be held against 5% whatever their dependence.
 *
 * @internal
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((p, i) => ({ p, i })).sort((left, right) => left.p - right.p);
  const adjusted = new Array<number>(ps.length).fill(1);
  let largest = 0;
  order.forEach(({ p, i }, rank) => {
    largest = Math.max(largest, Math.min(1, (ps.length - rank) * p));
    adjusted[i] = largest;
  });
  return adjusted;
}

/**
 * Φ(x) from the complementary error function (Numerical Recipes' Chebyshev fit, relative error below 1.2e-7).
 *
 * @internal
 */
export function normalCumulative(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const series = ERFC.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = (t * Math.exp(-z * z + series)) / 2;
  return x >= 0 ? 1 - tail : tail;
}

const ERFC: readonly number[] = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
];
