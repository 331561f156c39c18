/** Whether more labelled rows would help calibrators of a table. */
import type { Given } from '../../core/calibration/calibrator-kind';
import { type Progression, sampleSizeProgression } from '../../core/calibration/progression';
import { CANDIDATE_IDS, type CalibratorId, refusal } from '../../core/calibration/registry';
import { type LabelledTable, refuseCalibrated } from '../../store/tables/labelled';

/** @throws UserError already-calibrated */
export function progressionOnTable(
  { table, data, source }: LabelledTable,
  options: Given & Pick<ProgressionsOptions, 'draws'> & { readonly method: CalibratorId },
  onDraw?: (at: number, of: number) => void,
): Progression {
  refuseCalibrated(table, source.file);
  const { method, seed, shares, neutral, draws } = options;
  return sampleSizeProgression(data, {
    method,
    seed,
    shares,
    neutral,
    on: data.kind,
    repeats: draws,
    ...(onDraw === undefined ? {} : { onRepeat: onDraw }),
  });
}

/** Which draw of which calibrator begins; both are counted from 0. */
interface ProgressionStep {
  readonly method: CalibratorId;
  readonly at: number;
  readonly of: number;
  readonly draw: number;
  readonly draws: number;
}

export interface ProgressionsOptions {
  readonly onDraw: (step: ProgressionStep) => void;
  /** Fits for each number of rows; undefined: 50. */
  readonly draws?: number | undefined;
}

/**
 * For each calibrator that the table allows.
 *
 * @throws UserError already-calibrated
 */
export function progressionsOnTable(
  input: LabelledTable,
  { onDraw, draws }: ProgressionsOptions,
): (Progression & { readonly method: CalibratorId })[] {
  const allowed = CANDIDATE_IDS.filter((method) => refusal(method, input.data.kind) === null);
  return allowed.map((method, at) => ({
    method,
    ...progressionOnTable(input, { method, draws }, (draw, of) =>
      onDraw({ method, at, of: allowed.length, draw, draws: of }),
    ),
  }));
}
