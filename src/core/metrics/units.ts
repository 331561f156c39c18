/** The independent units of a table, and how many independent rows a share of it is worth. */
import type { RowColumns } from '../model/predictions';
import { binomialTail, clopperPearson, studentPoint } from './distributions';
import { effectiveRows, type Outcomes, wilsonInterval, Z_95 } from './intervals';

/**
 * What varies independently: the rows, or the groups of a table in which some group holds several rows. Copies of a
 * text, answers to one question or rows of one user say the same thing again.
 */
export interface Units {
  /** (n) number of each row's group from 0, in the order of the table; null: every row is a unit. */
  readonly group: Int32Array | null;
  /** Groups, or rows. */
  readonly count: number;
  /** Kish's number of units over their weights (Σ W)² / Σ W²: one group of 300 and 29 of 10 are worth 3.7. */
  readonly effective: number;
  /**
   * The number of equal units whose spread would be known as well: (Σ W²)² / Σ W⁴ of groups (Satterthwaite 1946, of units
   * whose variance grows with the square of their weight), Kish's number of rows. Ten groups of 40 among 90 small ones know
   * it like 12.
   */
  readonly spread: number;
}

/** Below this many groups an interval is not to be trusted far. */
export const FEW_GROUPS = 20;
/** Below this many groups there is none. */
export const FEWEST_GROUPS = 5;

/**
 * @param n rows
 * @param weight (n) of mean 1, or null for all 1
 */
export function unitsOf({ group }: RowColumns, n: number, weight: Float64Array | null): Units {
  const numbers = new Map<number, number>();
  const numbered = group?.map((name) => {
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    return known;
  });
  if (numbered === undefined || numbers.size === n) return alone(n, effectiveRows(weight, n));
  const mass = new Float64Array(numbers.size);
  numbered.forEach((g, i) => (mass[g] = (mass[g] ?? 0) + (weight?.[i] ?? 1)));
  const count = numbers.size;
  const squares = mass.map((own) => own * own);
  return {
    group: numbered,
    count,
    effective: effectiveRows(mass, count),
    spread: effectiveRows(squares, count),
  };
}

/** Rows that are each a unit. */
export function alone(count: number, effective: number): Units {
  return { group: null, count, effective, spread: effective };
}

/** Whether rows depend on each other, in so few groups that no interval holds what it promises. */
export function tooFewGroups({ group, effective }: Units): boolean {
  return group !== null && effective < FEWEST_GROUPS;
}

/**
 * How much wider than for many units an interval from resampling must be: the percentiles of few units are too near
 * (Hesterberg, "What teachers should know about the bootstrap", 2015, §4.3: the expanded percentile interval). 1 from
 * 20 independent rows on, where percentiles hold what they promise.
 */
export function fewUnitsFactor({ group, effective, spread }: Units): number {
  if (effective <= 1 || (group === null && effective >= FEW_GROUPS)) return 1;
  // With fewer there is no interval, so that a few large groups among many cannot make it endless.
  const units = group === null ? effective : Math.min(effective, Math.max(spread, FEWEST_GROUPS));
  return (studentPoint(units - 1) / Z_95) * Math.sqrt(units / (units - 1));
}

/** The rarer outcome must be seen in this many groups before the variance between groups is believed. */
export const FEWEST_RARE_GROUPS = 20;

/** What rows of a table do to the variance of its accuracy, for parts that are too small to tell. */
interface DesignEffect {
  readonly factor: number;
  /** Kish's number of groups that it was estimated from. */
  readonly groups: number;
}

/**
 * The number of independent rows that rows in groups are worth: Kish's number over the design effect, with the factor of
 * Korn & Graubard ("Confidence intervals for proportions with small expected number of positive counts estimated from
 * survey data", 1998) for a variance that comes from few groups.
 *
 * @param n Kish's number of rows
 */
export function independentRows(n: number, { factor, groups }: DesignEffect): number {
  const ratio = n > 2 && groups > 1.5 ? studentPoint(n - 1) / studentPoint(groups - 1) : 1;
  return Math.min(n, (n / factor) * Math.min(1, ratio * ratio));
}

/** Sums for a weighted share Σ w y / Σ w over some rows of a table, to which rows are added one by one. */
export class ShareSums {
  rows = 0;
  mass = 0;
  right = 0;
  private squares = 0;
  /** By group of the rows so far: its mass W and its right mass A, then sums of their products. */
  private readonly slots = new Map<number, number>();
  private readonly groupMass: number[] = [];
  private readonly groupRight: number[] = [];
  private massSquares = 0;
  private rightSquares = 0;
  private products = 0;
  private groupsWithRight = 0;
  private groupsWithWrong = 0;

