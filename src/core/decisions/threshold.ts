import { knownRows, normalisedWeights, rowCount, rowsWhere } from '../model/rows';
import type { PredictionData } from '../model/predictions';
import { bettingTail, largestUnit } from '../metrics/betting';
import { binomialTail } from '../metrics/distributions';
import { ShareSums, tooFewGroups, type Units, unitsOf } from '../metrics/units';
import { quoted } from '../quote';
import { halves } from './halves';
import { type Risk, type RiskOnRows, riskOnRows } from './risk';
import { HIGHEST_PERCENT, rowsByPercent } from './threshold-steps';

/** Error rate of all tests together: a threshold that holds is wrong in at most one run of twenty. */
const ALPHA = 0.05;
/** Walks among which the error rate is split. */
const STARTS = 3;
/** With fewer rows than this, the accuracy does not predict that of more rows. */
const FEWEST_TO_GO_BY = 20;
/** Nobody labels more than so many times the rows that there are. */
const MOST_TIMES = 1000;

/** The rows in question at a threshold. */
interface Step {
  readonly rows: number;
  /** Share of good ones. */
  readonly share: number;
  /** Independent rows that would tell the share as well. */
  readonly worth: number;
  /** p of "the share is at most the limit". */
  readonly p: number;
}

/** @internal */
export interface Walks {
  /** Rows that reach this threshold are accepted; null where none passes. */
  readonly threshold: number | null;
  /** At the first threshold that was tested; null: too few rows to test any. */
  readonly first: Step | null;
  /** How many more rows of this kind would be needed; null if a threshold passed, or if no number helps. */
  readonly moreRows: number | null;
}

export interface ThresholdChoice {
  readonly risk: Risk['kind'];
  readonly target: number;
  /** Chosen on one part of the rows, estimated on the other. */
  readonly estimate: {
    readonly threshold: number | null;
    /** The risk itself (accuracy, precision, …) with Wilson 95%, and the share of rows accepted; null without any. */
    readonly value: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly coverage: number | null;
    readonly rows: number;
  };
  /** Chosen again on all rows: the one to save. */
  readonly threshold: number | null;
  readonly message: string;
}

/**
 * Learn then test (Angelopoulos et al. 2021, §4): thresholds .99, .98, … are tested in that order, as long as each passes,
 * which keeps the error rate without a correction for the number of tests (fixed sequences; Bauer 1991). The walk
 * begins at several thresholds, among which the 5% are split: one early error where few rows qualify does not end
 * it all. The starts are chosen from the scores alone: where the fewest rows are that could pass, at an eighth and at half of
 * the rows.
 *
 * A test is the exact binomial one on as many independent rows as the rows in question are worth (`ShareSums`), or a
 * betting one where rows have weights or costs.
 *
 * @param data rows with a known truth only
 * @internal
 */
export function walkThresholds(data: PredictionData, risk: RiskOnRows): Walks {
  const n = rowCount(data);
  const weight = normalisedWeights(data, n);
  const units = unitsOf(data, n, weight);
  if (tooFewGroups(units)) return { threshold: null, first: null, moreRows: null };
  const added = rowsByPercent(risk.score);
  const reached: number[] = [];
  let count = 0;
  for (const rows of added) reached.push((count += rows.length));
  const stepAt = stepper({ risk, added, weight, units, n });
  const starts = startsOf(reached, risk, n);
  const alpha = ALPHA / starts.length;
  let lowest: number | null = null;
  for (const start of starts) {
    for (let at = start; at < added.length && stepAt(at).p <= alpha; at++) lowest = Math.max(lowest ?? 0, at);
  }
  const [first] = starts;
  return {
    threshold: lowest === null ? null : (HIGHEST_PERCENT - lowest) / 100,
    first: first === undefined ? null : stepAt(first),
    moreRows: lowest === null ? rowsMissing({ reached, stepAt, risk, n }) : null,
  };
}

