import * as z from 'zod';
import { UserError } from '../../user-error';
import { FEWEST_OUTCOMES, type LabelKind } from '../calibrator-kind';
import { type LabelSample, labelSample, requireEveryLabel, scaled } from '../label-sample';
import { minimise } from '../newton';
import { centredBias, softmaxRegression } from '../softmax-regression';

const schema = z.strictObject({
  kind: z.literal('bias-temperature'),
  beta: z.number().positive(),
  /** (K) */
  bias: z.array(z.number()).readonly(),
});

/** softmax(β z + b) with Σ b = 0. */
type BiasTemperatureModel = Readonly<z.infer<typeof schema>>;

/**
 * A temperature and a correction of the label prior, together: Alexandari, Kundaje, Shrikumar, "Maximum likelihood
 * with bias-corrected calibration is hard-to-beat at label shift adaptation", 2020, §2.1.
 *
 * Example: of four rows with z = (1, 0) three have the first label, of four with z = (0, 1) two. β = ln 3 / 2 = .549
 * and b = ±ln 3 / 4 = ±.275 give the first label .75 and .5.
 */
export const biasTemperature = {
  shape: 'labels',
  id: 'bias-temperature',
  title: 'Bias-temperature',
  on: {
    labels: true,
    confidence:
      'Bias-temperature needs a score for every label: the confidence of the predicted label alone does not show which label is favoured.',
  },
  schema,
  needs: null,
  fewestOutcomes: FEWEST_OUTCOMES,
  growsWithRows: false,
  rows: 'labelled',
  fit: (data) => fitBiasTemperature(labelSample(data)),
  apply: ({ beta, bias }, { logProbs }, K) =>
    logProbs.map((score, i) => scaled(beta, score) + (bias[i % K] ?? 0)),
  parameters: (_, K) => K,
  perLabel: ({ bias }) => [bias],
} as const satisfies LabelKind<BiasTemperatureModel>;

/** Bounds of β, as in the one-parameter search. */
const LARGEST_BETA = Math.exp(10);
const SMALLEST_BETA = Math.exp(-10);

/**
 * Newton's method on (β, b) together: the mean NLL is jointly convex. Throws where no finite positive β and finite b
 * are best.
 */
function fitBiasTemperature(sample: LabelSample): BiasTemperatureModel {
  requireEveryLabel(sample);
  const start = new Float64Array(sample.K);
  start[0] = 1;
  const theta = minimise(softmaxRegression(sample, true, 0), start);
  const beta = theta?.[0] ?? 0;
  if (theta === null || beta > LARGEST_BETA)
    throw new UserError(
      'no-optimum',
      'Bias and temperature cannot be fitted: the scores separate the labels perfectly (or all rows have the same scores), so no finite setting is best. Collect more rows, especially wrong ones.',
    );
  if (beta < SMALLEST_BETA)
    throw new UserError(
      'no-optimum',
      'Bias and temperature cannot be fitted: once the label shares are right, higher scores do not go with the true label, so no positive temperature is best. Check the order of the labels.',
    );
  return { kind: 'bias-temperature', beta, bias: centredBias(theta.subarray(1)) };
}
