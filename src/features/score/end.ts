/** The message about a table that was scored. */
import path from 'node:path';
import { count } from '../../core/words/calibration';
import type { CalibratedBy } from '../../core/calibration/calibrated-score';
import { isLabelMassOftenLow } from '../../core/words/label-mass';
import { lowMassInWords, scoredInWords } from '../../core/words/scored';
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
  const { rejected = [], rejectedCount = 0 } = report.calibration ?? {};
  const lowMass = lowMassInWords(report);
  const isOftenLow = isLabelMassOftenLow(report.lowMass ?? 0, report.rows - report.failed);
  const problems = [
    ...report.firstFailed.slice(0, 1).map(({ line, reason }) => `Line ${line}: ${reason}`),
    ...rejected
      .slice(0, 1)
      .map(
        ({ line, reason }) =>
          `Without a calibrated score: ${count(rejectedCount, 'row')} (line ${line}: ${reason}).`,
      ),
    ...doubts,
  ];
  return {
    severity: problems.length === 0 && report.failed === 0 && !isOftenLow ? 'info' : 'warning',
    message: [
      scoredInWords(path.basename(out), report, by),
      ...(lowMass === undefined ? [] : [lowMass]),
      ...problems,
    ].join(' '),
  };
}
