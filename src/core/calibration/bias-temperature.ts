import { UserError } from '../user-error';
import { type LabelSample, requireEveryLabel } from './label-sample';
import { minimise } from './newton';
import { centredBias, softmaxRegression } from './softmax-regression';

/** softmax(β z + b) with Σ b = 0: a temperature and a correction of the label prior. */
export interface BiasTemperatureModel {
  readonly kind: 'bias-temperature';
  readonly beta: number;
  /** (K) */
  readonly bias: readonly number[];
}

/** Bounds of β, as in the one-parameter search. */
const LARGEST_BETA = Math.exp(10);
const SMALLEST_BETA = Math.exp(-10);

/**
 * Bias-corrected temperature scaling (Alexandari, Kundaje, Shrikumar, "Maximum likelihood with bias-corrected
 * calibration is hard-to-beat at label shift adaptation", 2020, §2.1) by Newton's method on (β, b) together: the
 * mean NLL is jointly convex. Throws where no finite positive β and finite b are best.
 */
export function fitBiasTemperature(sample: LabelSample): BiasTemperatureModel {
  requireEveryLabel(sample);
  const start = new Float64Array(sample.K);
  start[0] = 1;
  const theta = minimise(softmaxRegression(sample, true, 0), start);
  const beta = theta?.[0] ?? 0;
  if (theta === null || beta > LARGEST_BETA)
    throw new UserError(
      'no-optimum',
      'Bias and temperature cannot be fitted: the scores part the labels without a mistake (or all rows score alike), so no finite setting is best. Collect more rows, above all rows with mistakes.',
    );
  if (beta < SMALLEST_BETA)
    throw new UserError(
      'no-optimum',
      'Bias and temperature cannot be fitted: once the label shares are right, higher scores do not go with the true label, so no positive temperature is best. Check the order of the labels.',
    );
  return { kind: 'bias-temperature', beta, bias: centredBias(theta.subarray(1)) };
}
