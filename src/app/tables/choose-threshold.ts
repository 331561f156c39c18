/** The threshold of a table above which its confidences are right as often as is wanted. */
import type { ColumnOptions } from '../../core/data/columns';
import { chooseThreshold, type ThresholdChoice } from '../../core/decisions/threshold';
import { calibratorOf } from '../../store/tables/labelled';
import { loadTable } from './load-table';

export interface ThresholdOrder {
  readonly file: string;
  readonly columns: ColumnOptions;
  /** Accuracy to be reached, above 0 and below 1. */
  readonly target: number;
}

export interface TableThreshold {
  readonly choice: ThresholdChoice;
  /** Name of the calibrator that the confidences come from; null for raw ones. */
  readonly calibrator: string | null;
}

/** @throws UserError everything of `loadTable` and `chooseThreshold` */
export async function thresholdOfTable({ file, columns, target }: ThresholdOrder): Promise<TableThreshold> {
  const { shown } = await loadTable(file, { columns });
  return {
    choice: chooseThreshold(shown.data, { target }),
    calibrator: await calibratorOf(shown.table, file),
  };
}