  constructor(private readonly units: Units) {}

  /** @param y 1 or 0 */
  add(row: number, w: number, y: number): void {
    this.rows++;
    if (w === 0) return;
    this.mass += w;
    this.right += w * y;
    this.squares += w * w;
    const group = this.units.group?.[row];
    if (group === undefined) return;
    const slot = this.slots.get(group) ?? this.slots.size;
    this.slots.set(group, slot);
    const W = this.groupMass[slot] ?? 0;
    const A = this.groupRight[slot] ?? 0;
    if (y === 1 && A === 0) this.groupsWithRight++;
    if (y === 0 && A === W) this.groupsWithWrong++;
    this.groupMass[slot] = W + w;
    this.groupRight[slot] = A + w * y;
    this.massSquares += (W + w) ** 2 - W * W;
    this.rightSquares += (A + w * y) ** 2 - A * A;
    this.products += (W + w) * (A + w * y) - W * A;
  }

  get share(): number {
    return this.right / this.mass;
  }

  /** How much the variance of the share exceeds that of as many independent rows, at least 1; by linearisation. */
  designEffect(): DesignEffect {
    const { mass, squares, massSquares, share } = this;
    const groups = this.units.group === null ? (mass * mass) / squares : (mass * mass) / massSquares;
    const binomial = (share * (1 - share) * squares) / (mass * mass);
    if (this.units.group === null || groups <= 1 || binomial <= 0) return { factor: 1, groups };
    const between = this.rightSquares - 2 * share * this.products + share * share * massSquares;
    const variance = ((groups / (groups - 1)) * Math.max(0, between)) / (mass * mass);
    return { factor: Math.max(1, variance / binomial), groups };
  }

  /** Kish's number of rows. */
  weighedRows(): number {
    return (this.mass * this.mass) / this.squares;
  }

  /**
   * The number of independent rows that would tell the share as well. Where the rarer outcome is seen in few groups the
   * variance between them is too small, and a group counts as one row.
   *
   * @param table design effect of the whole table, which is taken where these rows are in few groups
   */
  effectiveRows(table?: DesignEffect): number {
    const n = this.weighedRows();
    if (this.units.group === null) return n;
    const own = this.designEffect();
    const worth = independentRows(n, table !== undefined && own.groups < FEW_GROUPS ? table : own);
    return this.isRarelySeen() ? Math.min(worth, own.groups) : worth;
  }

  /** Whether rows depend on each other and the rarer outcome is seen in too few groups to tell how it varies. */
  isRarelySeen(): boolean {
    const rarer = this.share < 0.5 ? this.groupsWithRight : this.groupsWithWrong;
    return this.units.group !== null && rarer < FEWEST_RARE_GROUPS;
  }

  /** Right and wrong rows, as independent ones. */
  outcomes(): Outcomes {
    if (this.mass === 0) return { right: 0, wrong: 0 };
    const rows = this.effectiveRows();
    // Rows that are each a unit of weight 1 are counted, not computed.
    const right = rows === this.mass ? this.right : this.share * rows;
    return { right, wrong: rows - right };
  }

  /** Wilson 95%; null without rows, or where too few groups are to be told apart. */
  interval(table?: DesignEffect): { low: number; high: number } | null {
    if (this.mass === 0 || tooFewGroups(this.units)) return null;
    const n = this.effectiveRows(table);
    return wilsonInterval(this.share * n, n);
  }

  /** p of "the share is at least `limit`" and of "at most `limit`", exact as for `bounds`. */
  tails(limit: number): { atLeast: number; atMost: number } {
    const n = this.effectiveRows();
    const k = this.share * n;
    return { atLeast: 1 - binomialTail(k + 1, n, limit), atMost: binomialTail(k, n, limit) };
  }

  /** One-sided exact bounds, each of which misses with probability `alpha` at most; null as for `interval`. */
  bounds(alpha: number): { low: number; high: number } | null {
    if (this.mass === 0 || tooFewGroups(this.units)) return null;
    const n = this.effectiveRows();
    return clopperPearson(this.share * n, n, alpha);
  }
}

/** The sums over all rows. */
export function sumShare(y: ArrayLike<number>, weight: Float64Array | null, units: Units): ShareSums {
  const sums = new ShareSums(units);
  for (let i = 0; i < y.length; i++) sums.add(i, weight?.[i] ?? 1, y[i] ?? 0);
  return sums;
}
