import { applyCalibrator, type LabelCalibrator } from './calibrator';
import { knownRows, labelData } from '../model/rows';
import type { LabelData, PredictionData, Warning } from '../model/predictions';
import {
  labelShares,
  ownShares,
  type Prevalence,
  shiftPrevalence,
  weightedToShares,
} from '../model/label-shares';
import { shortened } from '../quote';

/** A table as it would be under the label shares in use. */
export interface DeployedTable {
  readonly data: PredictionData;
  readonly prevalence: Prevalence;
  readonly warnings: readonly Warning[];
}

/** For rows that are weighted by label shares. */
const SHARES_EXACT: Warning = {
  code: 'shares-exact',
  message:
    'Rows are weighted by the given label shares over those of the table, and both are taken as exact: intervals and thresholds do not count how unsure the shares themselves are.',
};

/**
 * Shifts scores from the fitted label shares to those in use, and weights the rows to match.
 *
 * @param deployed (K) in the order of the table's labels
 * @param fit the calibrator, with the shares that it was fitted under (K); without one the table's
 *   own shares replace the unknown ones
 * @throws UserError bad-shares
 */
export function atShares(
  data: LabelData,
  deployed: readonly number[],
  fit?: { readonly calibrator: LabelCalibrator; readonly fitted: readonly number[] },
): DeployedTable {
  const weighted = weightedToShares(data, deployed);
  const fitted = fit?.fitted ?? labelShares(data);
  const prevalence = { fitted, deployed };
  if (fit !== undefined)
    return {
      data: applyCalibrator({ ...fit.calibrator, prevalence }, weighted),
      prevalence,
      warnings: [SHARES_EXACT],
    };
  return {
    data: labelData({ ...weighted, scores: shiftPrevalence(weighted.logProbs, fitted, deployed) }),
    prevalence,
    warnings: [
      SHARES_EXACT,
      {
        code: 'prevalence-raw',
        message:
          'Raw scores were not fitted for any label shares. They are shifted as if they had been fitted for those of this table. ' +
          'Calibrate first to make the shift reliable.',
      },
    ],
  };
}

/** Largest difference of a label's share that is not worth a word. */
const SAME_SHARE = 0.02;

/** Warns if calibrated scores are meant for other label shares than the rows have. */
export function sharesWarnings(data: LabelData, deployed: readonly number[]): Warning[] {
  const own = ownShares(data);
  const isFar = own.some((share, k) => Math.abs(share - (deployed[k] ?? 0)) > SAME_SHARE);
  if (!isFar) return [];
  const named = (shares: readonly number[]): string =>
    data.labels
      .map((label, k) => `${shortened(label)} ${Number((100 * (shares[k] ?? 0)).toPrecision(3))}%`)
      .join(', ');
  return [
    {
      code: 'prevalence-differs',
      message:
        `The calibrator is for label shares of ${named(deployed)}, but these rows have ${named(own)}, so the numbers here are ` +
        'for the wrong shares. Evaluate the uncalibrated table with this calibrator and its own label shares instead.',
    },
  ];
}

/** Moves a calibrator from the label shares of the table that it was fitted on to those in use. */
export function forShares(
  calibrator: LabelCalibrator,
  data: LabelData,
  deployed: readonly number[],
): LabelCalibrator {
  return { ...calibrator, prevalence: { fitted: labelShares(knownRows(data)), deployed } };
}
