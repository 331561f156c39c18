import { knownRows, rowCount } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { type Assessment, assess, type Means, type NullMetric } from '../metrics/evaluate';
import type { MeanSpread } from '../metrics/mean-spread';
import type { Replicates } from '../metrics/bootstrap';
import { normalCumulative } from '../metrics/distributions';
import { quantile, standardDeviation, Z_95 } from '../metrics/intervals';
import { logit, sigmoid } from '../model/numeric';
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
  /** How much worse it may be, if it must be shown to be within that; null: it must only not be shown to be worse. */
  readonly margin: number | null;
  /** One-sided p of "not worse" (by more than the margin), and the same after Holm's correction over metrics. */
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

function isMean(metric: GateMetric): metric is GateMetric & keyof Means {
  return ['brier', 'nll', 'labelBrier', 'labelNll'].includes(metric);
}

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
 * passing by luck is rarer than 5% without a correction. It fails if the opposite is shown: at 5%, after Holm's
 * correction over the limits. All else is undecided, with the rows that would decide.
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
  /** One-sided 95% bounds. */
  readonly low: number | null;
  readonly high: number | null;
  /** One-sided p of "within the limit". */
  readonly failureP: number;
  /** Why nothing is decided whatever the bounds. */
  readonly reason: string | null;
  /** Rows by which that would be otherwise; null if no number of them helps, or there is no such reason. */
  readonly enough?: number | null;
}

/** Below this many right or wrong rows no bound from resampling decides. */
const FEWEST_OUTCOMES = 20;

function gather(assessment: Assessment, limit: Limit): Evidence {
  const { metric } = limit;
  const found = metricOf(assessment.evaluation, metric);
  const value = found?.value ?? null;
  const nothing = { limit, value, low: null, high: null, failureP: 1 };
  if (value === null)
    return { ...nothing, reason: found?.reason ?? 'the metric is not defined for this table.' };
  if (metric === 'accuracy') {
    const bounds = assessment.share?.bounds(ALPHA) ?? null;
    if (bounds === null) return { ...nothing, reason: found?.reason ?? 'there are too few rows.' };
    const tails = assessment.share?.tails(limit.limit);
    const failureP = (limit.bound === 'min' ? tails?.atLeast : tails?.atMost) ?? 1;
    return { limit, value, ...bounds, failureP, reason: null };
  }
  const se = found?.se ?? null;
  if (found === null || se === null)
    return { ...nothing, reason: found?.reason ?? 'at least two independent rows are needed' };
  const bounds = boundsOf(assessment, found, metric, { value, se });
  return {
    limit,
    value,
    low: bounds.low,
    high: bounds.high,
    failureP: bounds.beyond(limit),
    ...fewOutcomes(assessment),
  };
}

/** Whether the rows are too few to be resampled, as independent ones. */
function fewOutcomes({
  outcomes: { right, wrong },
  evaluation: { n },
}: Assessment): Pick<Evidence, 'reason' | 'enough'> {
  const fewer = Math.min(right, wrong);
  if (fewer >= FEWEST_OUTCOMES) return { reason: null };
  const name = right < wrong ? 'right' : 'wrong';
  return {
    reason: `${FEWEST_OUTCOMES} independent right and ${FEWEST_OUTCOMES} wrong rows are needed to resample them, and there are ${Math.floor(fewer)} ${name} ones`,
    enough: fewer === 0 ? null : Math.ceil((FEWEST_OUTCOMES / fewer) * n),
  };
}

interface Bounds {
  readonly low: number;
  readonly high: number;
  /** p of "within the limit". */
  readonly beyond: (limit: Limit) => number;
}

function boundsOf(
  assessment: Assessment,
  found: Metric,
  metric: GateMetric,
  { value, se }: { value: number; se: number },
): Bounds {
  if (isNullMetric(metric)) {
    const own = { value, se: Math.max(se, leastError(metric, assessment.evaluation)) };
    return errorBounds(found, own, assessment.nullPs[metric]);
  }
  if (metric === 'auroc') return aurocBounds(found, se);
  const mean = isMean(metric) ? assessment.means[metric] : null;
  if (mean !== null) return meanBounds(mean);
  const replicates = replicatesOf(assessment.replicates, metric);
  const widened = widenedAbout(replicates, assessment.factor);
  return {
    low: quantile(widened, ALPHA),
    high: quantile(widened, 1 - ALPHA),
    beyond: (limit) =>
      (1 + widened.filter((replicate) => isWithin(limit, replicate)).length) / (widened.length + 1),
  };
}

function meanBounds(mean: MeanSpread): Bounds {
  return {
    ...mean.bounds(Z_ONE_SIDED),
    beyond: ({ bound, limit }) => {
      const z = mean.zOf(limit);
      return bound === 'min' ? normalCumulative(z) : 1 - normalCumulative(z);
    },
  };
}

