import { confidenceOf, isTruthKnown, knownRows, rowCount, rowsWhere } from '../model/rows';
import type { PredictionData, Warning } from '../model/predictions';
import { seededRandom } from '../random';
import { UserError } from '../user-error';
import { type BinSums, DEFAULT_BINS, sumBins } from './bins';
import { bootstrap, type Replicates } from './bootstrap';
import { type BrierDecomposition, decomposeBrier } from './brier';
import { confusionMatrix, labelRates } from './confusion';
import { debiasedL2, expectedCalibrationError, maximumCalibrationError } from './ece';
import {
  areaInterval,
  aurocInterval,
  debiasedInterval,
  errorInterval,
  type Outcomes,
  quantile,
  standardDeviation,
} from './intervals';
import { FEW_GROUPS, FEWEST_GROUPS, fewUnitsFactor, type ShareSums, tooFewGroups, type Units } from './units';
import { weightedMean } from './losses';
import { MeanSpread } from './mean-spread';
import { drawNull, type NullDraws, nullP } from './null';
import { scoreRanking } from './ranking';
import { smoothEce } from './smooth-ece';
import { type LabelColumns, type TableScores, scoresOfTable } from './table';
import {
  type Evaluation,
  type EvaluateOptions,
  FEWEST_TO_JUDGE,
  type LabelMetrics,
  type Metric,
  type PerLabelMetrics,
  type ReliabilityBin,
} from '../model/evaluation';
import { largest, least } from '../extremes';
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
  /** Accuracy as a share of independent rows; null without rows. */
  readonly share: ShareSums | null;
  /** Right and wrong rows, as independent ones. */
  readonly outcomes: Outcomes;
  /** By how much intervals from resampling are widened for few groups. */
  readonly factor: number;
  /** Of the metrics that are means of rows. */
  readonly means: Means;
}

/** Nulls where a metric has no interval. */
export type Means = Readonly<
  Record<'meanConfidence' | 'brier' | 'nll' | 'labelBrier' | 'labelNll', MeanSpread | null>
>;

export type NullMetric = 'ece' | 'mce' | 'debiasedL2' | 'smoothEce' | 'classwiseEce';

const NO_P: Assessment['nullPs'] = {
  ece: null,
  mce: null,
  debiasedL2: null,
  smoothEce: null,
  classwiseEce: null,
};

const BOTH_OUTCOMES = 'An interval needs at least one correct and one wrong row.';
const DEFAULT_NULL_DRAWS = 1000;

/** 1,000 rounds below 20,000 rows, else 200. */
function defaultRounds(n: number): number {
  return n < 20_000 ? 1000 : 200;
}

/** Scores a table: every metric with its interval, and what a perfectly calibrated model would show. */
export function evaluate(data: PredictionData, options: EvaluateOptions = {}): Evaluation {
  return assess(data, options).evaluation;
}

export interface AssessOptions extends EvaluateOptions {
  /** Whether tables with the same rows (or groups) and seed are resampled alike, row by row, to be compared. */
  readonly aligned?: boolean | undefined;
}

export function assess(data: PredictionData, options: AssessOptions = {}): Assessment {
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
    nUnused: options.unused ?? 0,
    nUnlabelled: options.unlabelled ?? 0,
    seed: settings.seed,
  } as const;
  if (n === 0) return emptyAssessment(frame, settings, warnings);

  const folds = options.folds && knownFolds(data, options.folds);
  const labels = known.kind === 'labels' ? known : null;
  const table = scoresOfTable(confidenceOf(known), labels, settings.kind, settings.bins, folds);
  warnings.push(...tableWarnings(table));

  const smoothed = smoothEce(table.predicted.confidence, table.predicted.correct, table.weight);
  const isResampled = table.units.count >= 2 && !tooFewGroups(table.units);
  const rounds = isResampled ? (options.rounds ?? defaultRounds(n)) : 0;
  const draws = tooFewGroups(table.units) ? 0 : (options.nullDraws ?? DEFAULT_NULL_DRAWS);
  // Streams of their own: the null does not change when the number of bootstrap rounds does.
  const replicates =
    rounds === 0
      ? null
      : bootstrap(
          table,
          { rounds, smoothed, aligned: options.aligned ?? false },
          seededRandom(settings.seed),
        );
  const nulls = draws === 0 ? null : drawNull(table, draws, smoothed, seededRandom(settings.seed + 0x5eed));
  return assembled({ table, frame, warnings, smoothed, replicates, nulls });
}

