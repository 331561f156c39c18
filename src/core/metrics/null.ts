import type { Random } from '../random';
import { emptyMoments } from './bootstrap';
import { type ChanceDrawer, dependentChances } from './dependence';
import { type BinMoments, debiasedL2, expectedCalibrationError, maximumCalibrationError } from './ece';
import { standardNormal } from './random-draws';
import { coarseGridSize, deposit, type ResidualGrid, residualGrid, smoothEceOfGrid } from './smooth-ece';
import { quantile } from './intervals';
import type { LabelColumns, TableScores } from './table';

/** (R) what a perfectly calibrated model would show on these confidences. */
export interface NullDraws {
  readonly ece: Float64Array;
  readonly mce: Float64Array;
  readonly debiasedL2: Float64Array;
  readonly smoothEce: Float64Array;
  /** Empty for a table without label columns. */
  readonly classwiseEce: Float64Array;
  /** (B) the middle 95% of each bin's accuracy: the consistency bars; null for an empty bin. */
  readonly bars: readonly ({ readonly low: number; readonly high: number } | null)[];
}

/** Above this many rows the sum of a bin is drawn from its normal limit. */
const ROWS_DRAWN_ONE_BY_ONE = 50_000;
/** Draws above that many rows of label vectors and of rows that depend on each other: they have no such short cut. */
const LARGE_DRAWS = 200;
/** Variance of a bin's sum from which a normal draw stands for it. */
const NORMAL_VARIANCE = 1000;
const SMOOTH_TOLERANCE = 1e-4;

/**
 * Keeps the confidences and the bins, draws correct ~ Bernoulli(confidence) and computes the metrics again (Bröcker &
 * Smith, "Increasing the reliability of reliability diagrams", 2007; Vaicenavicius et al. 2019, §5).
 *
 * Rows of one group are drawn together (`dependence.ts`).
 *
 * On large tables the sum of a bin with variance above 1,000 is a normal draw: it differs from the exact sum by less
 * than one row's worth in the quantiles.
 *
 * @param smoothed the table's smooth ECE, from which the grid is chosen
 */
export function drawNull(table: TableScores, draws: number, smoothed: number, random: Random): NullDraws {
  const B = table.binning.edges.length - 1;
  const chances = dependentChances(table.predicted.confidence, table.predicted.correct, table.units);
  const isLarge = table.n > ROWS_DRAWN_ONE_BY_ONE;
  const used = isLarge && chances !== null ? Math.min(draws, LARGE_DRAWS) : draws;
  const column = () => new Float64Array(used);
  const [ece, mce, l2, smoothEce] = [column(), column(), column(), column()];
  const accuracies = Array.from({ length: B }, column);
  const sums = emptyMoments(B);
  fixedSums(table, sums);
  const grid = residualGrid(coarseGridSize(smoothed, table.predicted.confidence));
  const drawInto =
    isLarge && chances === null ? normalDrawer(table, sums, grid) : rowDrawer(table, sums, grid, chances);
  for (let draw = 0; draw < used; draw++) {
    sums.correct.fill(0);
    grid.residual.fill(0);
    drawInto(random);
    ece[draw] = expectedCalibrationError(sums);
    mce[draw] = maximumCalibrationError(sums).value;
    l2[draw] = debiasedL2(sums, table.worth).value;
    smoothEce[draw] = smoothEceOfGrid(grid, table.n, SMOOTH_TOLERANCE);
    for (let b = 0; b < B; b++) {
      const column = accuracies[b];
      if (column !== undefined) column[draw] = (sums.correct[b] ?? 0) / (sums.mass[b] ?? 1);
    }
  }
  return {
    ece,
    mce,
    debiasedL2: l2,
    smoothEce,
    classwiseEce: drawClasswise(table, draws, random, chances),
    bars: accuracies.map((column, b) => {
      if ((sums.mass[b] ?? 0) === 0 || used === 0) return null;
      const sorted = column.sort();
      return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
    }),
  };
}

/** p = (1 + #{null ≥ observed}) / (R + 1), which is never 0. A hair's breadth is left for rounding. */
export function nullP(draws: Float64Array, observed: number): number {
  let atLeast = 0;
  for (const value of draws) if (value >= observed - 1e-12) atLeast++;
  return (1 + atLeast) / (draws.length + 1);
}

function fixedSums({ predicted, binning, weight, n }: TableScores, sums: BinMoments): void {
  for (let i = 0; i < n; i++) {
    const b = binning.index[i] ?? 0;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    sums.mass[b] = (sums.mass[b] ?? 0) + w;
    sums.confidence[b] = (sums.confidence[b] ?? 0) + w * (predicted.confidence[i] ?? 0);
  }
}

