/** A table as the panel's options say, read as the command line reads it. Runs in the worker. */
import { inDeployment, type LoadedTable as AppTable, loadTable } from '../../../app/tables/load-table';
import type { ComparedCalibrator } from '../../../core/calibration/compare-calibrators';
import { needs } from '../../../core/calibration/registry';
import { weightedToShares } from '../../../core/model/label-shares';
import type { LabelData, PredictionData } from '../../../core/model/predictions';
import { listed } from '../../../core/quote';
import { UserError } from '../../../core/user-error';
import type { TableOptions } from '../../../protocol/calibration-page';
import { type LabelledTable, readLabelled } from '../../../store/tables/labelled';
import { originInWords } from './origin';

export interface LoadedTable extends AppTable {
  readonly prevalence: TableOptions['prevalence'];
  /** What a calibrator fitted on it is bound to, in words. */
  readonly origin: string;
}

/**
 * @param slices columns whose values rows are to be sliced by
 * @throws UserError everything of the use case; labels-differ
 */
export async function loadForPage(
  file: string,
  { method, mapping, on, prevalence }: TableOptions,
  slices: readonly string[] = [],
): Promise<LoadedTable> {
  const loaded = await loadTable(file, {
    columns: { prefix: method ?? undefined, mapping, on: on ?? undefined },
    sharesOf: prevalence === null ? undefined : (data) => sharesFor(data, prevalence),
    slices,
  });
  return { ...loaded, prevalence, origin: originInWords(loaded.bound) };
}

/**
 * The columns that a combination weighs, as `calibrate --method combination` reads them.
 *
 * @throws UserError everything of `readLabelled`; no-combination
 */
export function loadCombined(file: string, { mapping, on }: TableOptions): Promise<LabelledTable> {
  return readLabelled(file, { mapping, on: on ?? undefined, combine: true });
}

/**
 * Rows that a calibrator has seen to, under the label shares of deployment: one that is fitted for those shares makes
 * scores for them itself.
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
 * (K) the shares in the order of the labels.
 *
 * @throws UserError no-label-scores; labels-differ: they were given for other labels
 */
export function sharesFor(
  data: PredictionData,
  prevalence: NonNullable<TableOptions['prevalence']>,
): number[] {
  const { labels } = labelsOf(data);
  const given = new Map(prevalence.map(({ label, share }) => [label, share]));
  const shares = labels.flatMap((label) => given.get(label) ?? []);
  if (shares.length !== labels.length || given.size !== labels.length)
    throw new UserError(
      'labels-differ',
      `The shares of the labels in deployment were given for ${listed([...given.keys()])}, but the labels are ` +
        `${listed(labels)}. Give them anew, or leave them out.`,
    );
  return shares;
}

function labelsOf(data: PredictionData): LabelData {
  if (data.kind === 'labels') return data;
  throw new UserError(
    'no-label-scores',
    'Shares of labels in deployment need a score for every label. Leave them out, or map the scores.',
  );
}
