/** Numbers and findings in the words of the calibration panel and its report. */
import { metricsOf } from './metrics';
import { visibleName } from '../encode';
import { formatRowShare } from './quantities';
import { excerpt } from './score';
import type { Partition } from '../calibration/cross-fit';
import {
  type Evaluation,
  FEWEST_TO_JUDGE,
  type Metric,
  type PerLabelMetrics,
  type ReliabilityBin,
} from '../model/evaluation';
import { type CalibratorId, CALIBRATORS } from '../calibration/registry';

const LABEL_LIMIT = 60;

/** Three decimals unless more are asked for, a real minus sign; "–" for none. */
export function number(value: number | null | undefined, decimals = 3): string {
  if (value === null || value === undefined) return '–';
  const shown = value.toFixed(decimals);
  return /^-0\.0+$/.test(shown) ? shown.slice(1) : shown.replace('-', '−');
}

/**
 * A number that is below a bound, where rounding would reach it cut instead: 0.899 for .8999 of a bucket up to .9.
 *
 * @param bound 1 where there is no bucket above; undefined for none
 */
export function numberBelow(value: number | null, bound: number | undefined, decimals = 3): string {
  const isReached =
    value !== null && bound !== undefined && value < bound && Number(value.toFixed(decimals)) >= bound;
  const unit = 10 ** decimals;
  return number(isReached ? Math.floor(value * unit) / unit : value, decimals);
}

/** With its sign, for a gap. */
export function signed(value: number): string {
  const shown = number(value);
  return shown.startsWith('−') || Number(shown) === 0 ? shown : `+${shown}`;
}

export function count(value: number, noun: string): string {
  return `${value.toLocaleString('en-US')} ${noun}${value === 1 ? '' : 's'}`;
}

/** Number of values with too few rows that are named. */
const NAMED_SMALL = 12;

/** A sentence on the values that have too few rows; none where every value has enough. */
export function tooSmallInWords(
  done: 'compared' | 'evaluated',
  {
    tooSmall,
    tooSmallCount,
    minimumRows,
  }: {
    /** The first of them. */
    readonly tooSmall: readonly { readonly name: string; readonly rows: number }[];
    readonly tooSmallCount: number;
    readonly minimumRows: number;
  },
): string[] {
  if (tooSmallCount === 0) return [];
  const named = tooSmall.slice(0, NAMED_SMALL).map(({ name, rows }) => `${labelName(name)} (${rows})`);
  const more = tooSmallCount - named.length;
  const rest = more > 0 ? ` and ${more.toLocaleString('en-US')} more` : '';
  return [`Not ${done}, because they have fewer than ${minimumRows} rows: ${named.join(', ')}${rest}.`];
}

/** A sentence on rows whose cell in the column of slices is empty; none where every row has a value. */
export function withoutValueInWords(column: string, rows: number): string[] {
  const verb = rows === 1 ? 'is' : 'are';
  return rows === 0 ? [] : [`${count(rows, 'row')} without a value in ${column} ${verb} in no slice.`];
}

export function interval({ low, high }: Pick<Metric, 'low' | 'high'>): string {
  return low === null || high === null ? '' : `${number(low)} to ${number(high)}`;
}

/** The ECE that a perfectly calibrated model would show: mean and 95% quantile. */
export function nullInWords({ mean, q95 }: Evaluation['eceNull']): string {
  return `${number(mean)}, up to ${number(q95)}`;
}

/** How far a calibrator's NLL is above the best one's, with the paired standard error. */
export function gapInWords(gap: { readonly value: number; readonly se: number } | null): string {
  if (gap === null) return '–';
  return gap.value === 0 ? 'best' : `${number(gap.value)} ± ${number(gap.se)}`;
}

/** How each row was calibrated by a fit that did not see it. */
export function foldsInWords({ source, count: folds }: Pick<Partition, 'source' | 'count'>): string {
  return source === 'split'
    ? 'Fitted on the rows marked fit, evaluated on those marked test.'
    : `Cross-fitted in ${folds} folds: each row is calibrated by a fit that did not see it.`;
}

/** Seconds to two digits; "–" where they are not known. */
export function secondsInWords(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(2)));
}

/** A bin's range, with brackets that show which ends belong to it. */
export function binRange({ low, high }: Pick<ReliabilityBin, 'low' | 'high'>): string {
  const digits = (value: number): string => String(Number(value.toFixed(3)));
  return `${low === 0 ? '[' : '('}${digits(low)}, ${digits(high)}]`;
}

