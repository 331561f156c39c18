import type { Random } from '../random';
import { type BinMoments, debiasedL2, expectedCalibrationError, maximumCalibrationError } from './ece';
import { poissonOne } from './random-draws';
import { scoreRanking } from './ranking';
import { coarseGridSize, deposit, residualGrid, smoothEceOfGrid } from './smooth-ece';
import type { TableScores } from './table';

/** (R) replicates of each metric; NaN where a metric is not defined in a round. */
export interface Replicates {
  readonly accuracy: Float64Array;
  readonly meanConfidence: Float64Array;
  readonly brier: Float64Array;
  readonly nll: Float64Array;
  readonly ece: Float64Array;
  readonly mce: Float64Array;
  readonly debiasedL2: Float64Array;
  readonly smoothEce: Float64Array;
  readonly auroc: Float64Array;
  readonly aurc: Float64Array;
  readonly labelBrier: Float64Array;
  readonly labelNll: Float64Array;
  readonly classwiseEce: Float64Array;
}

const SMOOTH_TOLERANCE = 1e-4;

/**
 * Bootstrap of fixed predictions: nothing is refitted, since copies of a row would leak between folds.
 *
 * Each group (or row) gets a Poisson(1) weight, the limit of the multinomial counts of sampling with replacement
 * (Chamandy et al., "Estimating uncertainty for massive data streams", 2012, §3). Weights need no resorting, so a
 * round is one pass over columns that were put into rank order once.
 *
 * @param smoothed the table's smooth ECE, from which the grid of its replicates is chosen
 * @param aligned whether a row's weight depends on its place in the table alone, and not on its rank
 */
export function bootstrap(
  table: TableScores,
  { rounds, smoothed, aligned }: { rounds: number; smoothed: number; aligned: boolean },
  random: Random,
): Replicates {
  const { n, predicted, ranking, copies } = table;
  const replicates = emptyReplicates(rounds);
  // Columns at each rank, so that a pass reads memory forwards.
  const confidence = gather(predicted.confidence, ranking.order);
  const brier = gather(table.brier, ranking.order);
  const nll = gather(table.nll.loss, ranking.order);
  const baseWeight = table.weight && gather(table.weight, ranking.order);
  const bin = Int32Array.from(ranking.order, (row) => table.binning.index[row] ?? 0);
  const { units } = table;
  const ownUnit = aligned ? Int32Array.from(ranking.order) : null;
  const group =
    units.group === null ? ownUnit : Int32Array.from(ranking.order, (row) => units.group?.[row] ?? 0);
  const groupCount = group === null ? 0 : units.count;
  const labelBrier = table.labels && gather(table.labels.brier, ranking.order);
  const labelNll = table.labels && gather(table.labels.nll.loss, ranking.order);

  const groupWeight = new Float64Array(groupCount);
  const weight = new Float64Array(n);
  const sums = emptyMoments(table.binning.edges.length - 1);
  const grid = residualGrid(coarseGridSize(smoothed, predicted.confidence));
  for (let round = 0; round < rounds; round++) {
    for (let g = 0; g < groupCount; g++) groupWeight[g] = poissonOne(random);
    clearMoments(sums);
    grid.residual.fill(0);
    for (let rank = 0; rank < n; rank++) {
      const drawn = group === null ? poissonOne(random) : (groupWeight[group[rank] ?? 0] ?? 0);
      weight[rank] = baseWeight === null ? drawn : drawn * (baseWeight[rank] ?? 0);
    }
    let sumBrier = 0;
    let sumNll = 0;
    // Rows in rank order come bin by bin: the sums of a bin stay at hand until the next one begins.
    for (let start = 0; start < n;) {
      const b = bin[start] ?? 0;
      let mass = 0;
      let sumConfidence = 0;
      let right = 0;
      let rank = start;
      for (; rank < n && bin[rank] === b; rank++) {
        const w = weight[rank] ?? 0;
        const wp = w * (confidence[rank] ?? 0);
        const hit = w * (ranking.correct[rank] ?? 0);
        mass += w;
        sumConfidence += wp;
        right += hit;
        sumBrier += w * (brier[rank] ?? 0);
        sumNll += w * (nll[rank] ?? 0);
        deposit(grid, confidence[rank] ?? 0, hit - wp);
      }
      sums.mass[b] = (sums.mass[b] ?? 0) + mass;
      sums.confidence[b] = (sums.confidence[b] ?? 0) + sumConfidence;
      sums.correct[b] = (sums.correct[b] ?? 0) + right;
      start = rank;
    }
    const total = plainSum(sums.mass);
    const defined = total > 0;
    replicates.accuracy[round] = plainSum(sums.correct) / total;
    replicates.meanConfidence[round] = plainSum(sums.confidence) / total;
    replicates.brier[round] = sumBrier / total;
    replicates.nll[round] = sumNll / total;
    replicates.ece[round] = expectedCalibrationError(sums);
    replicates.mce[round] = defined ? maximumCalibrationError(sums).value : NaN;
    replicates.debiasedL2[round] = defined ? debiasedL2(sums, table.worth, 2).value : NaN;
    replicates.smoothEce[round] = defined ? smoothEceOfGrid(grid, total, SMOOTH_TOLERANCE) : NaN;
    const ranked = scoreRanking(ranking, copies === 1 ? weight : weight.map((w) => w * copies));
    replicates.auroc[round] = ranked.auroc;
    replicates.aurc[round] = ranked.aurc;
    if (labelBrier === null || labelNll === null) continue;
    replicates.labelBrier[round] = weightedSum(labelBrier, weight) / total;
    replicates.labelNll[round] = weightedSum(labelNll, weight) / total;
    replicates.classwiseEce[round] = weightedClasswise(table, weight);
  }
  return replicates;
}

