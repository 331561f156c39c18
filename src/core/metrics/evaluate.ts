import { confidenceOf, isTruthKnown, knownRows, rowCount, rowsWhere } from '../model/rows';
import type { PredictionData, Warning } from '../model/predictions';
import { seededRandom } from '../random';
import { UserError } from '../user-error';
import { type Binning, type BinSums, DEFAULT_BINS, sumBins } from './bins';
import { bootstrap, type Replicates, resamplingUnits } from './bootstrap';
import { type BrierDecomposition, decomposeBrier } from './brier';
import { confusionMatrix, labelRates } from './confusion';
import { debiasedL2, expectedCalibrationError, maximumCalibrationError } from './ece';
import {
  debiasedInterval,
  effectiveRows,
  errorInterval,
  percentileInterval,
  quantile,
  wilsonInterval,
} from './intervals';
import { weightedMean } from './losses';
import { drawNull, type NullDraws, nullP } from './null';
import { scoreRanking } from './ranking';
import { smoothEce } from './smooth-ece';
import { type LabelColumns, type TableScores, scoresOfTable } from './table';
import type {
  Evaluation,
  EvaluateOptions,
  LabelMetrics,
  Metric,
  PerLabelMetrics,
  ReliabilityBin,
} from '../model/evaluation';
import { listed } from '../quote';

/** An evaluation with the further results that the plots and the gate need. */
export interface Assessment {
  readonly evaluation: Evaluation;
  /** For each of `evaluation.bins`: the middle 95% of its accuracy if the confidences were calibrated. */
  readonly consistencyBars: readonly ({ readonly low: number; readonly high: number } | null)[];
  /** Null without rows. */
  readonly brierDecomposition: BrierDecomposition | null;
  /** Bootstrap replicates; null where none were drawn. */
  readonly replicates: Replicates | null;
  /** The null's p of each metric that it speaks about; nulls where it was not drawn. */
  readonly nullPs: Readonly<Record<NullMetric, number | null>>;
}

export type NullMetric = 'ece' | 'mce' | 'debiasedL2' | 'smoothEce' | 'classwiseEce';

const NO_P: Assessment['nullPs'] = {
  ece: null,
  mce: null,
  debiasedL2: null,
  smoothEce: null,
  classwiseEce: null,
};

const DEFAULT_NULL_DRAWS = 1000;

/** 1,000 rounds below 20,000 rows, else 200. */
function defaultRounds(n: number): number {
  return n < 20_000 ? 1000 : 200;
}

/** Scores a table: every metric with its interval, and what a perfectly calibrated model would show. */
export function evaluate(data: PredictionData, options: EvaluateOptions = {}): Evaluation {
  return assess(data, options).evaluation;
}

export function assess(data: PredictionData, options: EvaluateOptions = {}): Assessment {
  const settings = {
    kind: options.binning ?? 'width',
    bins: options.bins ?? DEFAULT_BINS,
    seed: options.seed ?? 0,
  } as const;
  if (!Number.isInteger(settings.bins) || settings.bins < 1)
    throw new UserError(
      'bad-bins',
      `The number of bins must be a whole number from 1; it is ${settings.bins}.`,
    );
  const known = knownRows(data);
  const n = rowCount(known);
  const warnings = [...(options.warnings ?? [])];
  if (n < rowCount(data))
    warnings.push({
      code: 'unknown-truth',
      message: `${rowCount(data) - n} of ${rowCount(data)} rows have no known truth and are not scored.`,
    });
  const frame = {
    schema: 1,
    kind: data.kind,
    n,
    labels: data.kind === 'labels' ? data.labels : null,
    rejected: options.rejected ?? [],
    seed: settings.seed,
  } as const;
  if (n === 0) return emptyAssessment(frame, settings, warnings);

  const folds = options.folds && knownFolds(data, options.folds);
  const labels = known.kind === 'labels' ? known : null;
  const table = scoresOfTable(confidenceOf(known), labels, settings.kind, settings.bins, folds);
  warnings.push(...tableWarnings(table));

  const smoothed = smoothEce(table.predicted.confidence, table.predicted.correct, table.weight);
  const rounds = resamplingUnits(table) < 2 ? 0 : (options.rounds ?? defaultRounds(n));
  const draws = options.nullDraws ?? DEFAULT_NULL_DRAWS;
  // Streams of their own: the null does not change when the number of bootstrap rounds does.
  const replicates = rounds === 0 ? null : bootstrap(table, rounds, smoothed, seededRandom(settings.seed));
  const nulls = draws === 0 ? null : drawNull(table, draws, smoothed, seededRandom(settings.seed + 0x5eed));
  return assembled({ table, frame, warnings, smoothed, replicates, nulls });
}

