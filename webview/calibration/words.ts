import { type Axes, binRange, count, number, signed } from '../../src/core/words/calibration';
import type { ReliabilityBin } from '../../src/core/model/evaluation';

/** Why a button does nothing while numbers are computed. */
export const WAITS = 'Possible once the numbers are computed, or cancelled.';

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
