/**
 * Buckets, slices, thresholds, costs and the most confident errors, as text for people.
 */
import type { BucketCount } from '../../core/decisions/bucket-counts';
import { formatPercent, formatRowShare } from '../../core/words/quantities';
import type { CostChoice } from '../../core/decisions/costs';
import type { LabelThreshold } from '../../core/decisions/label-threshold';
import type { ThresholdChoice } from '../../core/decisions/threshold';
import type { EvaluateReport } from '../../core/decisions/report';
import { cheapestInWords, count, numberBelow, withoutValueInWords } from '../../core/words/calibration';
import { aligned, DECIMALS, interval, number } from './render';

/** Number of errors shown on a terminal; --json lists twenty. */
const SHOWN_ERRORS = 5;

/** Number of slices too small to be evaluated that a terminal names. */
const SHOWN_SLICES = 12;

export function renderDecisions(result: EvaluateReport): string {
  const { majorityBaseline, buckets, threshold, costs, labelThreshold } = result;
  return [
    majorityBaseline === null
      ? ''
      : `Always answering "${majorityBaseline.label}" is correct in ${formatRowShare(majorityBaseline.accuracy)} of rows.\n\n`,
    renderBuckets(buckets),
    renderErrors(result),
    ...result.slices.map(renderSlices),
    threshold === null ? '' : renderThreshold(threshold),
    costs === null ? '' : renderCosts(costs),
    labelThreshold === null ? '' : renderLabelThreshold(labelThreshold),
  ].join('');
}

function renderBuckets(buckets: readonly BucketCount[]): string {
  const rows = buckets.map((bucket) => [
    bucket.name,
    `[${bucket.low}, ${bucket.high}${bucket.high === 1 ? ']' : ')'}`,
    bucket.rows.toLocaleString('en-US'),
    bucket.errors.toLocaleString('en-US'),
    numberBelow(bucket.meanConfidence, bucket.high, DECIMALS),
    number(bucket.accuracy),
    interval({ low: bucket.accuracyLow, high: bucket.accuracyHigh }),
  ]);
  return aligned([
    ['bucket', 'confidence', 'rows', 'errors', 'mean confidence', 'accuracy', '95% interval'],
    ...rows,
  ]);
}

function renderErrors({ confidentErrors }: EvaluateReport): string {
  if (confidentErrors.length === 0) return '';
  const rows = confidentErrors
    .slice(0, SHOWN_ERRORS)
    .map(({ line, confidence, predicted, truth }) => [
      `line ${line}`,
      formatPercent(confidence),
      predicted ?? '–',
      truth ?? '–',
    ]);
  return `\n${aligned([['most confident errors', 'confidence', 'predicted', 'truth'], ...rows])}`;
}

function renderSlices({
  column,
  slices,
  minimumRows,
  tooSmall,
  withoutValue,
}: EvaluateReport['slices'][number]): string {
  const rows = slices.map(({ name, evaluation }) => [
    name,
    evaluation.n.toLocaleString('en-US'),
    ...[evaluation.accuracy, evaluation.meanConfidence, evaluation.ece].flatMap((metric) => [
      number(metric.value),
      interval(metric),
    ]),
  ]);
  const head = [
    `by ${column}`,
    'rows',
    ...['accuracy', 'confidence', 'ECE'].flatMap((name) => [name, '95% interval']),
  ];
  const shown = tooSmall.slice(0, SHOWN_SLICES).map(({ name, rows: held }) => `${name} (${held})`);
  const more = tooSmall.length - shown.length;
  const small = shown.join(', ') + (more > 0 ? ` and ${count(more, 'more value')}` : '');
  return [
    '\n',
    rows.length === 0 ? `by ${column}: ` : aligned([head, ...rows]),
    small === '' ? '' : `fewer than ${minimumRows} rows: ${small}\n`,
    ...withoutValueInWords(column, withoutValue).map((sentence) => `${sentence}\n`),
  ].join('');
}

const RISK_NAMES: Readonly<Record<ThresholdChoice['risk'], string>> = {
  accuracy: 'accuracy',
  precision: 'precision',
  fpr: 'false positive rate',
  cost: 'cost',
};

function renderThreshold({ risk, message, estimate }: ThresholdChoice): string {
  const { threshold, value, coverage, rows } = estimate;
  const shown = (risk === 'cost' ? number : formatRowShare)(value ?? 0);
  const scored =
    value === null
      ? ''
      : ` Chosen on half of the rows (${threshold}) and tested on the other: ${RISK_NAMES[risk]} ${shown} ` +
        `(${interval(estimate)}) on the ${count(rows, 'row')} at or above it, coverage ${formatRowShare(coverage ?? 0)}.`;
  return `\n${message}${scored}\n`;
}

function renderCosts({ threshold, scored }: CostChoice): string {
  const rule = cheapestInWords(threshold, DECIMALS);
  if (scored === null) return `\n${rule}\n`;
  const { cost, low, high, reviewAll, automaticAll, automaticShare, n } = scored;
  const sure = low === null || high === null ? '' : ` (${interval({ low, high })})`;
  return (
    `\n${rule} On ${count(n, 'other row')} it costs ${number(cost)}${sure} per row, with ${formatRowShare(automaticShare)} automatic; ` +
    `${number(reviewAll)} if all are reviewed, ${number(automaticAll)} if none is.\n`
  );
}

function renderLabelThreshold({ label, averagePrecision, threshold, estimate }: LabelThreshold): string {
  const scored =
    estimate === null
      ? ''
      : ` Chosen on half of the rows (${number(estimate.threshold)}) and tested on the other: precision ` +
        `${number(estimate.precision)}, recall ${number(estimate.recall)}, F1 ${number(estimate.f1)}.`;
  return `\n"${label}" at P = ${number(threshold)} or higher has the best F1 (average precision ${number(averagePrecision)}).${scored}\n`;
}
