/** Comparisons of runs in words, the same on every surface. */
import type { Stage } from '../comparison/compare-runs';
import type { ComparisonReport, ReportedStage } from '../comparison/report';
import type { Winner } from '../comparison/winner';
import type { Metric } from '../model/evaluation';
import { type Difference, FEWEST_TO_FORESEE, type PairedTest } from '../comparison/differences';
import { type ComparedMetric, metricOf, type RunNumbers } from '../comparison/metrics';
import type { CalibratorId } from '../calibration/registry';
import {
  calibratorTitle,
  count,
  interval,
  labelName,
  number,
  signed,
  withoutValueInWords,
} from './calibration';

/** What was done to the runs, as a heading. */
export function stageTitle(stage: Stage): string {
  return STAGE_TITLES[stage];
}

const STAGE_TITLES: Readonly<Record<Stage, string>> = {
  raw: 'Raw',
  platt: 'After Platt',
  isotonic: 'After isotonic',
  recommended: 'After the recommended calibrator',
};

/** A threshold as people write it. */
export function thresholdInWords(threshold: number): string {
  return String(Number(threshold.toFixed(4)));
}

export function metricTitle(metric: ComparedMetric, on: 'labels' | 'confidence', threshold: number): string {
  const of = on === 'labels' ? 'labels' : 'correct';
  const titles: Readonly<Record<ComparedMetric, string>> = {
    accuracy: 'Accuracy',
    nll: `NLL (${of})`,
    brier: `Brier (${of})`,
    ece: 'ECE',
    mce: 'MCE',
    auroc: 'AUROC',
    meanConfidence: 'Mean confidence',
    highShare: `Rows at ${thresholdInWords(threshold)} or above`,
    highAccuracy: 'Accuracy of those',
    highErrors: 'Errors among those',
  };
  return titles[metric];
}

/** What a metric of a comparison means, where the calibration panel has no words for it. */
export const HIGH_MEANINGS: Readonly<Partial<Record<ComparedMetric, string>>> = {
  highShare: 'Share of all rows whose confidence is at the threshold or above.',
  highAccuracy: 'Accuracy of the rows at the threshold or above.',
  highErrors: 'Wrong rows at the threshold or above, as a share of all rows.',
};

const TESTS: Readonly<Record<PairedTest, string>> = {
  mcnemar: 'exact McNemar test',
  'sign-flip': 'sign-flip test',
  bootstrap: 'paired bootstrap',
  intervals: 'intervals of both runs',
};

export function testInWords(test: PairedTest | null): string {
  return test === null ? '' : TESTS[test];
}

/** With its sign. "0.301 (0.25 to 0.33)" */
export function differenceInWords({ value, low, high }: Difference): string {
  if (value === null) return '–';
  const range = low === null || high === null ? '' : ` (${signed(low)} to ${signed(high)})`;
  return `${signed(value)}${range}`;
}

/** p after the correction. */
export function pOf({ adjustedP }: Pick<Difference, 'adjustedP'>): string {
  if (adjustedP === null) return '–';
  return adjustedP < 0.001 ? '< 0.001' : adjustedP.toFixed(3);
}

export function findingInWords({ finding }: Pick<Difference, 'finding'>): string {
  switch (finding) {
    case 'not-shown':
      return 'no difference shown';
    case 'not-tested':
      return 'not tested';
    case 'undefined':
      return 'undefined';
    default:
      return finding;
  }
}

/** The finding, and what it would take to show more. @param n rows that were compared */
export function findingWithRows(difference: Difference, n: number): string {
  const words = findingInWords(difference);
  if (difference.finding !== 'not-shown') return words;
  return `${words}; ${moreRowsInWords(difference, n)}`;
}

/** "about 1,200 more rows would" */
function moreRowsInWords({ value, neededRows }: Difference, n: number): string {
  if (value === 0) return 'the runs are equal here';
  if (n < FEWEST_TO_FORESEE) return 'too few rows to say how many would';
  if (neededRows === null) return 'it is too small for any number of rows';
  return `about ${roundedCount(neededRows - n)} more rows would`;
}