/**
 * The standard error that an error of calibration has at least. Near 0 it is the size of a difference whose sign may be either,
 * and replicates of a size vary less than those of the difference. An error that weighs all rows is a sum of their
 * differences with signs, which is known no better than the share of right rows.
 */
function leastError(metric: GateMetric, { accuracy }: Evaluation): number {
  return weighsAllRows(metric) ? (accuracy.se ?? 0) : 0;
}

function weighsAllRows(metric: GateMetric): boolean {
  return isNullMetric(metric) && metric !== 'mce';
}

/** Ascending replicates, further from their median by a factor. */
function widenedAbout(replicates: Float64Array, factor: number): Float64Array {
  const middle = quantile(replicates, 0.5);
  return replicates.map((replicate) => middle + factor * (replicate - middle));
}

/**
 * A calibration error is biased upwards, the more the smaller it is. Above, nothing is subtracted, which errs safely;
 * below, what a calibrated model would show is taken out of it, as if the two added like variances.
 */
function errorBounds(
  { nullMean }: Metric,
  { value, se }: { value: number; se: number },
  nullP: number | null,
): Bounds {
  const own = debiased(value, nullMean);
  // What is taken out is a constant: the rest varies more, by the slope of the root.
  const ownSe = own === 0 ? Infinity : (se * value) / own;
  const low = nullP === null || nullP >= ALPHA ? 0 : Math.max(0, own - Z_ONE_SIDED * ownSe);
  const high = value + Z_ONE_SIDED * se;
  const beyond = ({ bound, limit }: Limit): number => {
    if (bound === 'min') return normalCumulative((value - limit) / se) || 0;
    // No limit is exceeded more surely than 0 is.
    return Math.max(nullP ?? 1, 1 - normalCumulative((own - limit) / ownSe));
  };
  return { low, high, beyond };
}

/** A calibration error without what a calibrated model would show, on average over tables. */
function debiased(value: number, nullMean: number | null | undefined): number {
  return Math.sqrt(Math.max(0, value * value - (nullMean ?? 0) ** 2));
}

/** On the scale of log-odds, where `se` belongs, about the middle of the interval: a value of 1 has no log-odds. */
function aurocBounds({ low, high }: Metric, se: number): Bounds {
  const above = logit(low ?? 0) + Z_95 * se;
  const below = logit(high ?? 1) - Z_95 * se;
  const beyond = ({ bound, limit }: Limit): number =>
    bound === 'min'
      ? normalCumulative((below - logit(limit)) / se)
      : normalCumulative((logit(limit) - above) / se);
  return { low: sigmoid(above - Z_ONE_SIDED * se), high: sigmoid(below + Z_ONE_SIDED * se), beyond };
}

function isWithin({ bound, limit }: Limit, value: number): boolean {
  return bound === 'max' ? value <= limit : value >= limit;
}

function judge(evidence: Evidence, adjustedP: number, n: number): LimitResult {
  const { limit, value, low, high, reason, enough = null } = evidence;
  const base = { ...limit, value, low, high };
  const name = `${limit.metric} ${limit.bound === 'max' ? '≤' : '≥'} ${limit.limit}`;
  const undecided = (message: string, neededRows: number | null = null): LimitResult => ({
    ...base,
    verdict: 'undecided',
    neededRows,
    message: `${name} is undecided: ${message}`,
  });
  if (value === null || low === null || high === null || reason !== null)
    return undecided(
      `${sentence(reason ?? 'the metric is not defined for this table')}${enough === null ? '.' : `; about ${enough} rows are needed.`}`,
      enough,
    );
  const [worst, best] = limit.bound === 'max' ? [high, low] : [low, high];
  if (isWithin(limit, worst))
    return {
      ...base,
      verdict: 'pass',
      neededRows: null,
      message: `${name} passes: 95% bound ${show(worst)}.`,
    };
  if (!isWithin(limit, best) && adjustedP <= ALPHA)
    return {
      ...base,
      verdict: 'fail',
      neededRows: null,
      message: `${name} fails: ${show(value)} (95% bound ${show(best)}).`,
    };
  const neededRows = rowsToDecide(limit, { value, worst, best }, n);
  return undecided(
    `${show(value)} (95% bounds ${show(low)} and ${show(high)}); ${neededRows === null ? 'the value equals the limit' : `about ${neededRows} rows are needed`}.`,
    neededRows,
  );
}

/** Without its full stop. */
function sentence(reason: string): string {
  return reason.replace(/\.$/u, '');
}

