/** The scoring methods of one table side by side. Runs in the worker. */
import { assess } from '../../core/metrics/evaluate';
import type { AnalyseParams, MethodsComparison } from '../../protocol/calibration-page';
import { readMethods } from '../../store/tables/methods';
import { diagramOf } from './diagram-data';

/**
 * The same numbers as those of `evaluate` on the command line.
 *
 * @throws UserError everything of `readMethods`
 */
export async function compareMethods(
  { file, settings: { table, bins, binning } }: AnalyseParams,
  say: (message: string) => Promise<void>,
): Promise<MethodsComparison> {
  const { methods, rows, leftOut } = await readMethods(file, {
    mapping: table.mapping,
    on: table.on ?? undefined,
  });
  const compared: MethodsComparison['methods'] = [];
  for (const { method, data, answersPerRow, warnings, rejected } of methods) {
    await say(`Comparing methods: ${method}`);
    const assessment = assess(data, { bins, binning, warnings, rejected });
    compared.push({ method, answersPerRow, diagram: diagramOf(data, assessment) });
  }
  return { rows, leftOut, methods: compared };
}
