/** A labelled table as it is evaluated: raw or calibrated, with its own label shares or the label shares in use. */
import { applyCalibrator, type LabelCalibrator } from '../../core/calibration/calibrator';
import { atShares, sharesWarnings } from '../../core/calibration/deployment';
import type { SavedCalibrator } from '../../core/calibration/saved';
import type { ColumnOptions } from '../../core/data/columns';
import type { Binding } from '../../core/model/binding';
import type { Prevalence } from '../../core/model/label-shares';
import type { PredictionData, Warning } from '../../core/model/predictions';
import { UserError } from '../../core/user-error';
import type { LoadedCalibrator } from '../../store/calibrators';
import {
  calibratedWarnings,
  type LabelledTable,
  PREDICTED,
  readLabelled,
  refuseCalibrated,
} from '../../store/tables/labelled';
import { bindingOf, readScoreMeta, tablesBefore } from '../../store/tables/score-meta';
import { calibratorColumns, checkBinding } from './calibrator-binding';

export interface TableQuestion {
  readonly columns: ColumnOptions;
  /** This calibrator is applied to the table. */
  readonly calibrator?: LoadedCalibrator | undefined;
  /** (K) the label shares in use, in the order of the table's labels; undefined: as in the table. */
  readonly sharesOf?: ((data: PredictionData) => readonly number[]) | undefined;
  /** Columns whose values rows are to be sliced by; the predicted label needs none. */
  readonly slices?: readonly string[] | undefined;
  /** A file with the labels that people gave, in place of those of the table. */
  readonly labelsFrom?: string | undefined;
}

export interface LoadedTable {
  /** The table as it was scored; calibrators are fitted on it. */
  readonly input: LabelledTable;
  /** The table as it is evaluated: calibrated, and with the label shares in use. */
  readonly shown: LabelledTable;
  /** The label shares that scores were moved from and to; null where they were not. */
  readonly shares: Prevalence | null;
  /** Where the scores come from; null if the table does not record it. */
  readonly bound: Binding | null;
}

/**
 * @throws UserError everything of `readLabelled`, `readScoreMeta` and `checkBinding`; already-calibrated,
 *   no-label-scores, bad-shares; what `sharesOf` throws
 */
export async function loadTable(file: string, question: TableQuestion): Promise<LoadedTable> {
  const { calibrator, sharesOf, slices = [] } = question;
  const columns =
    calibrator === undefined ? question.columns : calibratorColumns(calibrator, question.columns);
  const read = await readLabelled(
    file,
    columns,
    slices.filter((name) => name !== PREDICTED),
    question.labelsFrom,
  );
  const { table, source } = read;
  if (calibrator !== undefined) refuseCalibrated(table, file);
  const bound = bindingOf(await readScoreMeta(file), table.columns.prefix);
  const said =
    calibrator === undefined
      ? await calibratedWarnings(table, file)
      : checkBinding(calibrator, source, bound, table.columns.ofLabel, await tablesBefore(file));
  const input = { ...read, warnings: [...read.warnings, ...said] };
  const { data, shares, warnings } =
    sharesOf === undefined
      ? asInTable(input.data, calibrator)
      : inDeployment(input.data, sharesOf(input.data), calibrator);
  const shown = { ...input, data, warnings: [...input.warnings, ...warnings] };
  return { input, shown, shares, bound };
}

interface Shown {
  readonly data: PredictionData;
  readonly shares: Prevalence | null;
  readonly warnings: readonly Warning[];
}

function asInTable(data: PredictionData, loaded: LoadedCalibrator | undefined): Shown {
  const calibrator = loaded?.saved.calibrator;
  if (calibrator === undefined) return { data, shares: null, warnings: [] };
  const shares = (calibrator.on === 'labels' ? calibrator.prevalence : undefined) ?? null;
  return {
    data: applyCalibrator(calibrator, data),
    shares,
    warnings: shares === null || data.kind !== 'labels' ? [] : sharesWarnings(data, shares.deployed),
  };
}

/**
 * Moves rows to the label shares in use.
 *
 * @param deployed (K) in the order of the table's labels
 * @throws UserError no-label-scores, bad-shares
 */
export function inDeployment(
  data: PredictionData,
  deployed: readonly number[],
  loaded?: LoadedCalibrator,
): Shown {
  const calibrator = loaded?.saved.calibrator;
  if (data.kind !== 'labels' || calibrator?.on === 'confidence')
    throw new UserError(
      'no-label-scores',
      'Label shares in use need a score for every label. Omit the shares, or assign the columns of the scores.',
    );
  const fit =
    loaded === undefined || calibrator === undefined
      ? undefined
      : { calibrator, fitted: fittedShares(calibrator, loaded.saved.classCounts) };
  const { prevalence, ...moved } = atShares(data, deployed, fit);
  return { ...moved, shares: prevalence };
}

/** (K) label shares that a calibrator was fitted under. */
function fittedShares(
  { labels, prevalence }: LabelCalibrator,
  counts: SavedCalibrator['classCounts'],
): readonly number[] {
  if (prevalence !== undefined) return prevalence.fitted;
  const total = Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
  return labels.map((label) => (counts?.[label] ?? 0) / total);
}