/** Two digits: more would claim to know. */
function roundedCount(rows: number): string {
  return Number(rows.toPrecision(2)).toLocaleString('en-US');
}

export interface ComparisonVerdict {
  readonly title: string;
  readonly text: string;
}

/** The metrics that the verdict names, the first of them first. */
const NAMED = ['accuracy', 'nll', 'ece'] as const satisfies readonly ComparedMetric[];

interface VerdictInput {
  /** Names of the run and of the first one. */
  readonly name: string;
  readonly baseline: string;
  readonly numbers: RunNumbers;
  readonly baselineNumbers: RunNumbers;
  readonly differences: readonly Difference[];
  readonly on: 'labels' | 'confidence';
  readonly threshold: number;
}

/** How a run does against the first one. */
function comparisonVerdict(input: VerdictInput): ComparisonVerdict {
  const { differences, on, threshold, numbers } = input;
  const [name, baseline] = [labelName(input.name), labelName(input.baseline)];
  const has = (finding: Difference['finding']): boolean =>
    differences.some((found) => found.finding === finding);
  const title = titleOf(name, baseline, has);
  const named = NAMED.flatMap((metric) => differences.find((found) => found.metric === metric) ?? []);
  const sentences = named.map((difference) => {
    const { metric } = difference;
    const [now, then] = [metricOf(numbers, metric), metricOf(input.baselineNumbers, metric)];
    return `${metricTitle(metric, on, threshold)} is ${number(now.value)} against ${number(then.value)}: ${differenceInWords(difference)}, ${findingInWords(difference)}.`;
  });
  const [first] = named;
  const more =
    first?.finding === 'not-shown' && first.value !== 0 ? ` ${foreseen(first, numbers.evaluation.n)}` : '';
  return { title, text: `${sentences.join(' ')}${more}` };
}

/** How many rows would show a difference in accuracy. @param n rows that were compared */
function foreseen({ neededRows }: Difference, n: number): string {
  if (n < FEWEST_TO_FORESEE)
    return 'The rows are too few to say how many would show a difference in accuracy.';
  if (neededRows === null)
    return 'So small a difference in accuracy cannot be shown by any reasonable number of rows.';
  return `About ${roundedCount(neededRows - n)} more rows would show a difference in accuracy of this size.`;
}

function titleOf(name: string, baseline: string, has: (finding: Difference['finding']) => boolean): string {
  if (has('better') && has('worse'))
    return `${name} is better than ${baseline} in some ways and worse in others`;
  if (has('better')) return `${name} is better than ${baseline}`;
  if (has('worse')) return `${name} is worse than ${baseline}`;
  return has('not-shown')
    ? `No difference between ${name} and ${baseline} is shown`
    : `These rows cannot tell ${name} and ${baseline} apart`;
}

/** Which run is chosen, and what it is worth on rows that did not choose it. */
function winnerInWords(
  names: readonly string[],
  { run, picks, accuracy, nll }: Winner,
  own: RunNumbers,
  isSplit: boolean,
): string {
  const name = labelName(names[run] ?? '');
  const folds = picks.reduce((sum, picked) => sum + picked, 0);
  const how = isSplit
    ? `${name} has the lowest NLL of ${names.length} on the rows marked fit.`
    : `${name} has the lowest NLL of ${names.length}; it was chosen in ${picks[run] ?? 0} of ${folds} folds.`;
  const of = (...metrics: readonly Metric[]): string =>
    metrics
      .map((metric, at) => {
        const range = interval(metric);
        return `${at === 0 ? 'accuracy' : 'NLL'} ${number(metric.value)}${range === '' ? '' : ` (${range})`}`;
      })
      .join(', ');
  const where = isSplit ? 'On the rows marked test' : 'On rows that did not choose it';
  const seen = isSplit
    ? ''
    : ` Its own numbers (${of(metricOf(own, 'accuracy'), metricOf(own, 'nll'))}) come from the rows that chose it, so they may be slightly too good.`;
  return `${how} ${where}, the choice has ${of(accuracy, nll)}.${seen}`;
}