type Frame = Pick<
  Evaluation,
  'schema' | 'kind' | 'n' | 'labels' | 'rejected' | 'nUnused' | 'nUnlabelled' | 'seed'
>;

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
  const l2 = debiasedL2(sums, table.worth);
  const ranked = scoreRanking(table.ranking, rankWeights(table));
  const nCorrect = correct.reduce((sum, y) => sum + y, 0);
  const intervals = new Intervals(table.units);
  const means = meansOf(table);
  const labelParts =
    table.labels && labelMetrics(table, table.labels, { intervals, means, replicates, nulls });
  const perLabel = labelParts?.metrics.perLabel ?? [];
  const nullPs = {
    ece: nulls && nullP(nulls.ece, ece),
    mce: nulls && nullP(nulls.mce, mce.value),
    debiasedL2: nulls && nullP(nulls.debiasedL2, l2.value),
    smoothEce: nulls && nullP(nulls.smoothEce, smoothed),
    classwiseEce: labelParts?.p ?? null,
  };
  const nullOf = (metric: NullMetric): NullOf => ({ p: nullPs[metric], draws: nulls?.[metric] });
  const foldReason = table.ranking.foldCount > 1 ? 'mean over folds' : undefined;
  const evaluation: Evaluation = {
    ...frame,
    nCorrect,
    nWrong: n - nCorrect,
    warnings: [...warnings, ...labelWarnings(perLabel)],
    binning: { kind: binning.kind, count: binning.edges.length - 1 },
    bins: reliabilityBins(table, sums),
    accuracy: accuracyMetric(table),
    meanConfidence: intervals.mean(weightedMean(confidence, weight), means.meanConfidence, 1),
    ece: intervals.error(ece, replicates?.ece, nullOf('ece')),
    mce: {
      ...intervals.error(mce.value, replicates?.mce, nullOf('mce')),
      count: sums.count[mce.bin] ?? null,
    },
    brier: intervals.loss(table, table.brier, means.brier, 1),
    nll: {
      ...intervals.loss(table, table.nll.loss, means.nll, Infinity),
      clipped: table.nll.clipped,
    },
    auroc: Number.isNaN(ranked.auroc)
      ? undefinedMetric('AUROC needs at least one correct and one wrong row.')
      : intervals.auroc(ranked.auroc, replicates?.auroc, table.share.outcomes(), foldReason),
    // Without both outcomes every resampled table has the same: that is no certainty.
    aurc:
      nCorrect === 0 || nCorrect === n
        ? {
            value: ranked.aurc,
            low: null,
            high: null,
            reason: BOTH_OUTCOMES,
          }
        : intervals.area(ranked.aurc, replicates?.aurc, foldReason),
    smoothEce: intervals.error(smoothed, replicates?.smoothEce, nullOf('smoothEce')),
    debiasedL2: intervals.debiased(
      l2.value,
      replicates?.debiasedL2,
      nullOf('debiasedL2'),
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
    share: table.share,
    outcomes: table.share.outcomes(),
    factor: fewUnitsFactor(table.units),
    means,
  };
}

function meansOf({ predicted, brier, nll, labels, weight, units }: TableScores): Means {
  const of = (values: Float64Array | undefined) =>
    values === undefined ? null : MeanSpread.of(values, weight, units);
  return {
    meanConfidence: of(predicted.confidence),
    brier: of(brier),
    nll: of(nll.loss),
    labelBrier: of(labels?.brier),
    labelNll: of(labels?.nll.loss),
  };
}