type Frame = Pick<Evaluation, 'schema' | 'kind' | 'n' | 'labels' | 'rejected' | 'seed'>;

interface Measured {
  readonly table: TableScores;
  readonly frame: Frame;
  readonly warnings: readonly Warning[];
  /** Smooth ECE of the table. */
  readonly smoothed: number;
  readonly replicates: Replicates | null;
  readonly nulls: NullDraws | null;
}

function assembled({ table, frame, warnings, smoothed, replicates, nulls }: Measured): Assessment {
  const { predicted, weight, binning, n } = table;
  const { confidence, correct } = predicted;
  const sums = sumBins(binning, confidence, correct, weight);
  const ece = expectedCalibrationError(sums);
  const mce = maximumCalibrationError(sums);
  const l2 = debiasedL2(sums);
  const ranked = scoreRanking(table.ranking, rankWeights(table));
  const nCorrect = correct.reduce((sum, y) => sum + y, 0);
  const labelParts = table.labels && labelMetrics(table, table.labels, replicates, nulls);
  const perLabel = labelParts?.metrics.perLabel ?? [];
  const nullPs = {
    ece: nulls && nullP(nulls.ece, ece),
    mce: nulls && nullP(nulls.mce, mce.value),
    debiasedL2: nulls && nullP(nulls.debiasedL2, l2.value),
    smoothEce: nulls && nullP(nulls.smoothEce, smoothed),
    classwiseEce: labelParts?.p ?? null,
  };
  const foldReason = table.ranking.foldCount > 1 ? 'mean over folds' : undefined;
  const evaluation: Evaluation = {
    ...frame,
    nCorrect,
    nWrong: n - nCorrect,
    warnings: [...warnings, ...labelWarnings(perLabel)],
    binning: { kind: binning.kind, count: binning.edges.length - 1 },
    bins: reliabilityBins(binning, sums, table),
    accuracy: accuracyMetric(table),
    meanConfidence: resampled(weightedMean(confidence, weight), replicates?.meanConfidence),
    ece: errorMetric(ece, replicates?.ece, nullPs.ece),
    mce: { ...errorMetric(mce.value, replicates?.mce, nullPs.mce), count: sums.count[mce.bin] ?? null },
    brier: resampled(weightedMean(table.brier, weight), replicates?.brier),
    nll: { ...resampled(weightedMean(table.nll.loss, weight), replicates?.nll), clipped: table.nll.clipped },
    auroc: Number.isNaN(ranked.auroc)
      ? undefinedMetric('AUROC needs at least one correct and one wrong row.')
      : resampled(ranked.auroc, replicates?.auroc, foldReason),
    aurc: resampled(ranked.aurc, replicates?.aurc, foldReason),
    smoothEce: errorMetric(smoothed, replicates?.smoothEce, nullPs.smoothEce),
    debiasedL2: errorMetric(
      l2.value,
      replicates?.debiasedL2,
      nullPs.debiasedL2,
      debiasedInterval,
      l2Reason(l2.uncorrected),
    ),
    eceNull: eceNull(nulls, nullPs.ece),
    labelMetrics: labelParts?.metrics ?? null,
  };
  return {
    evaluation,
    consistencyBars: nonEmptyBins(sums).map((b) => nulls?.bars[b] ?? null),
    brierDecomposition: decomposeBrier(binning, confidence, correct, weight),
    replicates,
    nullPs,
  };
}

/** Weights at each rank, as the ranking needs them. */
function rankWeights({ weight, ranking }: TableScores): Float64Array | null {
  return weight && Float64Array.from(ranking.order, (row) => weight[row] ?? 0);
}

