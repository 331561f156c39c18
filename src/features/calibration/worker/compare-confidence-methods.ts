/** Compares the confidence methods of one table for the page. Runs in the worker. */
import { compareConfidenceMethods } from '../../../app/tables/compare-confidence-methods';
import { foldsInWords } from '../../../core/words/calibration';
import { binsOf, type MethodsComparison, type PanelSettings } from '../../../protocol/calibration-page';
import { diagramOf } from './diagram-data';
import { originInWords } from '../../../core/words/origin';
import { type TableInPanel, withTruth } from './load';

/** @throws UserError as `compareConfidenceMethods` */
export async function methodsForPage(
  panelTable: TableInPanel,
  settings: PanelSettings,
  say: (message: string) => Promise<void>,
): Promise<MethodsComparison> {
  const { mapping, on } = panelTable.options;
  const { binning } = settings;
  const { rows, leftOut, methods, combination } = await withTruth(panelTable, (labelsFrom) =>
    compareConfidenceMethods(
      panelTable.file,
      { mapping, on: on ?? undefined },
      { bins: (count) => binsOf(settings, count), binning, labelsFrom },
      (prefix) => say(`Comparing methods: ${prefix ?? 'the combination'}`),
    ),
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
