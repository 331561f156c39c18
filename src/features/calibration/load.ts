/** A table as the panel's options say, read as the command line reads it. Runs in the worker. */
import { atShares } from '../../core/calibration/deployment';
import { listed } from '../../core/data/columns';
import { UserError } from '../../core/user-error';
import type { Prevalence } from '../../core/calibration/prior';
import type { TableOptions } from '../../protocol/calibration-page';
import { calibratedWarnings, type LabelledTable, readLabelled } from '../../store/tables/labelled';
import { bindingOf, readScoreMeta } from '../../store/tables/score-meta';
import { originInWords } from './origin';

export interface LoadedTable {
  /** As it was scored: what calibrators are fitted on. */
  readonly input: LabelledTable;
  /** Under the label shares of deployment, where those are given: what is evaluated and decided on. */
  readonly shown: LabelledTable;
  /** The shares that scores were moved from and to; null where they were not. */
  readonly prevalence: Prevalence | null;
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
  const said = await calibratedWarnings(read.table.calibratedBy, file);
  const input = { ...read, warnings: [...read.warnings, ...said] };
  const origin = originInWords(bindingOf(await readScoreMeta(file), input.table.columns.method));
  return {
    input,
    origin,
    ...(prevalence === null ? { shown: input, prevalence } : deployed(input, prevalence)),
  };
}

function deployed(
  input: LabelledTable,
  wanted: NonNullable<TableOptions['prevalence']>,
): Pick<LoadedTable, 'shown' | 'prevalence'> {
  const { data, warnings, prevalence } = atShares(labelsOf(input), sharesFor(input, wanted));
  return { shown: { ...input, data, warnings: [...input.warnings, ...warnings] }, prevalence };
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
  const { labels } = labelsOf(input);
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

function labelsOf({ data }: LabelledTable) {
  if (data.kind === 'labels') return data;
  throw new UserError(
    'no-label-scores',
    'Shares of labels in deployment need a score for every label. Leave them out, or map the scores.',
  );
}
