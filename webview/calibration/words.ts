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

/** Everything that is known about a bin, in a sentence. */
export function binSentence(
  bin: ReliabilityBin,
  consistency: { readonly low: number; readonly high: number } | null,
): string {
  const expected =
    consistency === null
      ? ''
      : ` A calibrated model would be right in ${number(consistency.low)} to ${number(consistency.high)} of them.`;
  return (
    `Bin ${binRange(bin)}: ${count(bin.count, 'row')}, mean confidence ${number(bin.meanConfidence)}, ` +
    `accuracy ${number(bin.accuracy)} (95% interval ${number(bin.accuracyLow)} to ${number(bin.accuracyHigh)}), ` +
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
export function verdict({
  ece,
  eceNull,
  accuracy,
  meanConfidence,
}: Evaluation): { readonly title: string; readonly text: string } | undefined {
  if (ece.value === null || eceNull.p === null) return undefined;
  const would = `a perfectly calibrated model would show ${number(eceNull.mean)} on average here, and more than ${number(eceNull.q95)} in 5 of 100 such tables (p ${pInWords(eceNull.p)})`;
  if (eceNull.p >= 0.05)
    return {
      title: 'No miscalibration beyond chance',
      text: `ECE is ${number(ece.value)}; ${would}. This table does not show that confidence and accuracy part.`,
    };
  const gap = (meanConfidence.value ?? 0) - (accuracy.value ?? 0);
  const on = `On average the confidence is ${number(meanConfidence.value)} and the accuracy ${number(accuracy.value)}`;
  const title = gap > SMALL_GAP ? 'Overconfident' : gap < -SMALL_GAP ? 'Underconfident' : 'Miscalibrated';
  const by =
    title === 'Miscalibrated'
      ? 'which agree; it is in single bins that they part'
      : `${title.toLowerCase()} by ${number(Math.abs(gap))}`;
  return { title, text: `${on}: ${by}. ECE is ${number(ece.value)}; ${would}.` };
}

function pInWords(p: number): string {
  return p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`;
}

/** What can be done about a table that could not be used, beyond what the error's own sentence says. */
export function remedy(code: string): string {
  switch (code) {
    case 'no-file':
      return 'The panel computes again as soon as the file is back.';
    case 'several-methods':
      return 'The panel shows one method at a time: save a copy of the table with the columns of one of them, or use the command line’s --scores.';
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