function l2Reason(uncorrected: number): string | undefined {
  if (uncorrected === 0) return undefined;
  return `${uncorrected} ${uncorrected === 1 ? 'bin of one row is' : 'bins of one row are'} uncorrected`;
}

function eceNull(nulls: NullDraws | null, p: number | null): Evaluation['eceNull'] {
  if (nulls === null) return { mean: null, q95: null, p: null };
  return { mean: weightedMean(nulls.ece, null), q95: quantile(nulls.ece.toSorted(), 0.95), p };
}

/** Bins with rows that weigh something: a bin of weight 0 has no mean. */
function nonEmptyBins({ mass }: BinSums): number[] {
  return Array.from(mass.keys()).filter((b) => (mass[b] ?? 0) > 0);
}

function reliabilityBins(binning: Binning, sums: BinSums, table: TableScores): ReliabilityBin[] {
  const effective = binEffectiveRows(table, sums);
  return nonEmptyBins(sums).map((b) => {
    const mass = sums.mass[b] ?? 0;
    const accuracy = (sums.correct[b] ?? 0) / mass;
    const rows = effective[b] ?? 0;
    const { low, high } = wilsonInterval(accuracy * rows, rows);
    return {
      low: binning.edges[b] ?? 0,
      high: binning.edges[b + 1] ?? 1,
      count: sums.count[b] ?? 0,
      meanConfidence: (sums.confidence[b] ?? 0) / mass,
      accuracy,
      accuracyLow: low,
      accuracyHigh: high,
    };
  });
}

/** (B) Kish's number of rows in each bin. */
function binEffectiveRows({ weight, binning, n }: TableScores, sums: BinSums): Float64Array {
  if (weight === null) return Float64Array.from(sums.count);
  const squares = new Float64Array(sums.mass.length);
  for (let i = 0; i < n; i++) {
    const b = binning.index[i] ?? 0;
    squares[b] = (squares[b] ?? 0) + (weight[i] ?? 0) ** 2;
  }
  return squares.map((square, b) => (square === 0 ? 0 : (sums.mass[b] ?? 0) ** 2 / square));
}

function accuracyMetric({ predicted, weight, n }: TableScores): Metric {
  const value = weightedMean(predicted.correct, weight);
  const rows = effectiveRows(weight, n);
  return { value, ...wilsonInterval(value * rows, rows) };
}

const NO_RESAMPLING = 'An interval needs resampling of at least two independent rows.';

function undefinedMetric(reason: string): Metric {
  return { value: null, low: null, high: null, reason };
}

/** A metric with the percentile interval of its replicates. */
function resampled(value: number, replicates: Float64Array | undefined, reason?: string): Metric {
  const interval = replicates === undefined ? null : percentileInterval(replicates);
  if (interval === null) return { value, low: null, high: null, reason: NO_RESAMPLING };
  return { value, ...interval, ...(reason === undefined ? {} : { reason }) };
}

/** A metric that resampling biases upwards; its interval needs the null too. */
function errorMetric(
  value: number,
  replicates: Float64Array | undefined,
  p: number | null,
  intervalOf: typeof debiasedInterval = errorInterval,
  reason?: string,
): Metric {
  const interval = replicates === undefined || p === null ? null : intervalOf(value, replicates, p);
  if (interval === null) return { value, low: null, high: null, reason: NO_RESAMPLING };
  return { value, ...interval, ...(reason === undefined ? {} : { reason }) };
}