/** What is recommended for each run, for the stage of that name. */
export function recommendedInWords(
  names: readonly string[],
  recommended: readonly (CalibratorId | 'raw' | null)[],
  folds: ComparisonReport['folds'],
): string {
  const each = names.map((name, at) => {
    const choice = recommended[at] ?? null;
    const calibrator =
      choice === null
        ? 'too few rows to tell, so raw'
        : choice === 'raw'
          ? 'keep raw'
          : calibratorTitle(choice);
    return `${labelName(name)}: ${calibrator}`;
  });
  return folds?.source === 'split'
    ? `On the rows marked fit that is ${each.join('; ')}.`
    : `On all rows that is ${each.join('; ')}. In each fold it is chosen again on the other folds.`;
}

/** How many rows were paired, and how. */
export function pairingInWords({
  by,
  rows,
  compared,
}: {
  by: 'id' | 'text';
  rows: number;
  compared: number;
}): string {
  const paired = `${count(rows, 'row')} paired by ${by}.`;
  return compared === rows ? paired : `${paired} Compared are the ${count(compared, 'row')} marked test.`;
}

/** What of each table is not compared, in sentences; none where every row is. */
export function leftOutInWords({ tables }: Pick<ComparisonReport, 'tables'>): string[] {
  return tables.flatMap(({ name, missing, repeated, differing }) => {
    const reasons = [
      ...(missing === 0 ? [] : [`${count(missing, 'row')} not found in every table`]),
      ...(repeated === 0 ? [] : [`${count(repeated, 'row')} with the id of another row`]),
      ...(differing === 0
        ? []
        : [`${count(differing, 'row')} with another true label, text or group than elsewhere`]),
    ];
    return reasons.length === 0 ? [] : [`Left out of ${labelName(name)}: ${reasons.join(', ')}.`];
  });
}

/** What is in no slice, in sentences, besides the values with too few rows. */
export function unslicedInWords({
  column,
  minimumRows,
  notCompared,
  withoutValue,
}: Pick<
  ComparisonReport['slices'][number],
  'column' | 'minimumRows' | 'notCompared' | 'withoutValue'
>): string[] {
  const name = labelName(column);
  return [
    ...(notCompared === 0
      ? []
      : [
          `${name} has ${notCompared.toLocaleString('en-US')} values with ${minimumRows} rows or more, more than can be shown one by one. The command line compares them all.`,
        ]),
    ...withoutValueInWords(name, withoutValue),
  ];
}

/** How the numbers of a comparison were made. */
export function aboutComparison(seed: number): string {
  return `Intervals are at 95%. Differences are of the same rows: shares have adjusted Wald intervals, other metrics percentiles of paired resampling (seed ${seed}); those of ECE and MCE are approximate. p is after Holm’s correction over the metrics of all runs.`;
}

/** The runs of a stage against the first, each in words. */
export function verdictsOf(
  { names, on, threshold }: Pick<ComparisonReport, 'names' | 'on' | 'threshold'>,
  { runs, differences }: Pick<ReportedStage, 'runs' | 'differences'>,
): ComparisonVerdict[] {
  const [baselineNumbers] = runs;
  return differences.flatMap((found, at) => {
    const numbers = runs[at + 1];
    if (numbers === undefined || baselineNumbers === undefined) return [];
    const [baseline = '', name = ''] = [names[0], names[at + 1]];
    return [
      comparisonVerdict({ name, baseline, numbers, baselineNumbers, differences: found, on, threshold }),
    ];
  });
}

/** The winner of a stage in words; undefined for two runs. */
export function stageWinner(
  { names, folds }: Pick<ComparisonReport, 'names' | 'folds'>,
  { runs, winner }: Pick<ReportedStage, 'runs' | 'winner'>,
): string | undefined {
  const own = winner === null ? undefined : runs[winner.run];
  if (winner === null || own === undefined) return undefined;
  return winnerInWords(names, winner, own, folds?.source === 'split');
}
