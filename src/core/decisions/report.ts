import type { ConfidentError, Decisions } from './decisions';
import type { Evaluation } from '../model/evaluation';
import type { Prevalence } from '../model/label-shares';

/** What `evaluate --json` prints, and what the calibration panel exports. */
export interface EvaluateReport extends Evaluation, Omit<Decisions, 'confidentErrors'> {
  /** By the line of the file on which the row begins. */
  readonly confidentErrors: readonly ({ readonly line: number } & Omit<ConfidentError, 'row'>)[];
  /** The shares that scores were moved from and to, by --prevalence or by the calibrator; null if they were not moved. */
  readonly prevalence: Prevalence | null;
}

/** @param lines (n) where each row begins in its file */
export function evaluateReport(
  evaluation: Evaluation,
  decisions: Decisions,
  lines: ArrayLike<number>,
  prevalence: Prevalence | null,
): EvaluateReport {
  return {
    ...evaluation,
    ...decisions,
    confidentErrors: decisions.confidentErrors.map(({ row, ...error }) => ({
      line: lines[row] ?? 0,
      ...error,
    })),
    prevalence,
  };
}
