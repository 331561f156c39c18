import * as z from 'zod';
import { UserError } from '../../user-error';
import { FEWEST_OUTCOMES, type LabelKind } from '../calibrator-kind';
import { type LabelSample, labelSample, scaled } from '../label-sample';
import { searchScale } from '../scale-search';

const schema = z.strictObject({ kind: z.literal('temperature'), beta: z.number().positive() });

/** softmax(β z); β = 1/T. */
type TemperatureModel = Readonly<z.infer<typeof schema>>;

/**
 * Temperature scaling: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", 2017, §4.2. It never
 * changes which label is on top.
 *
 * Example: four rows score z = (2, 0), and in three of them the first label is the true one. β = ln 3 / 2 = .549, so
 * that its probability becomes .75.
 */
export const temperature = {
  shape: 'labels',
  id: 'temperature',
  title: 'Temperature',
  on: {
    labels: true,
    confidence:
      'Temperature works on the scores of all labels. For a confidence alone use slope; with two labels it is the same.',
  },
  schema,
  needs: null,
  fewestOutcomes: FEWEST_OUTCOMES,
  growsWithRows: false,
  rows: 'labelled',
  fit: (data) => fitTemperature(labelSample(data)),
  apply: ({ beta }, { logProbs }) => logProbs.map((score) => scaled(beta, score)),
  parameters: () => 1,
  identity: () => ({ kind: 'temperature', beta: 1 }),
  perLabel: () => [],
} as const satisfies LabelKind<TemperatureModel>;

/**
 * Maximum likelihood. In β = 1/T the mean NLL is convex:
 *   L(β) = mean(logsumexp(β z) − β z_y),  L' = mean(E_p[z] − z_y),  L'' = mean(Var_p[z]).
 */
function fitTemperature({ z, K, truth, weight }: LabelSample): TemperatureModel {
  const n = truth.length;
  const search = searchScale((beta) => {
    let first = 0;
    let second = 0;
    for (let i = 0; i < n; i++) {
      const at = i * K;
      let max = -Infinity;
      for (let k = 0; k < K; k++) max = Math.max(max, z[at + k] ?? 0);
      let total = 0;
      let mean = 0;
      let square = 0;
      for (let k = 0; k < K; k++) {
        // Measured from the top label, so that the variance does not cancel when β z is large.
        const gap = (z[at + k] ?? 0) - max;
        if (gap === 0) {
          total += 1;
          continue;
        }
        const e = Math.exp(beta * gap);
        total += e;
        mean += e * gap;
        square += e * gap * gap;
      }
      mean /= total;
      const w = weight === null ? 1 : (weight[i] ?? 0);
      first += w * (mean - ((z[at + (truth[i] ?? 0)] ?? 0) - max));
      second += w * (square / total - mean * mean);
    }
    return { first: first / n, second: second / n };
  });
  if (search.outcome === 'found') return { kind: 'temperature', beta: search.beta };
  throw search.outcome === 'separable'
    ? new UserError(
        'no-optimum',
        'A temperature cannot be fitted: in every row the true label has the highest score or shares it, so a lower temperature is never worse. Collect rows with mistakes first.',
      )
    : new UserError(
        'no-optimum',
        'A temperature cannot be fitted: the true label does not score above the average label here, so no positive temperature is best. Try bias-temperature, or check the order of the labels.',
      );
}
