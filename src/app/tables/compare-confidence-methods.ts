/** Compares the confidence methods of one table on the rows that all of them have. */
import {
  type CombinationGain,
  compareCombination,
  type ComparedCombination,
} from '../../core/calibration/combination-gain';
import { type CalibratorId, idsThatNeed } from '../../core/calibration/registry';
import type { ColumnOptions } from '../../core/data/columns';
import { type Assessment, assess } from '../../core/metrics/evaluate';
import type { Binding } from '../../core/model/binding';
import type { EvaluateOptions } from '../../core/model/evaluation';
import type { PredictionData } from '../../core/model/predictions';
import { type MethodTable, readMethods } from '../../store/tables/confidence-methods';
import { bindingOf, readScoreMeta } from '../../store/tables/score-meta';

/** What a row costs, and what it is worth. */
interface ComparedScores {
  /** Answers of the model that a row takes; null if the table does not record it. */
  readonly answersPerRow: number | null;
  /** Seconds that a row took; null if the table does not record it. */
  readonly secondsPerRow: number | null;
  readonly data: PredictionData;
  readonly assessment: Assessment;
}

export interface ComparedConfidenceMethods {
  /** Rows that every method has; all numbers are about these. */
  readonly rows: number;
  /** Rows that some method has no scores for. */
  readonly leftOut: number;
  /** In the order of the columns, each with its column prefix. */
  readonly methods: readonly (ComparedScores & { readonly prefix: string })[];
  /**
   * The fitted combination of token probability and agreement, on rows that the fit did not see, or why there is
   * none; null where the table lacks one of them.
   */
  readonly combination:
    | null
    | { readonly reason: string }
    | (ComparedScores & {
        readonly method: CalibratorId;
        /** How the rows were scored. */
        readonly split: Extract<ComparedCombination, { readonly split: unknown }>['split'];
        readonly gain: CombinationGain;
        /** What it is bound to when it is saved; null if the table does not record it. */
        readonly bound: Binding | null;
      });
}

/**
 * @param columns their prefix is ignored
 * @param onMethod called before each method with its column prefix, and before the combination with null
 * @throws UserError everything of `readMethods`
 */
export async function compareConfidenceMethods(
  file: string,
  columns: ColumnOptions,
  {
    labelsFrom,
    ...asked
  }: Omit<EvaluateOptions, 'bins' | 'rejected' | 'warnings' | 'folds'> & {
    readonly bins?: number | undefined | ((rows: number) => number);
    /** A file with the labels that people gave, in place of those of the table. */
    readonly labelsFrom?: string | undefined;
  },
  onMethod: (prefix: string | null) => Promise<void> = () => Promise.resolve(),
): Promise<ComparedConfidenceMethods> {
  const { methods, combined, rows, leftOut } = await readMethods(file, columns, labelsFrom);
  const options = { ...asked, bins: typeof asked.bins === 'function' ? asked.bins(rows) : asked.bins };
  const optionsOf = ({ warnings, rejected }: MethodTable) => ({ ...options, warnings, rejected });
  const compared: ComparedConfidenceMethods['methods'][number][] = [];
  for (const input of methods) {
    const { prefix, data, answersPerRow, secondsPerRow } = input;
    await onMethod(prefix);
    compared.push({ prefix, answersPerRow, secondsPerRow, data, assessment: assess(data, optionsOf(input)) });
  }
  const comparison = { rows, leftOut, methods: compared };
  const [method] = idsThatNeed('agreement');
  if (combined === null || method === undefined) return { ...comparison, combination: null };
  await onMethod(null);
  const fitted = compareCombination(combined.data, method, optionsOf(combined));
  if ('reason' in fitted) return { ...comparison, combination: fitted };
  const { answersPerRow, secondsPerRow, prefix } = combined;
  const { data, assessment, split, gain } = fitted;
  const bound = bindingOf(await readScoreMeta(file), prefix);
  return {
    ...comparison,
    combination: { method, answersPerRow, secondsPerRow, data, assessment, split, gain, bound },
  };
}