/** A label on one line, without invisible characters; a long one is cut. */
export function labelName(label: string | null): string {
  if (label === null) return '–';
  if (label.trim() === '') return label === '' ? '(empty)' : `(${count(label.length, 'space')})`;
  return visibleName(excerpt(label, LABEL_LIMIT));
}

/** Raw scores stand among the calibrators that they are compared with. */
export function calibratorTitle(id: CalibratorId | 'raw'): string {
  return id === 'raw' ? 'Raw' : CALIBRATORS[id].title;
}

/** The axes of a diagram: confidence against correct, or one label's probability against that label. */
export interface Axes {
  /** Below the diagram, and in sentences. */
  readonly across: string;
  readonly acrossWords: string;
  /** Beside it. */
  readonly up: string;
  readonly upWords: string;
  /** Rows above and below it. */
  readonly hit: string;
  readonly miss: string;
  /** What a calibrated model would do in this share of a bin's rows. */
  readonly would: string;
  /** Mean confidence far above the accuracy, and far below it. */
  readonly above: string;
  readonly below: string;
}

export const CORRECTNESS: Axes = {
  across: 'Confidence',
  acrossWords: 'confidence',
  up: 'Accuracy',
  upWords: 'accuracy',
  hit: 'correct',
  miss: 'wrong',
  would: 'be correct',
  above: 'Overconfident',
  below: 'Underconfident',
};

/** Long ones would not fit beside a diagram. */
const AXIS_LABEL_LIMIT = 24;

export function labelAxes(label: string): Axes {
  const name = excerpt(labelName(label), AXIS_LABEL_LIMIT);
  return {
    across: `P(${name})`,
    acrossWords: `P(${name})`,
    up: `Share of ${name}`,
    upWords: `share of ${name}`,
    hit: 'match',
    miss: 'other',
    would: `have that label`,
    above: 'Too high',
    below: 'Too low',
  };
}

/** Difference of mean confidence and accuracy that is worth a word. */
const SMALL_GAP = 0.005;

/** The finding in words; undefined until the numbers are complete. */
export function verdict(
  { n, ece, eceNull, accuracy, meanConfidence, warnings }: Evaluation,
  axes: Axes,
): { readonly title: string; readonly text: string } | undefined {
  if (n < FEWEST_TO_JUDGE)
    return {
      title: 'Too few rows to judge',
      text: `${count(n, 'row')} cannot show how ${axes.acrossWords} and ${axes.upWords} relate: at least ${FEWEST_TO_JUDGE} are needed, and a few hundred show much more.`,
    };
  const few = warnings.find(({ code }) => code === 'few-groups');
  if (few !== undefined && accuracy.value !== null && accuracy.low === null)
    return { title: 'Too few groups to tell', text: few.message };
  if (ece.value === null || eceNull.p === null) return undefined;
  const would = `a perfectly calibrated model would show ${number(eceNull.mean)} on average here, and more than ${number(eceNull.q95)} in 5 of 100 such tables (p ${pInWords(eceNull.p)})`;
  if (eceNull.p >= 0.05)
    return {
      title: 'No miscalibration beyond chance',
      text: `ECE is ${number(ece.value)}; ${would}. These rows give no evidence that ${axes.acrossWords} and ${axes.upWords} differ.`,
    };
  const gap = (meanConfidence.value ?? 0) - (accuracy.value ?? 0);
  const on = `The mean ${axes.acrossWords} is ${number(meanConfidence.value)} and the ${axes.upWords} ${number(accuracy.value)}`;
  const title = gap > SMALL_GAP ? axes.above : gap < -SMALL_GAP ? axes.below : 'Miscalibrated';
  const by =
    title === 'Miscalibrated'
      ? 'they agree on average, but single bins differ'
      : `${title.toLowerCase()} by ${number(Math.abs(gap))}`;
  return { title, text: `${on}: ${by}. ECE is ${number(ece.value)}; ${would}.` };
}

