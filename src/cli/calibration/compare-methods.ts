import type { ComparedConfidenceMethods } from '../../app/tables/compare-confidence-methods';
import type { CombinationGain } from '../../core/calibration/combination-gain';
import type { Evaluation, Metric } from '../../core/model/evaluation';
import { foldsInWords, secondsInWords } from '../../core/words/calibration';
import { count } from '../../core/words/calibration';
import { aligned, interval, number, renderDiagram } from './render';

/** What a row costs; null if the table does not record it. */
interface Cost {
  /** Answers of the model that a row takes. */
  readonly answersPerRow: number | null;
  readonly secondsPerRow: number | null;
}

/** What `evaluate --json` prints for a table with several confidence methods. */
export interface MethodsReport {
  readonly schema: 1;
  /** Rows with scores of every method; all numbers are computed on them. */
  readonly rows: number;
  /** Rows without scores of some method. */
  readonly leftOut: number;
  readonly methods: readonly ({
    /** Column prefix: what --scores takes. */
    readonly method: string;
  } & Cost &
    Evaluation)[];
  /**
   * The fitted combination of token probability and agreement, on rows that the fit did not see, or the reason why
   * there is none; null if the table lacks one of the two.
   */
  readonly combination:
    | null
    | { readonly reason: string }
    | ({
        /** How the rows were scored, in words. */
        readonly folds: string;
        readonly gain: CombinationGain;
      } & Cost &
        Evaluation);
}

export function methodsReport({
  rows,
  leftOut,
  methods,
  combination,
}: ComparedConfidenceMethods): MethodsReport {
  return {
    schema: 1,
    rows,
    leftOut,
    methods: methods.map(({ prefix, answersPerRow, secondsPerRow, assessment }) => ({
      method: prefix,
      answersPerRow,
      secondsPerRow,
      ...assessment.evaluation,
    })),
    combination: isFitted(combination) ? combinationOf(combination) : combination,
  };
}

function combinationOf({
  split,
  gain,
  answersPerRow,
  secondsPerRow,
  assessment,
}: FittedCombination): MethodsReport['combination'] {
  return { folds: foldsInWords(split), gain, answersPerRow, secondsPerRow, ...assessment.evaluation };
}

type Combination = ComparedConfidenceMethods['combination'];
type FittedCombination = Extract<Combination, { readonly gain: unknown }>;

function isFitted(combination: Combination): combination is FittedCombination {
  return combination !== null && 'gain' in combination;
}

export function renderMethods(compared: ComparedConfidenceMethods): string {
  const { rows, leftOut, methods, combination } = methodsReport(compared);
  const id = isFitted(compared.combination) ? compared.combination.method : '';
  const fitted = combination === null || 'reason' in combination ? [] : [combination];
  const shown = [...methods, ...fitted.map((fit) => ({ method: id, ...fit }))];
  const cells = (metric: Metric) => [number(metric.value), interval(metric)];
  const table = shown.map(
    ({ method, answersPerRow, secondsPerRow, accuracy, ece, eceNull, auroc, nll, labelMetrics }) => [
      method,
      ...cells(accuracy),
      number(ece.value),
      `${number(eceNull.mean)} – ${number(eceNull.q95)}`,
      ...cells(auroc),
      ...cells(labelMetrics?.nll ?? nll),
      answersPerRow === null ? '–' : String(answersPerRow),
      secondsInWords(secondsPerRow),
    ],
  );
  const head = [
    ...['', 'accuracy', '95%', 'ECE', 'if calibrated', 'AUROC', '95%', 'NLL', '95%'],
    ...['answers a row', 'seconds a row'],
  ];
  const left =
    leftOut === 0 ? '' : ` Left out, because some method has no score for them: ${count(leftOut, 'row')}.`;
  return [
    `${count(rows, 'row')}, scored by ${methods.length} confidence methods.${left}\n\n`,
    aligned([head, ...table]),
    ...fitted.map(({ folds, gain }) => `\nThe combination is fitted. ${folds}\n${gain.message}\n`),
    combination !== null && 'reason' in combination
      ? `\nThere is no combination. ${combination.reason}\n`
      : '',
    ...shown.map(({ method, bins }) => `\n${method}\n${renderDiagram(bins)}`),
    '\nChoose one with --scores for its full evaluation.\n',
  ].join('');
}
