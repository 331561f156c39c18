/** Evaluates a table: how reliable its confidences are, and which decisions they allow. */
import { leftOut } from '../../core/data/table';
import { decide, type DecisionOptions } from '../../core/decisions/decisions';
import { type EvaluateReport, evaluateReport } from '../../core/decisions/report';
import { evaluate } from '../../core/metrics/evaluate';
import type { LoadedTable } from './load-table';

/** The document of `evaluate --json`, the same for every surface. */
export function evaluateTable(
  { shown: { table, data, warnings }, shares }: LoadedTable,
  options: DecisionOptions,
): EvaluateReport {
  const { bins, binning, seed } = options;
  const evaluation = evaluate(data, {
    bins,
    binning,
    seed,
    warnings,
    ...leftOut(table),
  });
  return evaluateReport(evaluation, decide(data, options), table, shares);
}