/** Weights at each rank, as the ranking needs them. */
function rankWeights({ weight, copies, ranking }: TableScores): Float64Array | null {
  return weight && Float64Array.from(ranking.order, (row) => copies * (weight[row] ?? 0));
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

function reliabilityBins({ binning, binShares, share }: TableScores, sums: BinSums): ReliabilityBin[] {
  const effect = share.designEffect();
  return nonEmptyBins(sums).map((b) => {
    const mass = sums.mass[b] ?? 0;
    const interval = binShares[b]?.interval(effect) ?? null;
    return {
      low: binning.edges[b] ?? 0,
      high: binning.edges[b + 1] ?? 1,
      count: sums.count[b] ?? 0,
      meanConfidence: (sums.confidence[b] ?? 0) / mass,
      accuracy: (sums.correct[b] ?? 0) / mass,
      accuracyLow: interval?.low ?? null,
      accuracyHigh: interval?.high ?? null,
    };
  });
}

function accuracyMetric({ share, units }: TableScores): Metric {
  const interval = share.interval();
  if (interval === null)
    return { value: share.share, low: null, high: null, reason: noIntervalReason(units) };
  const p = share.share;
  return { value: p, ...interval, se: Math.sqrt((p * (1 - p)) / share.effectiveRows()) };
}

/** Why a table has no intervals. */
function noIntervalReason(units: Units): string {
  return tooFewGroups(units)
    ? `The rows belong to ${describeGroups(units)}; an interval needs at least ${FEWEST_GROUPS} groups of like weight.`
    : 'An interval needs resampling of at least two independent rows.';
}

function describeGroups({ count, effective }: Units): string {
  const named = `${count} ${count === 1 ? 'group' : 'groups'}`;
  return effective < count - 0.5
    ? `${named} of unequal weight, which are worth ${effective.toFixed(1)}`
    : named;
}

function undefinedMetric(reason: string): Metric {
  return { value: null, low: null, high: null, reason };
}

/** Gives values their intervals by the replicates of one table. */
class Intervals {
  private readonly factor: number;

  constructor(private readonly units: Units) {
    this.factor = fewUnitsFactor(units);
  }

  /** @param most what the mean can be, from 0 on: the intervals of few rows would reach beyond it */
  mean(value: number, spread: MeanSpread | null, most: number): Metric {
    const found = spread?.interval();
    const interval = found && { low: Math.max(0, found.low), high: Math.min(most, found.high) };
    return this.metric(value, { interval, se: spread?.se ?? null });
  }

  /** The mean of rows' losses, which depend on whether they are right: where that is rarely seen, as surely as accuracy is. */
  loss(
    { predicted, weight, share }: TableScores,
    losses: Float64Array,
    spread: MeanSpread | null,
    most: number,
  ): Metric {
    const value = weightedMean(losses, weight);
    const own = this.mean(value, spread, most);
    if (own.low === null || own.high === null || !share.isRarelySeen()) return own;
    const accuracy = share.interval();
    if (accuracy === null || share.right === 0 || share.right === share.mass)
      return { value, low: null, high: null, reason: BOTH_OUTCOMES };
    let ofRight = 0;
    predicted.correct.forEach((y, i) => (ofRight += y * (weight?.[i] ?? 1) * (losses[i] ?? 0)));
    const ofWrong = value * share.mass - ofRight;
    const price = ofWrong / (share.mass - share.right) - ofRight / share.right;
    const at = (accurate: number) => value + (share.share - accurate) * price;
    const ends = [at(accuracy.low), at(accuracy.high)];
    return {
      ...own,
      low: Math.max(0, least([own.low, ...ends])),
      high: Math.min(most, largest([own.high, ...ends])),
    };
  }

  /** An area under a curve, from 0 to 1, by its replicates. */
  area(value: number, replicates: Float64Array | undefined, reason?: string): Metric {
    const interval = replicates && areaInterval(value, replicates, this.factor);
    return this.metric(value, { interval, se: this.spread(replicates) }, reason);
  }

  /** A metric that resampling biases upwards; its interval needs the null too. */
  error(value: number, replicates: Float64Array | undefined, nulls: NullOf): Metric {
    return this.withNull(value, replicates, nulls, errorInterval);
  }

  debiased(value: number, replicates: Float64Array | undefined, nulls: NullOf, reason?: string): Metric {
    return this.withNull(value, replicates, nulls, debiasedInterval, reason);
  }

  auroc(value: number, replicates: Float64Array | undefined, outcomes: Outcomes, reason?: string): Metric {
    const found = replicates && aurocInterval(value, replicates, outcomes, this.factor);
    return this.metric(value, { interval: found, se: found?.se ?? null }, reason);
  }

  private withNull(
    value: number,
    replicates: Float64Array | undefined,
    { p, draws }: NullOf,
    intervalOf: typeof errorInterval,
    reason?: string,
  ): Metric {
    const known = replicates !== undefined && p !== null;
    const interval = known ? intervalOf(value, replicates, p, this.factor) : null;
    const nullMean = draws === undefined || draws.length === 0 ? null : weightedMean(draws, null);
    return { ...this.metric(value, { interval, se: this.spread(replicates) }, reason), nullMean };
  }

  private spread(replicates: Float64Array | undefined): number | null {
    const se = replicates && standardDeviation(replicates);
    return se === undefined || Number.isNaN(se) ? null : se * this.factor;
  }

  private metric(
    value: number,
    { interval, se }: { interval: { low: number; high: number } | null | undefined; se: number | null },
    reason?: string,
  ): Metric {
    if (interval === null || interval === undefined)
      return { value, low: null, high: null, reason: noIntervalReason(this.units) };
    const { low, high } = interval;
    return { value, low, high, se, ...(reason === undefined ? {} : { reason }) };
  }
}

/** What a calibrated model would show of one metric. */
interface NullOf {
  readonly p: number | null;
  readonly draws: Float64Array | undefined;
}

function labelMetrics(
  table: TableScores,
  { data, brier, nll, columns }: LabelColumns,
  {
    intervals,
    means,
    replicates,
    nulls,
  }: Pick<Measured, 'replicates' | 'nulls'> & { readonly intervals: Intervals; readonly means: Means },
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
    brier: intervals.loss(table, brier, means.labelBrier, 2),
    nll: intervals.loss(table, nll.loss, means.labelNll, Infinity),
    classwiseEce: intervals.error(classwise, replicates?.classwiseEce, { p, draws: nulls?.classwiseEce }),
    confusion,
    perLabel: data.labels.map((label, k) => {
      const { support, predicted: answers } = labelRates(confusion, k);
      const rates = { ...labelRates(weighted, k), support, predicted: answers };
      return { label, ...rates, ece: errors[k] ?? 0 };
    }),
  };
  return { metrics, p };
}

