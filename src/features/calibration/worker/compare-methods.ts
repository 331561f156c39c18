/** The scoring methods of one table side by side. Runs in the worker. */
import { compareCombination } from '../../../core/calibration/combination-gain';
import { foldsInWords } from '../../../core/words/calibration';
import { assess } from '../../../core/metrics/evaluate';
import type { AnalyseParams, MethodsComparison } from '../../../protocol/calibration-page';
import { type MethodTable, readMethods } from '../../../store/tables/methods';
import { bindingOf, readScoreMeta } from '../../../store/tables/score-meta';
import { diagramOf } from './diagram-data';
import { originInWords } from './origin';

/**
 * The same numbers as those of `evaluate` on the command line.
 *
 * @throws UserError everything of `readMethods`
 */
export async function compareMethods(
  { file, settings: { table, bins, binning } }: AnalyseParams,
  say: (message: string) => Promise<void>,
): Promise<MethodsComparison> {
  const { methods, combined, rows, leftOut } = await readMethods(file, {
    mapping: table.mapping,
    on: table.on ?? undefined,
  });
  const optionsOf = ({ warnings, rejected }: MethodTable) => ({ bins, binning, warnings, rejected });
  const compared: MethodsComparison['methods'] = [];
  for (const input of methods) {
    const { method, data, answersPerRow, secondsPerRow } = input;
    await say(`Comparing methods: ${method}`);
    const diagram = diagramOf(data, assess(data, optionsOf(input)));
    compared.push({ method, answersPerRow, secondsPerRow, diagram });
  }
  const comparison = { rows, leftOut, methods: compared };
  if (combined === null) return { ...comparison, combination: null };
  await say('Comparing methods: the combination');
  const fitted = compareCombination(combined.data, optionsOf(combined));
  if ('reason' in fitted) return { ...comparison, combination: fitted };
  const { answersPerRow, secondsPerRow, method } = combined;
  const { data, assessment, split, gain } = fitted;
  const origin = originInWords(bindingOf(await readScoreMeta(file), method));
  const diagram = diagramOf(data, assessment);
  return {
    ...comparison,
    combination: { answersPerRow, secondsPerRow, diagram, folds: foldsInWords(split), gain, origin },
  };
}
