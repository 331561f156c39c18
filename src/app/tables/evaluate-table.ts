/** Evaluates a table: how reliable its confidences are, and which decisions they allow. */
import { decide, type DecisionOptions } from '../../core/decisions/decisions';
import { type EvaluateReport, evaluateReport } from '../../core/decisions/report';
import { UNWEIGHTED_THRESHOLD } from '../../core/decisions/threshold';
import { evaluate } from '../../core/metrics/evaluate';
import type { LoadedTable } from './load-table';

/** The document of `evaluate --json`, the same for every surface. */
export function evaluateTable(
  { shown: { table, data, warnings }, shares }: LoadedTable,
  options: DecisionOptions,
): EvaluateReport {
  const { bins, binning, seed, target } = options;
  const unweighted = target === undefined || data.weight === undefined ? [] : [UNWEIGHTED_THRESHOLD];
  const evaluation = evaluate(data, {
    bins,
    binning,
    seed,
    warnings: [...warnings, ...unweighted],
    rejected: table.rejected,
  });
  return evaluateReport(evaluation, decide(data, options), table.lines, shares);
}