/** Steps at which walks begin, ascending and distinct. */
function startsOf(reached: readonly number[], { base, limit }: RiskOnRows, n: number): number[] {
  const steps = (wanted: readonly number[]): number[] => [
    ...new Set(wanted.map((rows) => reached.findIndex((count) => count >= rows)).filter((at) => at >= 0)),
  ];
  // All rows are in question at every threshold: there is no fewest.
  if (base !== null) return steps([1, n / 8, n / 2]);
  for (let count = STARTS; count > 0; count--) {
    const fewest = Math.ceil(Math.log(ALPHA / count) / Math.log(limit));
    const found = steps([fewest, Math.max(fewest, n / 8), Math.max(fewest, n / 2)].slice(0, count));
    // Too few rows for a walk's share of the error rate: with fewer walks each may be tested more easily.
    if (found.length > 0) return found;
  }
  return [];
}

interface Stepping {
  readonly risk: RiskOnRows;
  /** Rows that each step adds. */
  readonly added: readonly (readonly number[])[];
  readonly weight: Float64Array | null;
  readonly units: Units;
  readonly n: number;
}

/** The evidence at each step, computed once and in order. */
function stepper({ risk, added, weight, units, n }: Stepping): (at: number) => Step {
  const { base, good, binary, limit } = risk;
  const largest = largestUnit(n, weight, units);
  const isReached = new Uint8Array(n);
  const rows: number[] = [];
  const growing = new ShareSums(units);
  const steps: Step[] = [];
  const y = (row: number) => good(row, isReached[row] === 1);
  const sumBase = (): ShareSums => {
    const sums = new ShareSums(units);
    for (const row of base ?? []) sums.add(row, weight?.[row] ?? 1, y(row));
    return sums;
  };
  const next = (): Step => {
    for (const row of added[steps.length] ?? []) {
      isReached[row] = 1;
      rows.push(row);
      if (base === null) growing.add(row, weight?.[row] ?? 1, y(row));
    }
    const sums = base === null ? growing : sumBase();
    if (sums.mass === 0) return { rows: sums.rows, share: NaN, worth: 0, p: 1 };
    const worth = sums.effectiveRows();
    const share = sums.share;
    const p =
      binary && weight === null
        ? binomialTail(share * worth, worth, limit)
        : bettingTail(base ?? rows, y, limit, { weight, units, largest });
    return { rows: sums.rows, share, worth, p };
  };
  return (at) => {
    while (steps.length <= at) steps.push(next());
    return steps[at] ?? { rows: 0, share: NaN, worth: 0, p: 1 };
  };
}

interface Stopped {
  readonly reached: readonly number[];
  readonly stepAt: (at: number) => Step;
  readonly risk: RiskOnRows;
  readonly n: number;
}

/**
 * Rows to add until a walk would pass its first threshold, if every share stays what it is; null where no number that
 * anybody labels helps. With more rows the walks begin elsewhere: the fewest rows that could pass lie at a higher threshold.
 */
function rowsMissing({ reached, stepAt, risk, n }: Stopped): number | null {
  const passes = (times: number, alpha: number, { worth, share }: Step): boolean =>
    worth >= FEWEST_TO_GO_BY &&
    share > risk.limit &&
    binomialTail(share * worth * times, worth * times, risk.limit) <= alpha;
  for (let all = n + 1; all <= MOST_TIMES * n; all += Math.max(1, Math.floor(all / 100))) {
    const times = all / n;
    const starts = startsOf(
      reached.map((count) => (count * all) / n),
      risk,
      all,
    );
    if (starts.some((start) => passes(times, ALPHA / starts.length, stepAt(start)))) return all - n;
  }
  return null;
}

