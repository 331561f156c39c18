/** Numbers and findings as the panel says them. */
import type { Evaluation, Method, Metric, ReliabilityBin } from '../../src/core/calibration/types';
import { excerpt, visibleName } from '../../src/core/presentation';

const LABEL_LIMIT = 60;
/** Difference of mean confidence and accuracy that is worth a word. */
const SMALL_GAP = 0.005;

/** Three decimals, a real minus sign; "–" for none. */
export function number(value: number | null): string {
  if (value === null) return '–';
  const shown = value.toFixed(3);
  return /^-0\.0+$/.test(shown) ? shown.slice(1) : shown.replace('-', '−');
}

/** With its sign: what a gap is. */
export function signed(value: number): string {
  const shown = number(value);
  return shown.startsWith('−') || Number(shown) === 0 ? shown : `+${shown}`;
}

export function count(value: number, noun: string): string {
  return `${value.toLocaleString('en-US')} ${noun}${value === 1 ? '' : 's'}`;
}

export function interval({ low, high }: Pick<Metric, 'low' | 'high'>): string {
  return low === null || high === null ? '' : `${number(low)} to ${number(high)}`;
}

/** A bin's range, closed where it is closed. */
export function binRange({ low, high }: Pick<ReliabilityBin, 'low' | 'high'>): string {
  const digits = (value: number): string => String(Number(value.toFixed(3)));
  return `${low === 0 ? '[' : '('}${digits(low)}, ${digits(high)}]`;
}

/** A label on one line; nothing in it is invisible, and a long one is cut. */
export function labelName(label: string | null): string {
  if (label === null) return '–';
  if (label.trim() === '') return label === '' ? '(empty)' : `(${count(label.length, 'space')})`;
  return visibleName(excerpt(label, LABEL_LIMIT));
}

const METHOD_NAMES: Partial<Record<Method, string>> = {
  platt: 'Platt',
  isotonic: 'Isotonic',
  temperature: 'Temperature',
  'bias-temperature': 'Bias-temperature',
  vector: 'Vector',
  beta: 'Beta',
  histogram: 'Histogram',
  slope: 'Slope',
};

export function methodName(method: Method | 'raw'): string {
  return method === 'raw' ? 'Raw' : (METHOD_NAMES[method] ?? method);
}

/** What a diagram's axes are: confidence against correct, or one label's probability against that label. */
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
  /** What a calibrated model would do in so many rows of a bin. */
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
  hit: 'right',
  miss: 'wrong',
  would: 'be right',
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
    hit: 'is it',
    miss: 'other',
    would: `be that label`,
    above: 'Too high',
    below: 'Too low',
  };
}

/** Everything that is known about a bin, in a sentence. */
export function binSentence(
  bin: ReliabilityBin,
  consistency: { readonly low: number; readonly high: number } | null,
  axes: Axes,
): string {
  const expected =
    consistency === null
      ? ''
      : ` If calibrated, ${number(consistency.low)} to ${number(consistency.high)} of them would ${axes.would}.`;
  return (
    `Bin ${binRange(bin)}: ${count(bin.count, 'row')}, mean ${axes.acrossWords} ${number(bin.meanConfidence)}, ` +
    `${axes.upWords} ${number(bin.accuracy)} (95% interval ${number(bin.accuracyLow)} to ${number(bin.accuracyHigh)}), ` +
    `gap ${signed(bin.accuracy - bin.meanConfidence)}.${expected}`
  );
}

/** Whether a bin's accuracy says more than chance would: beyond the bars that are shown. */
export function isBeyondChance(
  bin: ReliabilityBin,
  consistency: { readonly low: number; readonly high: number } | null,
  band: 'consistency' | 'wilson',
): boolean {
  if (band === 'wilson') return bin.meanConfidence < bin.accuracyLow || bin.meanConfidence > bin.accuracyHigh;
  return consistency !== null && (bin.accuracy < consistency.low || bin.accuracy > consistency.high);
}

/** What the numbers say, in words; undefined before they are complete. */
export function verdict(
  { ece, eceNull, accuracy, meanConfidence }: Evaluation,
  axes: Axes,
): { readonly title: string; readonly text: string } | undefined {
  if (ece.value === null || eceNull.p === null) return undefined;
  const would = `a perfectly calibrated model would show ${number(eceNull.mean)} on average here, and more than ${number(eceNull.q95)} in 5 of 100 such tables (p ${pInWords(eceNull.p)})`;
  if (eceNull.p >= 0.05)
    return {
      title: 'No miscalibration beyond chance',
      text: `ECE is ${number(ece.value)}; ${would}. These rows do not show that ${axes.acrossWords} and ${axes.upWords} part.`,
    };
  const gap = (meanConfidence.value ?? 0) - (accuracy.value ?? 0);
  const on = `The mean ${axes.acrossWords} is ${number(meanConfidence.value)} and the ${axes.upWords} ${number(accuracy.value)}`;
  const title = gap > SMALL_GAP ? axes.above : gap < -SMALL_GAP ? axes.below : 'Miscalibrated';
  const by =
    title === 'Miscalibrated'
      ? 'which agree; it is in single bins that they part'
      : `${title.toLowerCase()} by ${number(Math.abs(gap))}`;
  return { title, text: `${on}: ${by}. ECE is ${number(ece.value)}; ${would}.` };
}

function pInWords(p: number): string {
  return p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`;
}

/** Tables that can be used once somebody says which column is what. */
const MAPPABLE: ReadonlySet<string> = new Set([
  'no-columns',
  'no-truth',
  'no-such-method',
  'ambiguous-column',
  'no-such-column',
  'unknown-role',
  'one-score-column',
  'no-label-scores',
  'labels-differ',
  'bad-shares',
  'no-usable-rows',
]);

export function isMappable(code: string): boolean {
  return MAPPABLE.has(code);
}

/** What can be done about a table that could not be used, beyond what the error's own sentence says. */
export function remedy(code: string): string {
  if (code === 'several-methods')
    return 'Choose one from the table below, or say which columns are meant (Columns…).';
  if (isMappable(code)) return 'Say below which column is what, or correct the file and save it.';
  switch (code) {
    case 'no-file':
      return 'The panel computes again as soon as the file is back.';
    case 'cancelled':
      return 'Nothing was changed.';
    case 'unexpected':
    case 'calibration-worker':
      return 'Show Log (in the command palette under Prompt Confidence) has the details.';
    case 'no-permission':
    case 'not-on-disk':
      return '';
    default:
      return 'Correct the file and save it; the panel computes again by itself.';
  }
}