function weightedClasswise(table: TableScores, rankWeight: Float64Array): number {
  if (table.labels === null) return NaN;
  const { columns, data } = table.labels;
  const { order } = table.ranking;
  let mean = 0;
  for (let k = 0; k < columns.length; k++) {
    const column = columns[k];
    if (column === undefined) continue;
    const sums = emptyMoments(column.binning.edges.length - 1);
    for (let rank = 0; rank < order.length; rank++) {
      const w = rankWeight[rank] ?? 0;
      if (w === 0) continue;
      const row = order[rank] ?? 0;
      const b = column.binning.index[row] ?? 0;
      sums.mass[b] = (sums.mass[b] ?? 0) + w;
      sums.confidence[b] = (sums.confidence[b] ?? 0) + w * (column.probability[row] ?? 0);
      if (data.truth[row] === k) sums.correct[b] = (sums.correct[b] ?? 0) + w;
    }
    mean += expectedCalibrationError(sums) / columns.length;
  }
  return mean;
}

function gather(column: Float64Array, order: Uint32Array): Float64Array {
  const out = new Float64Array(order.length);
  for (let rank = 0; rank < order.length; rank++) out[rank] = column[order[rank] ?? 0] ?? 0;
  return out;
}

function plainSum(column: Float64Array): number {
  return column.reduce((sum, value) => sum + value, 0);
}

function weightedSum(column: Float64Array, weight: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < column.length; i++) sum += (column[i] ?? 0) * (weight[i] ?? 0);
  return sum;
}

export function emptyMoments(bins: number): BinMoments {
  return {
    mass: new Float64Array(bins),
    confidence: new Float64Array(bins),
    correct: new Float64Array(bins),
  };
}

function clearMoments({ mass, confidence, correct }: BinMoments): void {
  mass.fill(0);
  confidence.fill(0);
  correct.fill(0);
}

function emptyReplicates(rounds: number): Replicates {
  const column = () => new Float64Array(rounds).fill(NaN);
  return {
    accuracy: column(),
    meanConfidence: column(),
    brier: column(),
    nll: column(),
    ece: column(),
    mce: column(),
    debiasedL2: column(),
    smoothEce: column(),
    auroc: column(),
    aurc: column(),
    labelBrier: column(),
    labelNll: column(),
    classwiseEce: column(),
  };
}