/** Interval widths fall with the square root of the rows. */
function rowsToDecide(
  limit: Limit,
  { value, worst, best }: { value: number; worst: number; best: number },
  n: number,
): number | null {
  const ratio = isWithin(limit, value)
    ? (worst - value) / (limit.limit - value)
    : (value - best) / (value - limit.limit);
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
  options: EvaluateOptions & { readonly margins?: Margins | undefined } = {},
): BaselineResult[] {
  const n = rowCount(current);
  if (n !== rowCount(baseline) || n !== rowCount(knownRows(current)) || n !== rowCount(knownRows(baseline)))
    throw new UserError(
      'unpaired',
      'A paired comparison needs the same rows in both tables, each with a known truth.',
    );
  const { group, weight } = current;
  const { margins = {} } = options;
  const settings = { ...options, nullDraws: 0, aligned: true };
  const now = assess({ ...current, group, weight }, settings);
  const then = assess({ ...baseline, group, weight }, settings);
  const least = Z_ONE_SIDED * now.factor * signedSpread(now, then);
  return compared(
    margins,
    metrics.map((metric) => {
      const [found, before] = [metricOf(now.evaluation, metric), metricOf(then.evaluation, metric)];
      const gap = worsening(metric, found?.value ?? NaN, before?.value ?? NaN);
      const evidence = isMean(metric)
        ? meanEvidence(now.means[metric], then.means[metric])
        : drawnEvidence(metric, gap, gapsOf(metric, now, then), least);
      return { metric, now: found, then: before, evidence };
    }),
  );
}

/**
 * Of a loss, which is a mean of rows: few rows cost much, which percentiles of resampled means do not follow. Differences
 * may be skewed or not, and their skewness is known badly, so it is corrected where that is the safer way only.
 */
function meanEvidence(now: MeanSpread | null, then: MeanSpread | null): GapEvidence | null {
  const spread = now && then && now.minus(then);
  if (spread === null) return null;
  const { mean, se } = spread;
  const plain = (limit: number): number => (mean === limit ? 0 : (mean - limit) / se);
  return {
    high: Math.max(spread.bounds(Z_ONE_SIDED).high, mean + Z_ONE_SIDED * se),
    pAbove: (limit) => 1 - normalCumulative(Math.min(spread.zOf(limit), plain(limit))),
  };
}

/** Resampled gaps, ascending; undefined ones are left out. */
function gapsOf(metric: GateMetric, now: Assessment, then: Assessment): Float64Array {
  const other = then.replicates?.[metric] ?? new Float64Array(0);
  const own = now.replicates?.[metric] ?? new Float64Array(0);
  const gaps = own.map((value, round) => worsening(metric, value, other[round] ?? NaN));
  return widenedAbout(gaps.filter((gap) => !Number.isNaN(gap)).sort(), now.factor);
}

function drawnEvidence(
  metric: GateMetric,
  gap: number,
  drawn: Float64Array,
  least: number,
): GapEvidence | null {
  if (drawn.length < 2) return null;
  return {
    high: highestGap(metric, gap, drawn, least),
    pAbove: (limit) => (1 + drawn.filter((one) => one <= limit).length) / (drawn.length + 1),
  };
}

/**
 * One-sided bound of how much worse a table is. Calibration errors are biased, the more the smaller they are, and their
 * replicates are once more: so these are reflected about the gap, and the wider of the two bounds is taken.
 *
 * @param drawn replicates of the gap, ascending
 * @param least that bound's distance from the gap for errors that weigh all rows, at least
 */
function highestGap(metric: GateMetric, gap: number, drawn: Float64Array, least: number): number {
  const percentile = quantile(drawn, 1 - ALPHA);
  if (!isNullMetric(metric)) return percentile;
  const reflected = 2 * gap - quantile(drawn, ALPHA);
  return Math.max(percentile, reflected, weighsAllRows(metric) ? gap + least : -Infinity);
}

/** Standard error of by how much more one table is too sure than another with the same rows. */
function signedSpread(now: Assessment, then: Assessment): number {
  const tooSure = ({ replicates }: Assessment, round: number) =>
    (replicates?.meanConfidence[round] ?? NaN) - (replicates?.accuracy[round] ?? NaN);
  const rounds = now.replicates?.accuracy.length ?? 0;
  return standardDeviation(
    Float64Array.from({ length: rounds }, (_, round) => tooSure(now, round) - tooSure(then, round)),
  );
}

/** Is one evaluation worse than another of other rows? Compared by the spreads of their replicates. */
export function compareTwoSamples(
  current: Evaluation,
  baseline: Evaluation,
  metrics: readonly GateMetric[],
  margins: Margins = {},
): BaselineResult[] {
  return compared(
    margins,
    metrics.map((metric) => {
      const now = metricOf(current, metric);
      const then = metricOf(baseline, metric);
      const own = comparable(metric, now, current);
      const other = comparable(metric, then, baseline);
      return { metric, now, then, evidence: own && other && twoSampleEvidence(metric, own, other) };
    }),
  );
}