/** A threshold for a risk: estimated on rows that did not choose it, then chosen again on all. */
export function chooseThreshold(
  data: PredictionData,
  options: {
    readonly target: number;
    /** Accuracy if absent. */
    readonly risk?: Risk | undefined;
    readonly seed?: number | undefined;
  },
): ThresholdChoice {
  const { target, risk = { kind: 'accuracy' } } = options;
  const known = knownRows(data);
  const own = riskOnRows(known, risk, target);
  const { choosing, scoring } = halves(known, options.seed ?? 0);
  const chosen = walkThresholds(choosing, riskOnRows(choosing, risk, target)).threshold;
  const all = walkThresholds(known, own);
  return {
    risk: risk.kind,
    target,
    estimate: { threshold: chosen, ...estimate(scoring, riskOnRows(scoring, risk, target), chosen) },
    threshold: all.threshold,
    message: describe(all, known, risk, target),
  };
}

function estimate(
  data: PredictionData,
  { score, base, good, own }: RiskOnRows,
  threshold: number | null,
): Omit<ThresholdChoice['estimate'], 'threshold'> {
  const n = rowCount(data);
  const weight = normalisedWeights(data, n);
  const units = unitsOf(data, n, weight);
  const isReached = (row: number) => threshold !== null && (score[row] ?? 0) >= threshold;
  const reached = rowsWhere(n, isReached);
  const nothing = { value: null, low: null, high: null, rows: reached.length };
  if (threshold === null || n === 0) return { ...nothing, coverage: threshold === null ? null : 0 };
  const sums = new ShareSums(units);
  for (const row of base ?? reached) sums.add(row, weight?.[row] ?? 1, good(row, isReached(row)));
  const coverage = reached.reduce((sum, row) => sum + (weight?.[row] ?? 1), 0) / n;
  if (sums.mass === 0) return { ...nothing, coverage };
  const interval = sums.interval();
  const [low, high] = [own(interval?.low ?? NaN), own(interval?.high ?? NaN)].sort((a, b) => a - b);
  const known = interval !== null && low !== undefined && high !== undefined;
  return {
    value: own(sums.share),
    low: known ? low : null,
    high: known ? high : null,
    coverage,
    rows: reached.length,
  };
}

/** What rows that reach a threshold are, and what is asked of them. */
function promise(risk: Risk, target: number): string {
  const share = `${Number((target * 100).toPrecision(4))}%`;
  switch (risk.kind) {
    case 'accuracy':
      return `are correct in at least ${share} of cases`;
    case 'precision':
      return `are ${quoted(risk.label)} in at least ${share} of cases`;
    case 'fpr':
      return `hold at most ${share} of the rows that are not ${quoted(risk.label)}`;
    case 'cost':
      return `leave a mean cost of at most ${target}, if the other rows are reviewed`;
  }
}

function describe(
  { threshold, first, moreRows }: Walks,
  data: PredictionData,
  risk: Risk,
  target: number,
): string {
  const n = rowCount(data).toLocaleString('en-US');
  const score = risk.kind === 'precision' || risk.kind === 'fpr' ? `P(${risk.label})` : 'a confidence';
  if (threshold !== null)
    return `Rows with ${score} of at least ${threshold} ${promise(risk, target)}. The threshold was chosen on all rows.`;
  const isAccuracy = risk.kind === 'accuracy';
  const seen =
    first === null
      ? `${n} rows are too few to show it`
      : isAccuracy
        ? `the ${first.rows.toLocaleString('en-US')} most confident rows, the fewest that could show it, are correct in ${Number((100 * first.share).toPrecision(3))}%`
        : `${n} rows do not show it`;
  const more =
    moreRows === null
      ? ''
      : `; about ${moreRows === 1 ? '1 more row is' : `${moreRows.toLocaleString('en-US')} more rows are`} needed if ${isAccuracy ? 'the most confident rows stay as accurate' : 'further rows are like these'}`;
  return isAccuracy
    ? `No threshold is shown to reach ${Number((target * 100).toPrecision(4))}%: ${seen}${more}.`
    : `No threshold is shown above which rows ${promise(risk, target)}: ${seen}${more}.`;
}
