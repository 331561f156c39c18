/** Compares every calibrator that a table allows, cross-fitted, and recommends one. */
import {
  type CalibratorComparison,
  compareCalibrators,
  type CompareOptions,
} from '../../core/calibration/compare-calibrators';
import { type Recommendation, recommend } from '../../core/calibration/recommend';
import { type LabelledTable, refuseCalibrated } from '../../store/tables/labelled';

export interface ComparedOnTable {
  readonly comparison: CalibratorComparison;
  readonly recommendation: Recommendation;
}

/**
 * @param onChoosing called when all are compared, before one is recommended
 * @throws UserError already-calibrated, bad-split, too-few-rows
 */
export async function compareOnTable(
  { table, data, source }: LabelledTable,
  options: Omit<CompareOptions, 'on'>,
  onChoosing: () => Promise<void>,
): Promise<ComparedOnTable> {
  refuseCalibrated(table, source.file);
  const on = data.kind;
  const comparison = await compareCalibrators(data, { ...options, on });
  await onChoosing();
  return { comparison, recommendation: recommend(data, { on }) };
}