function tableWarnings({ predicted, nll, n, labels, units }: TableScores): Warning[] {
  const warnings: Warning[] = [];
  const right = predicted.correct.reduce((sum, y) => sum + y, 0);
  const add = (code: string, message: string) => warnings.push({ code, message });
  if (n < FEWEST_TO_JUDGE)
    add(
      'few-rows',
      `${n} ${n === 1 ? 'row is' : 'rows are'} too few to judge and too few for a diagram; a few hundred show much more.`,
    );
  const [first = 0] = predicted.confidence;
  if (n > 1 && predicted.confidence.every((p) => p === first))
    add(
      'equal-confidences',
      `All ${n} rows have the same confidence, ${Number(first.toFixed(6))}: it cannot tell right rows from wrong ones, and no threshold can.`,
    );
  if (right < 20 || n - right < 20)
    add('few-outcomes', `Only ${right} correct and ${n - right} wrong rows: every number here is rough.`);
  if (units.group !== null && units.effective < FEW_GROUPS)
    add(
      'few-groups',
      `The rows belong to ${describeGroups(units)}. With fewer than ${FEW_GROUPS} groups every interval here is rough` +
        `${tooFewGroups(units) ? `; with fewer than ${FEWEST_GROUPS} there is none` : ''}.`,
    );
  if (predicted.ties > 0)
    add(
      'ties',
      `In ${predicted.ties === 1 ? '1 row' : `${predicted.ties} rows`} two labels share the highest score; the earlier label was taken.`,
    );
  if (predicted.clipped > 0.01 * n)
    add(
      'clipped-log-odds',
      `${predicted.clipped} of ${n} confidences are exactly 0 or 1 (a rounded table?). NLL and calibrators take them as 1e-12 from it.`,
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
    share: null,
    outcomes: { right: 0, wrong: 0 },
    factor: 1,
    means: { meanConfidence: null, brier: null, nll: null, labelBrier: null, labelNll: null },
  };
}
