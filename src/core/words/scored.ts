import type { CalibratedBy } from '../calibration/calibrated-score';
import { calibratorInWords } from './calibrated-score';
import { count } from './calibration';

/** Rows of a table that was scored. */
interface Counts {
  readonly rows: number;
  /** Rows without a score. */
  readonly failed: number;
  /** Rows whose text was cut to fit. */
  readonly cut: number;
}

/**
 * How the scoring of a table ended, in sentences.
 *
 * @param file the scored copy as it is shown to people
 * @param by its calibrator; undefined for raw scores
 */
export function scoredInWords(
  file: string,
  { rows, failed, cut }: Counts,
  by: CalibratedBy | undefined,
): string {
  const calibrated = by === undefined ? '' : `, calibrated by ${by.name} (${calibratorInWords(by)})`;
  return [
    `${file} is complete: ${count(rows, 'row')}${calibrated}.`,
    ...(cut === 0 ? [] : [`Cut to fit: ${count(cut, 'row')}.`]),
    ...(failed === 0
      ? []
      : [`Without a score: ${count(failed, 'row')}; the column score_error gives the reasons.`]),
  ].join(' ');
}
