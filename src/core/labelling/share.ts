/**
 * A share of a whole table from a few labelled rows, helped by what the model says about all of them: prediction-powered
 * inference (PPI++; Angelopoulos, Duchi & Zrnic 2023) on probabilities that are calibrated by cross-fitting (Zrnic &
 * Candès 2024).
 */
import { binomialTail, clopperPearson, studentPoint, studentTail } from '../metrics/distributions';
import { effectiveRows } from '../metrics/intervals';
import { ShareSums, tooFewGroups, type Units } from '../metrics/units';

/** The rows that people labelled. */
export interface LabelledRows {
  /** (n) 1 or 0. */
  readonly y: ArrayLike<number>;
  /** (n) what the model says, by a calibrator that did not see the row; null: it says nothing. */
  readonly f: ArrayLike<number> | null;
  /** (n) weights of the design; null: all rows were drawn alike. */
  readonly weight: Float64Array | null;
  readonly units: Units;
}

/** What the model says about all rows of the table, the labelled ones among them. */
export interface TablePredictions {
  /** (N) */
  readonly f: ArrayLike<number>;
  /** (N) weights that the table gives its rows; null: none. */
  readonly weight: Float64Array | null;
  readonly units: Units;
}

export interface ShareEstimate {
  readonly value: number;
  /** Ends of the 95% interval; null where there are too few groups. */
  readonly low: number | null;
  readonly high: number | null;
  /** The labelled rows alone. */
  readonly alone: { readonly value: number; readonly low: number | null; readonly high: number | null };
  /** 'ppi', or 'exact': Clopper-Pearson on the labelled rows alone, which few rows of either kind leave. */
  readonly method: 'ppi' | 'exact';
  /** How much the predictions count, from 0 to 1, by the convention of ppi-python; 0 for an exact interval. */
  readonly lambda: number;
  /** How many labelled rows, drawn all at random and alone, would have told as much; null for an exact interval. */
  readonly worth: number | null;
  /** One-sided 95% bounds; null as for the interval. */
  readonly bounds: { readonly low: number; readonly high: number } | null;
  /** Standard error; null for an exact interval. */
  readonly se: number | null;
  /** Labelled rows as independent ones: the trials of an exact interval, or one more than the degrees of freedom. */
  readonly rows: number;
}

/** One-sided p of "the share is at least `limit`" and of "at most `limit`"; 1 where nothing is known. */
export function shareTails(
  { value, se, rows, bounds }: ShareEstimate,
  limit: number,
): { atLeast: number; atMost: number } {
  if (bounds === null) return { atLeast: 1, atMost: 1 };
  if (se === null)
    return {
      atLeast: 1 - binomialTail(value * rows + 1, rows, limit),
      atMost: binomialTail(value * rows, rows, limit),
    };
  if (se === 0) return { atLeast: Number(value >= limit), atMost: Number(value <= limit) };
  const below = studentTail((value - limit) / se, rows - 1);
  return { atLeast: 1 - below, atMost: below };
}

/** Labelled rows, as independent ones, that must have the label, and that must lack it, for a normal interval. */
export const FEWEST_OF_A_KIND = 10;

/**
 * @param labelled at least one row
 * @param table null: the model says nothing, and the labelled rows stand alone
 */
