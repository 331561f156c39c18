import { type Axes, binRange, count, number, signed } from '../../src/core/words/calibration';
import type { ReliabilityBin } from '../../src/core/model/evaluation';

/** Why a button does nothing while numbers are computed. */
export const WAITS = 'Available when the numbers are complete, or when the computation is cancelled.';

/** All numbers of a bin, in a sentence. */
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
    `${axes.upWords} ${number(bin.accuracy)}${intervalWords(bin)}, ` +
    `gap ${signed(bin.accuracy - bin.meanConfidence)}.${expected}`
  );
}

function intervalWords({ accuracyLow: low, accuracyHigh: high }: ReliabilityBin): string {
  return low === null || high === null ? '' : ` (95% interval ${number(low)} to ${number(high)})`;
}

/** Whether a bin is outside the bars that are shown. */
export function isBeyondChance(
  bin: ReliabilityBin,
  consistency: { readonly low: number; readonly high: number } | null,
  band: 'consistency' | 'wilson',
): boolean {
  const { accuracyLow: low, accuracyHigh: high } = bin;
  if (band === 'wilson')
    return low !== null && high !== null && (bin.meanConfidence < low || bin.meanConfidence > high);
  return consistency !== null && (bin.accuracy < consistency.low || bin.accuracy > consistency.high);
}

/** Codes of tables that can be used after their columns are assigned. */
const MAPPABLE: ReadonlySet<string> = new Set([
  'no-columns',
  'no-truth',
  'positive-unnamed',
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

/** What a person can do about a table that cannot be used, beyond the error's own message; empty for nothing. */
export function remedy(code: string): string {
  if (code === 'several-methods') return 'Choose one from the table below, or assign the columns (Columns…).';
  if (isMappable(code)) return 'Assign the columns below, or correct the file and save it.';
  switch (code) {
    case 'no-file':
      return 'The panel computes again as soon as the file is back.';
    case 'cancelled':
      return 'Nothing was changed.';
    case 'unexpected':
    case 'calibration-worker':
      return 'For details, run Prompt Confidence: Show Log from the Command Palette.';
    case 'no-permission':
    case 'not-on-disk':
      return '';
    default:
      return 'Correct the file and save it; the panel computes again by itself.';
  }
}