function rowDrawer(
  table: TableScores,
  sums: BinMoments,
  grid: ResidualGrid,
  chances: ChanceDrawer | null,
): (random: Random) => void {
  const { n, weight, binning } = table;
  const { confidence } = table.predicted;
  return (random) => {
    const chanceOf = chances?.(random);
    for (let i = 0; i < n; i++) {
      const p = confidence[i] ?? 0;
      const w = weight === null ? 1 : (weight[i] ?? 0);
      const correct = random() < (chanceOf === undefined ? p : chanceOf(i)) ? 1 : 0;
      const b = binning.index[i] ?? 0;
      if (correct === 1) sums.correct[b] = (sums.correct[b] ?? 0) + w;
      deposit(grid, p, w * (correct - p));
    }
  };
}

/** Bins of large variance and all grid nodes as normal draws, the rows of other bins one by one. */
function normalDrawer(table: TableScores, sums: BinMoments, grid: ResidualGrid): (random: Random) => void {
  const { n, weight, binning } = table;
  const { confidence } = table.predicted;
  const binVariance = new Float64Array(sums.mass.length);
  const nodeVariance = new Float64Array(grid.residual.length);
  for (let i = 0; i < n; i++) {
    const p = confidence[i] ?? 0;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    const variance = w * w * p * (1 - p);
    const b = binning.index[i] ?? 0;
    binVariance[b] = (binVariance[b] ?? 0) + variance;
    // The nearest node takes it all: shared between two, independent draws would lose a third of the variance.
    const node = Math.round(p * grid.plan.size);
    nodeVariance[node] = (nodeVariance[node] ?? 0) + variance;
  }
  const small = binVariance.map((variance) => (variance < NORMAL_VARIANCE ? 1 : 0));
  const single = Uint32Array.from({ length: n }, (_, i) => i).filter(
    (i) => small[binning.index[i] ?? 0] === 1,
  );
  return (random) => {
    for (const i of single) {
      const b = binning.index[i] ?? 0;
      const w = weight === null ? 1 : (weight[i] ?? 0);
      if (random() < (confidence[i] ?? 0)) sums.correct[b] = (sums.correct[b] ?? 0) + w;
    }
    for (let b = 0; b < small.length; b++)
      if (small[b] === 0)
        sums.correct[b] = (sums.confidence[b] ?? 0) + Math.sqrt(binVariance[b] ?? 0) * standardNormal(random);
    for (let node = 0; node < nodeVariance.length; node++)
      grid.residual[node] = Math.sqrt(nodeVariance[node] ?? 0) * standardNormal(random);
  };
}

/**
 * Draws a true label for each row from its own distribution, so that the errors of the labels stay correlated. Rows
 * that depend on each other are right together; which other label a wrong row has is drawn for it alone.
 */
function drawClasswise(
  table: TableScores,
  draws: number,
  random: Random,
  chances: ChanceDrawer | null,
): Float64Array {
  if (table.labels === null) return new Float64Array(0);
  const { predicted } = table.predicted;
  const { columns } = table.labels;
  const { n, weight } = table;
  const used = n > ROWS_DRAWN_ONE_BY_ONE ? Math.min(draws, LARGE_DRAWS) : draws;
  const sums = columns.map(({ probability, binning }) => {
    const fixed = emptyMoments(binning.edges.length - 1);
    for (let i = 0; i < n; i++) {
      const b = binning.index[i] ?? 0;
      const w = weight === null ? 1 : (weight[i] ?? 0);
      fixed.mass[b] = (fixed.mass[b] ?? 0) + w;
      fixed.confidence[b] = (fixed.confidence[b] ?? 0) + w * (probability[i] ?? 0);
    }
    return fixed;
  });
  return Float64Array.from({ length: used }, () => {
    for (const { correct } of sums) correct.fill(0);
    const chanceOf = chances?.(random);
    for (let i = 0; i < n; i++) {
      const winner = chanceOf === undefined ? -1 : (predicted?.[i] ?? -1);
      const k =
        winner >= 0 && random() < (chanceOf?.(i) ?? 0) ? winner : drawnLabel(columns, i, winner, random);
      const drawn = sums[k];
      if (drawn === undefined) continue;
      const b = columns[k]?.binning.index[i] ?? 0;
      drawn.correct[b] = (drawn.correct[b] ?? 0) + (weight === null ? 1 : (weight[i] ?? 0));
    }
    return sums.reduce((mean, column) => mean + expectedCalibrationError(column) / sums.length, 0);
  });
}

/** A label drawn from a row's distribution, without one label if that is at least 0. */
function drawnLabel(columns: LabelColumns['columns'], row: number, without: number, random: Random): number {
  let u = random() * (without < 0 ? 1 : 1 - (columns[without]?.probability[row] ?? 0));
  let last = 0;
  for (let k = 0; k < columns.length; k++) {
    if (k === without) continue;
    last = k;
    u -= columns[k]?.probability[row] ?? 0;
    if (u < 0) break;
  }
  return last;
}
