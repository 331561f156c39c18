/**
 * What evaluation and calibration work on, on the command line and in the panel: a table with the truth of each row.
 */
import path from 'node:path';
import { confidenceOf } from '../../core/calibration/data';
import type { CalibrateOn, PredictionData, Warning } from '../../core/calibration/types';
import type { ColumnOptions } from '../../core/data/columns';
import type { PredictionTable } from '../../core/data/table';
import { UserError } from '../../core/user-error';
import type { TableFile } from './inspect';
import { readTable } from './read-table';

export interface LabelledTable {
  readonly source: TableFile;
  readonly table: PredictionTable;
  /** The table's data, reduced to confidence where that is what is looked at. */
  readonly data: PredictionData;
  readonly warnings: readonly Warning[];
}

/**
 * Reads a labelled table.
 *
 * @throws UserError everything of `readTable`; no-label-scores
 */
export async function readLabelled(file: string, columns: ColumnOptions): Promise<LabelledTable> {
  const { source, table } = await readTable(file, { ...columns, truth: 'required' });
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

/** What must be said where a table holds calibrated predictions. */
export function calibratedTable(sha256: string): Warning {
  return {
    code: 'calibrated-table',
    message:
      `The table holds predictions calibrated by ${sha256.slice(0, 12)}…. If that calibrator was fitted on these ` +
      `rows, the numbers flatter it.`,
  };
}
