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

/** What is known of the rows of a table beside their numbers. */
export interface RowFacts {
  /** (n) where each row begins in its file. */
  readonly lines: ArrayLike<number>;
  /** The columns of words; null where the table has none. */
  readonly predicted: RowWords | null;
  readonly label: RowWords | null;
}

interface RowWords {
  readonly names: readonly string[];
  /** (n) −1: empty. */
  readonly index: ArrayLike<number>;
}

/** @param facts row i of the decisions' data is row i of them */
export function evaluateReport(
  evaluation: Evaluation,
  decisions: Decisions,
  { lines, predicted, label }: RowFacts,
  prevalence: Prevalence | null,
): EvaluateReport {
  const word = (words: RowWords | null, row: number): string | null =>
    words?.names[words.index[row] ?? -1] ?? null;
  return {
    ...evaluation,
    ...decisions,
    confidentErrors: decisions.confidentErrors.map(({ row, ...error }) => ({
      line: lines[row] ?? 0,
      ...error,
      // A table of confidence has its labels in words only.
      predicted: error.predicted ?? word(predicted, row),
      truth: error.truth ?? word(label, row),
    })),
    prevalence,
  };
}
