/** The message about a table that was scored. */
import path from 'node:path';
import { calibratorInWords } from '../../core/words/calibrated-score';
import type { CalibratedBy } from '../../core/calibration/calibrated-score';
import type { ScoreReport } from '../../store/tables/write-scored';

export interface Scored {
  readonly report: ScoreReport;
  /** The calibrator; undefined for raw scores. */
  readonly by: CalibratedBy | undefined;
  /** Reasons to doubt the calibrated numbers, in sentences. */
  readonly doubts: readonly string[];
}

/** One line for people, and whether something in it needs their attention. */
export function endInWords(
  out: string,
  { report, by, doubts }: Scored,
): { readonly severity: 'info' | 'warning'; readonly message: string } {
  const count = (value: number): string => value.toLocaleString('en-US');
  const calibratedBy = by === undefined ? '' : `, calibrated by ${by.name} (${calibratorInWords(by)})`;
  const { rejected = [], rejectedCount = 0 } = report.calibration ?? {};
  const problems = [
    ...(report.failed === 0
      ? []
      : [`${count(report.failed)} have no score; the column score_error says why.`]),
    ...report.firstFailed.slice(0, 1).map(({ line, reason }) => `Line ${line}: ${reason}`),
    ...rejected
      .slice(0, 1)
      .map(
        ({ line, reason }) =>
          `${count(rejectedCount)} have a score, but no calibrated one (line ${line}: ${reason}).`,
      ),
    ...doubts,
  ];
  return {
    severity: problems.length === 0 ? 'info' : 'warning',
    message: [
      `${count(report.rows)} rows are scored in ${path.basename(out)}${calibratedBy}.`,
      ...problems,
    ].join(' '),
  };
}