function labelMetrics(
  table: TableScores,
  { data, brier, nll, columns }: LabelColumns,
  replicates: Replicates | null,
  nulls: NullDraws | null,
): { metrics: LabelMetrics; p: number | null } {
  const { weight, predicted } = table;
  const K = data.labels.length;
  const winners = predicted.predicted ?? new Int32Array(0);
  const confusion = confusionMatrix(data.truth, winners, K, null);
  const weighted = weight === null ? confusion : confusionMatrix(data.truth, winners, K, weight);
  const errors = columns.map(({ probability, binning }, k) => {
    const isLabel = Uint8Array.from(data.truth, (truth) => Number(truth === k));
    return expectedCalibrationError(sumBins(binning, probability, isLabel, weight));
  });
  const classwise = errors.reduce((sum, error) => sum + error, 0) / K;
  const p = nulls && nullP(nulls.classwiseEce, classwise);
  const metrics: LabelMetrics = {
    brier: resampled(weightedMean(brier, weight), replicates?.labelBrier),
    nll: resampled(weightedMean(nll.loss, weight), replicates?.labelNll),
    classwiseEce: errorMetric(classwise, replicates?.classwiseEce, p),
    confusion,
    perLabel: data.labels.map((label, k) => {
      const { support, predicted: answers } = labelRates(confusion, k);
      const rates = { ...labelRates(weighted, k), support, predicted: answers };
      return { label, ...rates, ece: errors[k] ?? 0 };
    }),
  };
  return { metrics, p };
}

function tableWarnings({ predicted, nll, n, labels }: TableScores): Warning[] {
  const warnings: Warning[] = [];
  const right = predicted.correct.reduce((sum, y) => sum + y, 0);
  const add = (code: string, message: string) => warnings.push({ code, message });
  if (n < 10) add('few-rows', `${n} ${n === 1 ? 'row is' : 'rows are'} too few for a diagram.`);
  if (right < 20 || n - right < 20)
    add('few-outcomes', `Only ${right} correct and ${n - right} wrong rows: every number here is rough.`);
  if (predicted.ties > 0)
    add('ties', `In ${predicted.ties} rows two labels share the highest score; the earlier label was taken.`);
  if (predicted.clipped > 0.01 * n)
    add(
      'clipped-log-odds',
      `${predicted.clipped} of ${n} confidences are nearer to 0 or 1 than 1e-12 (a rounded table?) and count as 1e-12.`,
    );
  const clipped = Math.max(nll.clipped, labels?.nll.clipped ?? 0);
  if (clipped > 0)
    add(
      'clipped-nll',
      `In ${clipped} rows the probability of what happened is below 2.2e-16; NLL counts it as 2.2e-16.`,
    );
  return warnings;
}

/** Labels without rows: their metrics are undefined or have no data. */
function labelWarnings(perLabel: readonly PerLabelMetrics[]): Warning[] {
  const names = (entries: typeof perLabel) => listed(entries.map(({ label }) => label));
  const absent = perLabel.filter(({ support }) => support === 0);
  const unpredicted = perLabel.filter(({ support, predicted }) => predicted === 0 && support > 0);
  const warnings: Warning[] = [];
  if (absent.length > 0)
    warnings.push({ code: 'label-absent', message: `No row has the true label ${names(absent)}.` });
  if (unpredicted.length > 0)
    warnings.push({ code: 'label-never-predicted', message: `Never predicted: ${names(unpredicted)}.` });
  return warnings;
}

/** Folds of the rows with a known truth. */
function knownFolds(data: PredictionData, folds: Int32Array): Int32Array {
  return Int32Array.from(
    rowsWhere(rowCount(data), (i) => isTruthKnown(data, i)),
    (row) => folds[row] ?? 0,
  );
}

function emptyAssessment(
  frame: Frame,
  settings: { kind: Evaluation['binning']['kind']; bins: number },
  warnings: readonly Warning[],
): Assessment {
  const nothing = undefinedMetric('There is no row with a known truth.');
  return {
    evaluation: {
      ...frame,
      nCorrect: 0,
      nWrong: 0,
      warnings: [...warnings, { code: 'no-rows', message: 'There is no row with a known truth.' }],
      binning: { kind: settings.kind, count: settings.bins },
      bins: [],
      accuracy: nothing,
      meanConfidence: nothing,
      ece: nothing,
      mce: { ...nothing, count: null },
      brier: nothing,
      nll: { ...nothing, clipped: 0 },
      auroc: nothing,
      aurc: nothing,
      smoothEce: nothing,
      debiasedL2: nothing,
      eceNull: { mean: null, q95: null, p: null },
      labelMetrics: null,
    },
    consistencyBars: [],
    brierDecomposition: null,
    replicates: null,
    nullPs: NO_P,
  };
}
