/** Compares the confidence methods of one table for the page. Runs in the worker. */
import { compareConfidenceMethods } from '../../../app/tables/compare-confidence-methods';
import { foldsInWords } from '../../../core/words/calibration';
import { binsOf, type MethodsComparison } from '../../../protocol/calibration-page';
import { diagramOf } from './diagram-data';
import { originInWords } from '../../../core/words/origin';
import type { AnalyseParams } from '../../../protocol/calibration-worker';

/** @throws UserError as `compareConfidenceMethods` */
export async function methodsForPage(
  { file, settings }: AnalyseParams,
  say: (message: string) => Promise<void>,
): Promise<MethodsComparison> {
  const { table, binning } = settings;
  const columns = { mapping: table.mapping, on: table.on ?? undefined };
  const { rows, leftOut, methods, combination } = await compareConfidenceMethods(
    file,
    columns,
    { bins: (count) => binsOf(settings, count), binning },
    (prefix) => say(`Comparing methods: ${prefix ?? 'the combination'}`),
  );
  return {
    rows,
    leftOut,
    methods: methods.map(({ prefix, answersPerRow, secondsPerRow, data, assessment }) => ({
      prefix,
      answersPerRow,
      secondsPerRow,
      diagram: diagramOf(data, assessment),
    })),
    combination:
      combination === null || 'reason' in combination
        ? combination
        : {
            method: combination.method,
            answersPerRow: combination.answersPerRow,
            secondsPerRow: combination.secondsPerRow,
            diagram: diagramOf(combination.data, combination.assessment),
            folds: foldsInWords(combination.split),
            gain: combination.gain,
            origin: originInWords(combination.bound),
          },
  };
}