function twoSampleEvidence(metric: GateMetric, own: Comparable, other: Comparable): GapEvidence {
  const gap = worsening(metric, own.value, other.value);
  const isHigherBetter = HIGHER_IS_BETTER.has(metric);
  const [better, worse] = isHigherBetter ? (['up', 'down'] as const) : (['down', 'up'] as const);
  // The gap is smaller if this table is better than it seems and the baseline worse; and the other way round.
  const below = Math.hypot(own[better], other[worse]);
  const above = Math.hypot(own[worse], other[better]);
  return {
    high: gap + Z_ONE_SIDED * above,
    pAbove: (limit) => (below === 0 ? Number(gap <= limit) : 1 - normalCumulative((gap - limit) / below)),
  };
}

/** A value, and one standard error from it to either side. */
interface Comparable {
  readonly value: number;
  readonly up: number;
  readonly down: number;
}

/**
 * Tables of unequal size are biased unequally, so calibration errors are compared without their bias. Other intervals reach
 * further to one side: those of accuracy and AUROC near 0 and 1, and those of losses, which few rows raise. Each side
 * stands for itself (Newcombe, "Interval estimation for the difference between independent proportions", 1998, method 10).
 */
function comparable(metric: GateMetric, found: Metric | null, evaluation: Evaluation): Comparable | null {
  const { value, low, high, se, nullMean } = found ?? { value: null, low: null, high: null };
  if (value === null || low === null || high === null || se === null || se === undefined) return null;
  if (!isNullMetric(metric)) return { value, up: (high - value) / Z_95, down: (value - low) / Z_95 };
  const own = debiased(value, nullMean);
  const spread = Math.max(se, leastError(metric, evaluation)) * (own === 0 ? 1 : value / own);
  return { value: own, up: spread, down: spread };
}

function worsening(metric: GateMetric, current: number, baseline: number): number {
  return HIGHER_IS_BETTER.has(metric) ? baseline - current : current - baseline;
}

/** By how much each metric may be worse, if it must be shown not to be worse than that. */
export type Margins = Readonly<Partial<Record<GateMetric, number>>>;

/** What is known of how much worse a metric is. */
interface GapEvidence {
  /** One-sided 95% bound. */
  readonly high: number;
  /** p of "not worse by more than this". */
  readonly pAbove: (gap: number) => number;
}

function compared(
  margins: Margins,
  found: readonly {
    metric: GateMetric;
    now: Metric | null;
    then: Metric | null;
    evidence: GapEvidence | null;
  }[],
): BaselineResult[] {
  const ps = found.map(({ metric, evidence }) => evidence?.pAbove(margins[metric] ?? 0) ?? null);
  const adjusted = holm(ps.map((p) => p ?? 1));
  return found.map(({ metric, now, then, evidence }, i) => {
    const current = now?.value ?? null;
    const baseline = then?.value ?? null;
    const p = ps[i] ?? null;
    const margin = margins[metric] ?? null;
    if (evidence === null || p === null || current === null || baseline === null)
      return {
        metric,
        current,
        baseline,
        worsening: null,
        margin,
        p: null,
        adjustedP: null,
        verdict: 'undecided',
        message: `${metric} is undecided: in one of the two it is not defined or has no standard error. Evaluate a JSON of an earlier version again.`,
      };
    const adjustedP = adjusted[i] ?? 1;
    const gap = worsening(metric, current, baseline);
    const verdict = judgeGap(evidence, margin, adjustedP);
    return {
      metric,
      current,
      baseline,
      worsening: gap,
      margin,
      p,
      adjustedP,
      verdict,
      message: `${metric}: ${inWords(verdict, margin, evidence)}: ${show(current)} against ${show(baseline)}, p ${show(adjustedP)}.`,
    };
  });
}

/** Without a margin, what is not shown to be worse passes; with one, it must be shown to be within it. */
function judgeGap({ high }: GapEvidence, margin: number | null, adjustedP: number): Verdict {
  if (adjustedP <= ALPHA) return 'fail';
  return margin === null || high <= margin ? 'pass' : 'undecided';
}

function inWords(verdict: Verdict, margin: number | null, { high }: GapEvidence): string {
  if (margin === null) return verdict === 'fail' ? 'worse than the baseline' : 'not shown to be worse';
  if (verdict === 'fail') return `worse than the baseline by more than ${margin}`;
  return verdict === 'pass'
    ? `not worse than the baseline by more than ${margin}`
    : `not shown to be within ${margin} of the baseline (worse by up to ${show(high)})`;
}

/**
 * Holm's step-down adjustment (Holm 1979): p-values that can be held against 5% whatever their dependence.
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
