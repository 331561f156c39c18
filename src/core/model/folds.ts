import { least } from '../extremes';
import { shuffle, type Random } from '../random';

export interface FoldRequest {
  readonly n: number;
  /** (n) class of each row, by which the folds are balanced. */
  readonly strata: ArrayLike<number>;
  /** (n) or undefined: each row its own group. */
  readonly group: Int32Array | undefined;
  /** Requested number of folds; fewer if there are fewer groups. */
  readonly count: number;
  readonly random: Random;
}

export interface Folds {
  /** (n) fold of each row, from 0. */
  readonly folds: Int32Array;
  readonly count: number;
}

/** A run of rows that stay together, with how many of each class it holds. */
interface Group {
  readonly rows: number[];
  readonly classes: Map<number, number>;
}

/**
 * Stratified folds that never divide a group.
 *
 * Rows of their own are shuffled and dealt out class by class, so each class is spread to within one row. Groups of
 * several rows go first, largest first, each to the fold where the classes stay most even (as scikit-learn's
 * StratifiedGroupKFold does); single rows then fill up the smallest share of their class.
 */
export function assignFolds({ n, strata, group, count, random }: FoldRequest): Folds {
  const { singles, groups } = dealFolds(n, strata, group);
  const folds = new Int32Array(n);
  const used = Math.max(1, Math.min(count, groups.length + singles.length));
  const filled = new Map<number, Float64Array>();
  const fillOf = (stratum: number) => {
    const known = filled.get(stratum);
    if (known !== undefined) return known;
    const fresh = new Float64Array(used);
    filled.set(stratum, fresh);
    return fresh;
  };
  const sizes = new Float64Array(used);

  shuffle(groups, random);
  groups.sort((left, right) => right.rows.length - left.rows.length);
  for (const { rows, classes } of groups) {
    const fold = evenestFold(classes, used, fillOf, sizes);
    for (const row of rows) folds[row] = fold;
    sizes[fold] = (sizes[fold] ?? 0) + rows.length;
    for (const [stratum, rowsOfIt] of classes) {
      const fill = fillOf(stratum);
      fill[fold] = (fill[fold] ?? 0) + rowsOfIt;
    }
  }

  shuffle(singles, random);
  for (const row of singles) {
    const fill = fillOf(strata[row] ?? 0);
    let fold = 0;
    for (let candidate = 1; candidate < used; candidate++) {
      const gap = (fill[candidate] ?? 0) - (fill[fold] ?? 0);
      if (gap < 0 || (gap === 0 && (sizes[candidate] ?? 0) < (sizes[fold] ?? 0))) fold = candidate;
    }
    folds[row] = fold;
    fill[fold] = (fill[fold] ?? 0) + 1;
    sizes[fold] = (sizes[fold] ?? 0) + 1;
  }
  return { folds, count: used };
}

/**
 * Number of folds: 10 below 1,000 rows, else 5; at most the groups of the rarest class, at least 2.
 *
 * @param strata (n) class of each row
 */
export function foldCount(n: number, strata: ArrayLike<number>, group: Int32Array | undefined): number {
  const groupsOfClass = new Map<number, Set<number> | number>();
  for (let i = 0; i < n; i++) {
    const stratum = strata[i] ?? 0;
    const known = groupsOfClass.get(stratum);
    if (group === undefined) groupsOfClass.set(stratum, (typeof known === 'number' ? known : 0) + 1);
    else if (known instanceof Set) known.add(group[i] ?? 0);
    else groupsOfClass.set(stratum, new Set([group[i] ?? 0]));
  }
  const counts = Array.from(groupsOfClass.values(), (known) =>
    typeof known === 'number' ? known : known.size,
  );
  const rarest = least(counts);
  return Math.max(2, Math.min(n < 1000 ? 10 : 5, rarest));
}

function dealFolds(
  n: number,
  strata: ArrayLike<number>,
  group: Int32Array | undefined,
): { singles: Uint32Array; groups: Group[] } {
  if (group === undefined) return { singles: Uint32Array.from({ length: n }, (_, i) => i), groups: [] };
  const byNumber = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const rows = byNumber.get(group[i] ?? 0);
    if (rows === undefined) byNumber.set(group[i] ?? 0, [i]);
    else rows.push(i);
  }
  const singles: number[] = [];
  const groups: Group[] = [];
  for (const rows of byNumber.values()) {
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) {
      singles.push(only);
      continue;
    }
    const classes = new Map<number, number>();
    for (const row of rows) classes.set(strata[row] ?? 0, (classes.get(strata[row] ?? 0) ?? 0) + 1);
    groups.push({ rows, classes });
  }
  return { singles: Uint32Array.from(singles), groups };
}

/** The fold where putting the group leaves the sum of squared class counts, and so their unevenness, least. */
function evenestFold(
  classes: ReadonlyMap<number, number>,
  count: number,
  fillOf: (stratum: number) => Float64Array,
  sizes: Float64Array,
): number {
  let best = 0;
  let bestCost = Infinity;
  for (let fold = 0; fold < count; fold++) {
    let cost = 0;
    for (const [stratum, rows] of classes) {
      // (a + r)² − a² = r (2a + r): the growth of the square by this group.
      cost += rows * (2 * (fillOf(stratum)[fold] ?? 0) + rows);
    }
    if (cost < bestCost || (cost === bestCost && (sizes[fold] ?? 0) < (sizes[best] ?? 0))) {
      best = fold;
      bestCost = cost;
    }
  }
  return best;
}
