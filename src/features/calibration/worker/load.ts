/** A table as the panel's options say, read as the command line reads it. Runs in the worker. */
import type { ComparedCalibrator } from '../../../core/calibration/compare-calibrators';
import { atShares, type DeployedTable } from '../../../core/calibration/deployment';
import { needs } from '../../../core/calibration/registry';
import type { LabelData, PredictionData } from '../../../core/model/predictions';
import { UserError } from '../../../core/user-error';
import type { TableOptions } from '../../../protocol/calibration-page';
import { calibratedWarnings, type LabelledTable, readLabelled } from '../../../store/tables/labelled';
import { bindingOf, readScoreMeta } from '../../../store/tables/score-meta';
import { originInWords } from './origin';
import { type Prevalence, weightedToShares } from '../../../core/model/label-shares';
import { listed } from '../../../core/quote';

export interface LoadedTable {
  /** As it was scored: what calibrators are fitted on. */
  readonly input: LabelledTable;
  /** Under the label shares of deployment, where those are given: what is evaluated and decided on. */
  readonly shown: LabelledTable;
  readonly prevalence: TableOptions['prevalence'];
  /** Those that scores were moved from and to; null where they were not. */
  readonly shares: Prevalence | null;
  /** What a calibrator fitted on it is bound to, in words. */
  readonly origin: string;
}

/**
 * @param slices columns whose values rows are to be sliced by
 * @throws UserError everything of `readLabelled` and `readScoreMeta`; labels-differ, bad-shares
 */
export async function loadTable(
  file: string,
  { method, mapping, on, prevalence }: TableOptions,
  slices: readonly string[] = [],
): Promise<LoadedTable> {
  const columns = { method: method ?? undefined, mapping, on: on ?? undefined };
  const read = await readLabelled(file, columns, slices);
  const said = await calibratedWarnings(read.table, file);
  const input = { ...read, warnings: [...read.warnings, ...said] };
  const origin = originInWords(bindingOf(await readScoreMeta(file), input.table.columns.method));
  if (prevalence === null) return { input, shown: input, prevalence, shares: null, origin };
  const { data, warnings, prevalence: shares } = inDeployment(input, input.data, prevalence);
  const shown = { ...input, data, warnings: [...input.warnings, ...warnings] };
  return { input, shown, prevalence, shares, origin };
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
 * Rows of a table, raw or calibrated, under the label shares of deployment.
 *
 * @throws UserError no-label-scores, labels-differ, bad-shares
 */
export function inDeployment(
  input: LabelledTable,
  data: PredictionData,
  prevalence: NonNullable<TableOptions['prevalence']>,
): DeployedTable {
  return atShares(labelsOf(data), sharesFor(input, prevalence));
}

/** The same of rows that a calibrator has seen to: one that is fitted for those shares makes scores for them itself. */
export function calibratedInDeployment(
  input: LabelledTable,
  { method, data }: Pick<ComparedCalibrator, 'method' | 'data'>,
  prevalence: NonNullable<TableOptions['prevalence']>,
): PredictionData {
  return method !== 'raw' && needs(method, 'shares')
    ? weightedToShares(labelsOf(data), sharesFor(input, prevalence))
    : inDeployment(input, data, prevalence).data;
}

/**
 * (K) the shares in the order of the table's labels.
 *
 * @throws UserError labels-differ: they were given for other labels
 */
export function sharesFor(
  input: LabelledTable,
  prevalence: NonNullable<TableOptions['prevalence']>,
): number[] {
  const { labels } = labelsOf(input.data);
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
