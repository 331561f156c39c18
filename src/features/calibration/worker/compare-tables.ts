/** Compares tables for the page of a comparison, as the command line does. Runs in the worker. */
import { type ComparedTables, compareTables, listDifferences } from '../../../app/tables/compare-tables';
import type { ScoredRun } from '../../../core/comparison/differences';
import { divides } from '../../../core/data/columns';
import { stageTitle } from '../../../core/words/comparison';
import { labelName } from '../../../core/words/calibration';
import { AS_FOUND, binsOf, columnOptions, DOT_LIMIT, SLICE_LIMIT } from '../../../protocol/calibration-page';
import {
  type CompareParams,
  type ComparisonView,
  type DrawnRun,
  DIFFERENCE_LIMIT,
  type ListedDifferences,
} from '../../../protocol/comparison-page';
import { cut } from './analyse';
import { diagramOf, FEWEST_DOTS } from './diagram-data';
import { withTruth } from './load';

/**
 * @param labels where labels that people give to the rows are kept; null where none can be
 * @throws UserError as `compareTables`; no-labels
 */
export async function comparedForPage(
  { tables, settings }: CompareParams,
  labels: string | null,
  say: (message: string) => Promise<void>,
): Promise<{ readonly view: ComparisonView; readonly compared: ComparedTables }> {
  const { threshold, binning, slice } = settings;
  await say('Reading the tables');
  const { file = '', options = AS_FOUND } = tables[0] ?? {};
  // The label that is looked at in one of them is the one that is compared.
  const label = tables.map((table) => table.options.label).find((chosen) => chosen !== null) ?? null;
  const compared = await withTruth({ file, options, labels }, (labelsFrom) =>
    compareTables({
      tables: tables.map(({ file: own, options }) => ({
        file: own,
        columns: columnOptions({ ...options, label: options.label ?? label }),
      })),
      labelsFrom,
      threshold,
      binning,
      bins: (rows) => binsOf(settings, rows),
      slices: slice === null ? [] : [slice],
      sliceLimit: SLICE_LIMIT,
      onStage: (stage, at, of) => say(`Comparing: ${stageTitle(stage)} (${at + 1} of ${of})`),
      onSlice: (at, of) => say(`Comparing slices (${at + 1} of ${of})`),
    }),
  );
  const { report, comparison, slices, inputs } = compared;
  const [first] = inputs;
  const mapping = tables[0]?.options.mapping ?? {};
  // Each stage draws the dots of every run.
  const dots = Math.floor(DOT_LIMIT / tables.length);
  const drawn = ({ data, assessment, high }: ScoredRun, ofParts = 1): DrawnRun => ({
    diagram: diagramOf(data, assessment, Math.max(FEWEST_DOTS, Math.floor(dots / ofParts))),
    high,
  });
  const view: ComparisonView = {
    report: {
      ...report,
      names: [...report.names],
      labels: report.labels && [...report.labels],
      tables: report.tables.map((table) => ({ ...table })),
      warnings: [
        ...report.warnings,
        ...tables.flatMap(({ options }, at) =>
          options.prevalence === null
            ? []
            : [
                {
                  code: 'label-shares',
                  message: `${labelName(report.names[at] ?? '')}: the label shares in use of its calibration panel do not count here. The comparison is at the label shares of the table.`,
                },
              ],
        ),
      ],
      recommended: [...report.recommended],
      excluded: [...report.excluded],
      slices: slices.map(({ slices: parts, tooSmall, ...sliced }, at) => ({
        ...sliced,
        column: report.slices[at]?.column ?? '',
        tooSmall: tooSmall.slice(0, SLICE_LIMIT),
        slices: parts.map(({ runs, differences, ...part }) => ({
          ...part,
          runs: runs.map((run) => drawn(run, parts.length)),
          differences: differences.map((all) => [...all]),
        })),
      })),
      stages: comparison.stages.map(({ stage, runs, differences, winner }) => ({
        stage,
        runs: runs.map((run) => drawn(run)),
        differences: differences.map((all) => [...all]),
        winner: winner && { ...winner, picks: [...winner.picks] },
      })),
    },
    rows: await differencesForPage(compared, DIFFERENCE_LIMIT),
    columns:
      first?.source.header
        .map((name) => name.trim())
        .filter((name) => name !== '' && divides(name, mapping)) ?? [],
  };
  return { view, compared };
}

/** The worst rows on which runs differ, their texts cut. */
export async function differencesForPage(
  compared: ComparedTables,
  limit: number,
): Promise<ListedDifferences> {
  const rows = await listDifferences(compared, limit);
  return rows.map(({ text, runs, ...row }) => ({ ...row, runs: [...runs], text: text && cut(text) }));
}