export function estimateShare(labelled: LabelledRows, table: TablePredictions | null): ShareEstimate {
  const { y, weight, units } = labelled;
  const n = y.length;
  const sums = new ShareSums(units);
  for (let i = 0; i < n; i++) sums.add(i, weight?.[i] ?? 1, y[i] ?? 0);
  const alone = { value: sums.share, ...(sums.interval() ?? { low: null, high: null }) };
  const none = {
    value: sums.share,
    low: null,
    high: null,
    alone,
    lambda: 0,
    worth: null,
    bounds: null,
    se: null,
  };
  if (tooFewGroups(units)) return { ...none, method: 'exact', rows: units.effective };
  if (Math.min(kindOf(labelled, 1), kindOf(labelled, 0)) < FEWEST_OF_A_KIND) {
    const rows = exactRows(sums, labelled);
    const exact = (alpha: number) => clopperPearson(sums.share * rows, rows, alpha);
    return { ...none, ...exact(0.025), method: 'exact', bounds: exact(0.05), rows };
  }
  const { f } = labelled;
  // Where all rows are labelled there are no others to learn about.
  const helped = f === null || table === null || table.f.length <= n ? null : { f, table };
  const lambda = helped === null ? 0 : bestLambda(labelled, helped.f, helped.table);
  const found = helped && predictionPowered({ ...labelled, f: helped.f }, helped.table, lambda);
  const own = varianceOfMean(y, weight, units);
  const value = found?.value ?? sums.share;
  const variance = found?.variance ?? own;
  const se = Math.sqrt(variance);
  const df = units.effective - 1;
  const half = studentPoint(df) * se;
  const side = oneSidedPoint(df) * se;
  return {
    value: within(value),
    low: within(value - half),
    high: within(value + half),
    alone,
    method: 'ppi',
    lambda,
    // Without the weights of the design, which cost some of the rows.
    worth: variance === 0 ? null : (effectiveRows(weight, n) * own) / variance,
    bounds: { low: within(value - side), high: within(value + side) },
    se,
    rows: units.effective,
  };
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** The 95% point of Student's t: on both sides that is the 90% interval. Cornish & Fisher's expansion of the normal one. */
function oneSidedPoint(df: number): number {
  const z = 1.644_853_626_951_472_2;
  const z3 = z ** 3;
  const z5 = z ** 5;
  const z7 = z ** 7;
  const first = (z3 + z) / 4;
  const second = (5 * z5 + 16 * z3 + 3 * z) / 96;
  const third = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384;
  return z + first / df + second / df ** 2 + third / df ** 3;
}

/** Independent labelled rows that have the label (1) or lack it (0), by their weights and groups. */
function kindOf({ y, weight, units }: LabelledRows, kind: 0 | 1): number {
  const masses = new Map<number, number>();
  for (let i = 0; i < y.length; i++) {
    if (y[i] !== kind) continue;
    const unit = units.group?.[i] ?? i;
    masses.set(unit, (masses.get(unit) ?? 0) + (weight?.[i] ?? 1));
  }
  let mass = 0;
  let squares = 0;
  for (const w of masses.values()) {
    mass += w;
    squares += w * w;
  }
  return squares === 0 ? 0 : (mass * mass) / squares;
}

/**
 * Rows of an exact interval: those of {@link ShareSums}, and fewer where rows of one kind weigh more than others, so that
 * the share varies more than one of as many equal rows.
 */
function exactRows(sums: ShareSums, { y, weight, units }: LabelledRows): number {
  const rows = sums.effectiveRows();
  if (weight === null) return rows;
  const p = sums.share;
  const variance = varianceOfMean(y, weight, units);
  return variance > 0 ? Math.min(rows, (p * (1 - p)) / variance) : rows;
}

/**
 * λ that makes the variance least: Cov(y, f) / ((1 + n/N) Var f), N the rows that are not labelled, clipped to [0, 1].
 * As in ppi-python, Var f is that of all rows.
 */
function bestLambda({ y, weight }: LabelledRows, f: ArrayLike<number>, table: TablePredictions): number {
  const n = y.length;
  const rest = Math.max(1, table.f.length - n);
  const [meanY, meanF] = [weightedMeanOf(y, weight), weightedMeanOf(f, weight)];
  let covariance = 0;
  let mass = 0;
  for (let i = 0; i < n; i++) {
    const w = weight?.[i] ?? 1;
    covariance += w * ((y[i] ?? 0) - meanY) * ((f[i] ?? 0) - meanF);
    mass += w;
  }
  const variance = varianceOf(table.f, table.weight);
  if (variance === 0) return 0;
  return within(covariance / mass / ((1 + n / rest) * variance));
}

/**
 * The estimate at a given λ. The table's mean of f is over all its rows, which is known whatever the design; where rows
 * are drawn alike this is, to the last digit, λ · mean of f over the other rows + mean of (y − λ f).
 *
 * @internal
 */
export function predictionPowered(
  { y, f, weight, units }: LabelledRows & { readonly f: ArrayLike<number> },
  table: TablePredictions,
  lambda: number,
): { value: number; variance: number } {
  const n = y.length;
  const rest = Math.max(1, table.f.length - n);
  const residual = Float64Array.from({ length: n }, (_, i) => (y[i] ?? 0) - lambda * (f[i] ?? 0));
  const others = weightedMeanOf(table.f, table.weight) - weightedMeanOf(f, weight);
  const value = weightedMeanOf(y, weight) + lambda * (1 + n / rest) * others;
  // Of the rows without labels: their mean varies by so much more than that of all rows.
  const scale = table.f.length / rest;
  const varianceOfOthers = varianceOfMean(table.f, table.weight, table.units) * scale;
  return { value, variance: lambda ** 2 * varianceOfOthers + varianceOfMean(residual, weight, units) };
}

export function weightedMeanOf(values: ArrayLike<number>, weight: Float64Array | null): number {
  let sum = 0;
  let mass = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weight?.[i] ?? 1;
    sum += w * (values[i] ?? 0);
    mass += w;
  }
  return sum / mass;
}

function varianceOf(values: ArrayLike<number>, weight: Float64Array | null): number {
  const mean = weightedMeanOf(values, weight);
  let sum = 0;
  let mass = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weight?.[i] ?? 1;
    sum += w * ((values[i] ?? 0) - mean) ** 2;
    mass += w;
  }
  return (sum / mass) * (values.length / Math.max(1, values.length - 1));
}

/** Variance of a weighted mean, linearised, groups as the units. */
export function varianceOfMean(
  values: ArrayLike<number>,
  weight: Float64Array | null,
  { group, count, effective }: Units,
): number {
  const mean = weightedMeanOf(values, weight);
  const deviations = new Float64Array(group === null ? values.length : count);
  let mass = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weight?.[i] ?? 1;
    const unit = group?.[i] ?? i;
    mass += w;
    deviations[unit] = (deviations[unit] ?? 0) + w * ((values[i] ?? 0) - mean);
  }
  if (effective <= 1) return Infinity;
  const square = deviations.reduce((sum, deviation) => sum + deviation * deviation, 0);
  return ((effective / (effective - 1)) * square) / (mass * mass);
}

/** Two values with their intervals. */
interface Ended {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * The difference of two independent estimates with the interval that their own intervals make (Newcombe 1998, method 10;
 * Zou & Donner 2008): each side of each stands for itself.
 */
export function differenceOf(one: Ended, other: Ended): Ended {
  const value = one.value - other.value;
  if (one.low === null || one.high === null || other.low === null || other.high === null)
    return { value, low: null, high: null };
  return {
    value,
    low: Math.max(-1, value - Math.hypot(one.value - one.low, other.high - other.value)),
    high: Math.min(1, value + Math.hypot(one.high - one.value, other.value - other.low)),
  };
}
