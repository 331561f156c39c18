import type { Evaluation, EvaluateOptions, Metric } from '../../core/calibration/types';
import type { ColumnOptions } from '../../core/data/columns';
import { evaluate } from '../../core/metrics/evaluate';
import { readMethods } from '../../store/tables/methods';
import { aligned, count, interval, number, renderDiagram } from './render';

/** What `evaluate --json` prints of a table with several scoring methods. */
export interface MethodsReport {
  readonly schema: 1;
  /** Rows that every method has: those that all of the numbers are of. */
  readonly rows: number;
  /** Rows that some method has no scores for. */
  readonly leftOut: number;
  readonly methods: readonly ({
    /** Column prefix: what --scores takes. */
    readonly method: string;
    /** Answers of the model that a row takes; null where the table does not say. */
    readonly answersPerRow: number | null;
  } & Evaluation)[];
}

export async function compareMethods(
  file: string,
  columns: ColumnOptions,
  options: EvaluateOptions,
): Promise<MethodsReport> {
  const { methods, rows, leftOut } = await readMethods(file, columns);
  return {
    schema: 1,
    rows,
    leftOut,
    methods: methods.map(({ method, data, answersPerRow, warnings, rejected }) => ({
      method,
      answersPerRow,
      ...evaluate(data, { ...options, warnings, rejected }),
    })),
  };
}

export function renderMethods({ rows, leftOut, methods }: MethodsReport): string {
  const cells = (metric: Metric) => [number(metric.value), interval(metric)];
  const table = methods.map(({ method, answersPerRow, accuracy, ece, eceNull, auroc, nll, labelMetrics }) => [
    method,
    ...cells(accuracy),
    number(ece.value),
    `${number(eceNull.mean)} – ${number(eceNull.q95)}`,
    ...cells(auroc),
    ...cells(labelMetrics?.nll ?? nll),
    answersPerRow === null ? '–' : String(answersPerRow),
  ]);
  const head = ['', 'accuracy', '95%', 'ECE', 'if calibrated', 'AUROC', '95%', 'NLL', '95%', 'answers a row'];
  const left =
    leftOut === 0 ? '' : ` ${count(leftOut, 'row')} that some method has no scores for are left out.`;
  return [
    `${count(rows, 'row')}, scored by ${methods.length} methods.${left}\n\n`,
    aligned([head, ...table]),
    ...methods.map(({ method, bins }) => `\n${method}\n${renderDiagram(bins)}`),
    '\nChoose one with --scores for everything else.\n',
  ].join('');
}
