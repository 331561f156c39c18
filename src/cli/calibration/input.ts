/**
 * What a command works on: a table of a file, and a saved calibrator if one is asked for.
 */
import path from 'node:path';
import { confidenceOf } from '../../core/calibration/data';
import type { CalibrateOn, PredictionData, Warning } from '../../core/calibration/types';
import type { ColumnOptions } from '../../core/data/columns';
import type { PredictionTable } from '../../core/data/table';
import { UserError } from '../../core/user-error';
import type { TableFile } from '../../store/tables/inspect';
import { readTable } from '../../store/tables/read-table';

export interface Input {
  readonly source: TableFile;
  readonly table: PredictionTable;
  /** The table's data, reduced to confidence where that is what is looked at. */
  readonly data: PredictionData;
  readonly warnings: readonly Warning[];
}

/**
 * Reads a labelled table.
 *
 * @param slices columns whose values rows are to be sliced by
 * @throws UserError everything of `readTable`; no-label-scores
 */
export async function readInput(
  file: string,
  columns: ColumnOptions,
  slices: readonly string[] = [],
): Promise<Input> {
  const { source, table } = await readTable(file, { ...columns, truth: 'required', slices });
  return { source, table, data: dataOn(table, columns.on, file), warnings: table.warnings };
}

function dataOn(table: PredictionTable, on: CalibrateOn | undefined, file: string): PredictionData {
  const { data } = table;
  if (on === 'confidence') return confidenceOf(data);
  if (on === 'labels' && data.kind !== 'labels')
    throw new UserError(
      'no-label-scores',
      `${path.basename(file)} has no score for every label: add columns prob:LABEL, logprob:LABEL or logit:LABEL, ` +
        `or use --on confidence.`,
    );
  return data;
}

/** Numbers of calibrated rows flatter where the calibrator was fitted on them, which a table cannot say itself. */
export function refuseCalibrated(table: PredictionTable, file: string): void {
  if (table.calibratedBy !== null)
    throw new UserError(
      'already-calibrated',
      `${path.basename(file)} holds calibrated predictions already (column "calibrator_sha256"). Use the table it ` +
        `was made from.`,
    );
}