function pInWords(p: number): string {
  return p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`;
}

const METRIC_WORDS: Readonly<Record<string, string>> = {
  'smooth ECE': 'Smooth ECE',
  'debiased L2': 'Debiased L2',
  'classwise ECE': 'Classwise ECE',
};

/**
 * Metric, value, 95% interval and remark of every headline number, the null's below ECE.
 *
 * @param preliminary before there are intervals: missing values need no reason
 */
export function headlineRows(evaluation: Evaluation, preliminary: boolean, axes: Axes): string[][] {
  const words: Readonly<Record<string, string>> = {
    ...METRIC_WORDS,
    accuracy: axes.up,
    'mean confidence': `Mean ${axes.acrossWords}`,
  };
  const rows = metricsOf(evaluation).map(([name, metric]) => [
    words[name] ?? name,
    number(metric.value),
    interval(metric) || (preliminary ? '…' : '–'),
    remark(name, preliminary ? undefined : metric.reason, evaluation.mce.count),
  ]);
  const { mean, q95 } = evaluation.eceNull;
  const at = rows.findIndex(([name]) => name === 'ECE') + 1;
  rows.splice(at, 0, [
    'ECE if calibrated',
    number(mean),
    q95 === null ? '–' : `up to ${number(q95)}`,
    'mean and 95% quantile expected by chance',
  ]);
  return rows;
}

function remark(name: string, reason: string | undefined, mceRows: number | null): string {
  const parts = reason === undefined ? [] : [reason];
  if (name === 'MCE' && mceRows !== null) parts.push(`from a bin of ${count(mceRows, 'row')}`);
  if (/ECE$|^MCE$|L2$/.test(name)) parts.push('approximate');
  return parts.join('; ');
}

/** The rows that count, of those that could. */
export function rowsInWords({
  n,
  nUnused = 0,
  nUnlabelled = 0,
}: Pick<Evaluation, 'n' | 'nUnused' | 'nUnlabelled'>): string {
  const used =
    nUnused === 0 ? count(n, 'row') : `${n.toLocaleString('en-US')} of ${count(n + nUnused, 'row')}`;
  return nUnlabelled === 0 ? used : `${used} (${nUnlabelled.toLocaleString('en-US')} more without a label)`;
}

/** Rows, correct and wrong. */
export function correctRowsInWords(evaluation: Evaluation): string {
  const { nCorrect, nWrong } = evaluation;
  return `${rowsInWords(evaluation)}, ${nCorrect.toLocaleString('en-US')} correct and ${nWrong.toLocaleString('en-US')} wrong`;
}

/** Difference of the share of rows that a label is predicted in and its true share that is worth a sentence. */
const DOMINANCE = 0.1;

/**
 * The label that is predicted most beyond its true share, in a sentence: "positive is predicted in 95.0% of rows; 49.0%
 * are." Undefined if no label is by a tenth of the rows.
 */
export function dominanceInWords({ n, labelMetrics }: Evaluation): string | undefined {
  const excess = ({ predicted, support }: PerLabelMetrics): number => (predicted - support) / n;
  const most = labelMetrics?.perLabel.reduce((a, b) => (excess(b) > excess(a) ? b : a));
  if (most === undefined || n < FEWEST_TO_JUDGE || excess(most) < DOMINANCE) return undefined;
  const { label, predicted, support } = most;
  return `${labelName(label)} is predicted in ${formatRowShare(predicted / n)} of rows; ${formatRowShare(support / n)} are.`;
}

/** The rows, and what they contain. */
export function factsOf(evaluation: Evaluation): string {
  const { labels } = evaluation;
  const what =
    labels === null
      ? 'confidence against correct'
      : `${labels.length} labels: ${labels.slice(0, 6).map(labelName).join(', ')}${labels.length > 6 ? ', …' : ''}`;
  return `${correctRowsInWords(evaluation)} · ${what}`;
}

/** How the numbers were made. */
export function aboutNumbers({ seed }: Evaluation): string {
  return `Bins are (low, high], the first closed at both ends. Intervals are at 95%: Wilson’s for accuracies, from seeded resampling for the rest (seed ${seed}); those of ECE and MCE are approximate. prompt-confidence evaluate gives the same numbers.`;
}

/** From which confidence on a decision without a person costs least; null: from none. */
export function cheapestInWords(threshold: number | null, decimals?: number): string {
  return threshold === null
    ? 'Reviewing every row is cheapest.'
    : `Deciding automatically at a confidence of ${number(threshold, decimals)} or higher is cheapest.`;
}

/** The result of comparing calibrators. */
export function recommendationTitle(
  outcome: 'use' | 'keep-raw' | 'not-enough-data',
  choice: CalibratorId | 'raw' | null,
): string {
  if (outcome === 'not-enough-data') return 'Not enough data';
  return outcome === 'use' && choice !== null ? `Recommended: ${calibratorTitle(choice)}` : 'Keep raw';
}
