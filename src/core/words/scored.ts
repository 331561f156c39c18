import type { CalibratedBy } from '../calibration/calibrated-score';
import { calibratorInWords } from './calibrated-score';

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
  const number = (value: number): string => value.toLocaleString('en-US');
  const calibrated = by === undefined ? '' : `, calibrated by ${by.name} (${calibratorInWords(by)})`;
  return [
    `${number(rows)} rows are scored in ${file}${calibrated}.`,
    ...(cut === 0 ? [] : [`${number(cut)} have a text that was cut to fit.`]),
    ...(failed === 0 ? [] : [`${number(failed)} have no score; the column score_error says why.`]),
  ].join(' ');
}
