import type { CalibratedBy } from '../calibration/calibrated-score';
import { calibratorInWords } from './calibrated-score';
import { count } from './calibration';
import { isLabelMassOftenLow, LOW_MASS_ADVICE } from './label-mass';

/** Rows of a table that was scored. */
interface Counts {
  readonly rows: number;
  /** Rows without a score. */
  readonly failed: number;
  /** Rows whose text was cut to fit. */
  readonly cut: number;
  /** Rows whose label mass is below 50%; undefined if they were not counted. */
  readonly lowMass?: number;
}

/** How many of the rows have a low label mass, and if they are many, what to do; undefined if none has. */
export function lowMassInWords({ rows, failed, lowMass = 0 }: Counts): string | undefined {
  if (lowMass === 0) return undefined;
  const said = `Label mass below 50%: ${lowMass.toLocaleString('en-US')} of ${count(rows - failed, 'row')}.`;
  if (!isLabelMassOftenLow(lowMass, rows - failed)) return said;
  return [said, 'These confidences mean little.', ...LOW_MASS_ADVICE].join(' ');
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
