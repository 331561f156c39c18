/** Reads a table with the panel's options, as the command line reads it. Runs in the worker. */
import { inDeployment, type LoadedTable as AppTable, loadTable } from '../../../app/tables/load-table';
import type { ComparedCalibrator } from '../../../core/calibration/compare-calibrators';
import { needs } from '../../../core/calibration/registry';
import { sharesInOrder, weightedToShares } from '../../../core/model/label-shares';
import type { LabelData, PredictionData } from '../../../core/model/predictions';
import { UserError } from '../../../core/user-error';
import type { TableOptions } from '../../../protocol/calibration-page';
import { type LabelledTable, readLabelled } from '../../../store/tables/labelled';
import { originInWords } from '../../../core/words/origin';

export interface PanelTable extends AppTable {
  readonly prevalence: TableOptions['prevalence'];
  /** What a calibrator fitted on the table is bound to, in words. */
  readonly origin: string;
}

/**
 * @param slices columns to slice the rows by
 * @throws UserError as `loadTable`; labels-differ
 */
export async function loadForPage(
  file: string,
  { prefix, mapping, on, prevalence }: TableOptions,
  slices: readonly string[] = [],
): Promise<PanelTable> {
  const loaded = await loadTable(file, {
    columns: { prefix: prefix ?? undefined, mapping, on: on ?? undefined },
    sharesOf: prevalence === null ? undefined : (data) => sharesFor(data, prevalence),
    slices,
  });
  return { ...loaded, prevalence, origin: originInWords(loaded.bound) };
}

/**
 * The columns that a combination weighs, as `calibrate --method combination` reads them.
 *
 * @throws UserError as `readLabelled`; no-combination
 */
export function loadCombined(file: string, { mapping, on }: TableOptions): Promise<LabelledTable> {
  return readLabelled(file, { mapping, on: on ?? undefined, combine: true });
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
