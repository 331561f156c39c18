import * as z from 'zod';
import { UserError } from '../../user-error';
import { FEWEST_OUTCOMES, type LabelKind, type Need, required } from '../calibrator-kind';
import { type LabelSample, labelSample, requireEveryLabel, scaled } from '../label-sample';
import type { LabelData } from '../../model/predictions';
import { minimise, type Objective } from '../newton';
import { centredBias } from '../softmax-regression';

const schema = z.strictObject({
  kind: z.literal('combination'),
  tokenWeight: z.number(),
  agreementWeight: z.number(),
  /** (K) */
  bias: z.array(z.number()).readonly(),
});

/** softmax(v z + w a + b): z from the token probabilities, a from the agreement of sampled answers, Σ b = 0. */
type CombinationModel = Readonly<z.infer<typeof schema>>;

const AGREEMENT: Need = {
  what: 'agreement',
  code: 'no-agreement',
  message:
    'A combination needs the token probability and the agreement of every row: a table with the columns token/… and consistency/…, or a classifier whose method is ensemble.',
};

/**
 * Token probability and agreement of sampled answers, weighted: a logarithmic opinion pool (Genest & Zidek, "Combining
 * probability distributions", 1986) with a bias. The ensemble before a fit is v = w = ½, b = 0; with w = 0 it is
 * bias-temperature on the token probabilities alone.
 *
 * Example: both score the first label 1 above the second in ten rows, of which nine have it; z does and a does the
 * opposite in four, of which three have it; and the same with the labels exchanged. v + w = ln 9 and v − w = ln 3, so
 * v = 1.648, w = .549, b = 0.
 */
export const combination = {
  shape: 'labels',
  id: 'combination',
  title: 'Combination',
  on: { labels: true, confidence: 'A combination needs a score for every label.' },
  schema,
  needs: AGREEMENT,
  fewestOutcomes: FEWEST_OUTCOMES,
  growsWithRows: false,
  // The combination with no weight on the agreement.
  comparedWith: 'bias-temperature',
  rows: 'labelled',
  fit: (data) => fitCombination(labelSample(data), required(data.agreement, AGREEMENT)),
  apply: applyCombination,
  parameters: (_, K) => K + 1,
  perLabel: ({ bias }) => [bias],
} as const satisfies LabelKind<CombinationModel>;

function applyCombination(
  { tokenWeight, agreementWeight, bias }: CombinationModel,
  { logProbs, agreement }: Pick<LabelData, 'logProbs' | 'agreement'>,
  K: number,
): Float64Array {
  const a = required(agreement, AGREEMENT);
  return logProbs.map(
    (score, i) => scaled(tokenWeight, score) + scaled(agreementWeight, a[i] ?? 0) + (bias[i % K] ?? 0),
  );
}

/**
 * By Newton's method on (v, w, b) together: the mean NLL is jointly convex.
 *
 * @param agreement (n·K) log-softmax of the smoothed agreement, beside the sample's z
 * @throws UserError no-optimum: no finite setting is best
 */
function fitCombination(sample: LabelSample, agreement: Float64Array): CombinationModel {
  requireEveryLabel(sample);
  const start = new Float64Array(sample.K + 1);
  start[0] = 0.5;
  start[1] = 0.5;
  const theta = minimise(combinedRegression(sample, agreement), start);
  if (theta === null)
    throw new UserError(
      'no-optimum',
      'The combination cannot be fitted: the scores separate the labels perfectly, or agreement and token probability carry the same information in every row, so no finite setting is best. Collect more rows, especially wrong ones.',
    );
  const [tokenWeight = 0, agreementWeight = 0] = theta;
  return { kind: 'combination', tokenWeight, agreementWeight, bias: centredBias(theta.subarray(2)) };
}

/**
 * Mean NLL over theta = (v, w, b_2 … b_K), b_1 = 0. With u_k = v z_k + w a_k + b_k and p = softmax(u), the gradient is
 * the mean of E_p[x] − x_y and the Hessian that of Cov_p[x], x_k = (z_k, a_k, [k = 2], …, [k = K]).
 */
function combinedRegression({ K, z, truth, weight }: LabelSample, agreement: Float64Array): Objective {
  const n = truth.length;
  const d = K + 1;
  const p = new Float64Array(K);
  const mean = new Float64Array(d);
  const feature = (at: number, k: number, j: number): number => {
    if (j === 0) return z[at + k] ?? 0;
    if (j === 1) return agreement[at + k] ?? 0;
    return Number(k === j - 1);
  };
  return {
    dimension: d,
    evaluate(theta, gradient, hessian) {
      gradient?.fill(0);
      hessian?.fill(0);
      let value = 0;
      for (let i = 0; i < n; i++) {
        const at = i * K;
        const y = truth[i] ?? 0;
        const w = (weight === null ? 1 : (weight[i] ?? 0)) / n;
        value += w * softmaxLoss(theta, at, y);
        if (gradient === undefined || hessian === undefined) continue;
        for (let j = 0; j < d; j++) {
          let sum = 0;
          for (let k = 0; k < K; k++) sum += (p[k] ?? 0) * feature(at, k, j);
          mean[j] = sum;
          gradient[j] = (gradient[j] ?? 0) + w * (sum - feature(at, y, j));
        }
        for (let j = 0; j < d; j++)
          for (let l = 0; l <= j; l++) {
            let sum = 0;
            for (let k = 0; k < K; k++) sum += (p[k] ?? 0) * feature(at, k, j) * feature(at, k, l);
            hessian[j * d + l] = (hessian[j * d + l] ?? 0) + w * (sum - (mean[j] ?? 0) * (mean[l] ?? 0));
          }
      }
      return value;
    },
  };

  /** −ln p_y of one row; leaves its probabilities in p. */
  function softmaxLoss(theta: Float64Array, at: number, y: number): number {
    let max = -Infinity;
    for (let k = 0; k < K; k++) {
      let u = 0;
      for (let j = 0; j < d; j++) u += (theta[j] ?? 0) * feature(at, k, j);
      p[k] = u;
      max = Math.max(max, u);
    }
    const own = p[y] ?? 0;
    let total = 0;
    for (let k = 0; k < K; k++) total += p[k] = Math.exp((p[k] ?? 0) - max);
    for (let k = 0; k < K; k++) p[k] = (p[k] ?? 0) / total;
    return max - own + Math.log(total);
  }
}
