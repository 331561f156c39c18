/** Reads a table with the panel's options, as the command line reads it. Runs in the worker. */
import { findLabels } from '../../../app/labels/find-labels';
import { inDeployment, type LoadedTable as AppTable, loadTable } from '../../../app/tables/load-table';
import type { ComparedCalibrator } from '../../../core/calibration/compare-calibrators';
import { needs } from '../../../core/calibration/registry';
import { sharesInOrder, weightedToShares } from '../../../core/model/label-shares';
import type { LabelData, PredictionData } from '../../../core/model/predictions';
import { UserError } from '../../../core/user-error';
import { columnOptions, type TableOptions } from '../../../protocol/calibration-page';
import { type LabelledTable, readLabelled } from '../../../store/tables/labelled';
import { originInWords } from '../../../core/words/origin';

export interface PanelTable extends AppTable {
  readonly prevalence: TableOptions['prevalence'];
  /** What a calibrator fitted on the table is bound to, in words. */
  readonly origin: string;
  /** Path of the file with the labels of people that are the truth; undefined for that of the table itself. */
  readonly labelsFrom: string | undefined;
}

export interface TableInPanel {
  readonly file: string;
  readonly options: TableOptions;
  /** Where labels that people give to the rows are kept; null where none can be. */
  readonly labels: string | null;
}

/**
 * @param slices columns to slice the rows by
 * @throws UserError as `loadTable`; labels-differ, no-labels
 */
export function loadForPage(table: TableInPanel, slices: readonly string[] = []): Promise<PanelTable> {
  const { prevalence } = table.options;
  return withTruth(table, async (labelsFrom) => {
    const loaded = await loadTable(table.file, {
      columns: columnOptions(table.options),
      sharesOf: prevalence === null ? undefined : (data) => sharesFor(data, prevalence),
      slices,
      labelsFrom,
    });
    return { ...loaded, prevalence, origin: originInWords(loaded.bound), labelsFrom };
  });
}

/**
 * The columns that a combination weighs, as `calibrate --method combination` reads them.
 *
 * @throws UserError as `readLabelled`; no-combination, no-labels
 */
export function loadCombined(table: TableInPanel): Promise<LabelledTable> {
  const { mapping, on } = table.options;
  return withTruth(table, (labelsFrom) =>
    readLabelled(table.file, { mapping, on: on ?? undefined, combine: true }, [], labelsFrom),
  );
}

/**
 * Reads a table with the truth that was chosen: its own, or the labels that people gave.
 *
 * @throws UserError no-labels: people gave none; what `read` throws
 */
export async function withTruth<T>(
  { file, options: { truth, mapping }, labels }: TableInPanel,
  read: (labelsFrom: string | undefined) => Promise<T>,
): Promise<T> {
  const withLabels = async (): Promise<T> => {
    const found = labels === null ? undefined : await findLabels(file, labels, { mapping });
    if (found !== undefined) return read(found);
    throw new UserError(
      'no-labels',
      'Nobody has labelled rows of this table yet. Choose Label Rows…, or take the truth from the table (Columns…).',
    );
  };
  if (truth === 'people') return withLabels();
  try {
    return await read(undefined);
  } catch (error) {
    if (truth === 'table' || !(error instanceof UserError && error.code === 'no-truth')) throw error;
    return withLabels().catch((reason: unknown) => {
      // What is wrong with labels, the shares say.
      throw reason instanceof UserError ? error : reason;
    });
  }
}

/**
 * Calibrated rows under the label shares in use. A calibrator that is fitted for those shares gives scores for them
 * itself.
 *
 * @throws UserError no-label-scores, labels-differ, bad-shares
 */
export function calibratedInDeployment(
  { method, data }: Pick<ComparedCalibrator, 'method' | 'data'>,
  prevalence: NonNullable<TableOptions['prevalence']>,
): PredictionData {
  const shares = sharesFor(data, prevalence);
  return method !== 'raw' && needs(method, 'shares')
    ? weightedToShares(labelsOf(data), shares)
    : inDeployment(data, shares).data;
}

/**
 * (K) The label shares in use, in the order of the labels.
 *
 * @throws UserError no-label-scores; labels-differ: the shares were given for other labels
 */
export function sharesFor(
  data: PredictionData,
  prevalence: NonNullable<TableOptions['prevalence']>,
): number[] {
  const { labels } = labelsOf(data);
  return sharesInOrder(labels, new Map(prevalence.map(({ label, share }) => [label, share])));
}

function labelsOf(data: PredictionData): LabelData {
  if (data.kind === 'labels') return data;
  throw new UserError(
    'no-label-scores',
    'Label shares in use need a score for every label. Omit them, or assign the columns of the scores.',
  );
}
