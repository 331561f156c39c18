import * as z from 'zod';
import { type Random, seededRandom } from '../../random';
import { UserError } from '../../user-error';
import { assignFolds } from '../../model/folds';
import { FEWEST_OUTCOMES, type LabelKind } from '../calibrator-kind';
import { type LabelSample, labelSample, requireEveryLabel, scaled, selectSample } from '../label-sample';
import { rowsWhere } from '../../model/rows';
import { minimise } from '../newton';
import { centredBias, softmaxRegression } from '../softmax-regression';

const schema = z.strictObject({
  kind: z.literal('vector'),
  /** (K) */
  scale: z.array(z.number()).readonly(),
  /** (K) */
  bias: z.array(z.number()).readonly(),
  /** The weight λ of Σ(w − mean w)² that inner folds chose. */
  penalty: z.number().min(0),
});

/** softmax(w∘z + b) with Σ b = 0. */
type VectorModel = Readonly<z.infer<typeof schema>>;

/**
 * Vector scaling: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", 2017, §4.2; the penalty is
 * ours.
 *
 * Example: of four rows with z = (1, 0) three have the first label, of four with z = (0, 1) two. Both labels need the
 * scale ln 3 / 2 = .549, so the strongest penalty costs nothing, and the fit is that of bias-temperature.
 */
export const vector = {
  shape: 'labels',
  id: 'vector',
  title: 'Vector',
  on: {
    labels: true,
    confidence:
      'Vector scaling needs a score for every label: the confidence of the predicted label alone does not show which label is favoured.',
  },
  schema,
  needs: null,
  fewestOutcomes: FEWEST_OUTCOMES,
  growsWithRows: false,
  rows: 'labelled',
  fit: (data, { seed }) => fitVector(labelSample(data), seededRandom(seed ?? 0)),
  apply: ({ scale, bias }, { logProbs }, K) =>
    logProbs.map((score, i) => scaled(scale[i % K] ?? 1, score) + (bias[i % K] ?? 0)),
  parameters: (_, K) => 2 * K - 1,
  perLabel: ({ scale, bias }) => [scale, bias],
} as const satisfies LabelKind<VectorModel>;

/** λ of (λ / 2n) Σ (w_k − mean w)²: from nearly free to nearly one shared scale. */
const PENALTIES: readonly number[] = [0.01, 0.1, 1, 10, 100, 1000];
const INNER_FOLDS = 5;
/** Rows on which λ is chosen: with more, λ/n no longer matters and the search only costs time. */
const ROWS_FOR_PENALTY = 20_000;

/**
 * Maximum likelihood with a ridge on the spread of w only: the mean scale and the biases stay free, so that a strong
 * penalty ends in bias-temperature and not in the raw scores. λ has the smallest cross-validated NLL on inner folds; on
 * equal ones the stronger penalty is taken.
 */
function fitVector(sample: LabelSample, random: Random): VectorModel {
  requireEveryLabel(sample);
  const penalty = choosePenalty(sample, random);
  const theta = fitWithPenalty(sample, penalty);
  if (theta === null)
    throw new UserError(
      'no-optimum',
      'Vector scaling cannot be fitted: the scores separate some label perfectly from the others (or all rows have the same scores), so no finite setting is best. Collect more rows, or use a calibrator with fewer parameters.',
    );
  const { K } = sample;
  return {
    kind: 'vector',
    scale: Array.from(theta.subarray(0, K)),
    bias: centredBias(theta.subarray(K)),
    penalty,
  };
}

function fitWithPenalty(sample: LabelSample, penalty: number): Float64Array | null {
  const { K } = sample;
  const start = new Float64Array(2 * K - 1);
  start.fill(1, 0, K);
  return minimise(softmaxRegression(sample, false, penalty), start);
}

function choosePenalty(sample: LabelSample, random: Random): number {
  const n = sample.truth.length;
  const { folds, count } = assignFolds({
    n,
    strata: sample.truth,
    group: sample.group,
    // On a very large table each inner fold is thin, and only the first few are used.
    count: INNER_FOLDS * Math.max(1, Math.ceil(n / ROWS_FOR_PENALTY)),
    random,
  });
  const used = Math.min(INNER_FOLDS, count);
  const parts = Array.from({ length: used }, (_, fold) => ({
    fit: selectSample(
      sample,
      rowsWhere(n, (i) => folds[i] !== fold && (folds[i] ?? 0) < used),
    ),
    test: selectSample(
      sample,
      rowsWhere(n, (i) => folds[i] === fold),
    ),
  }));
  let best = PENALTIES[PENALTIES.length - 1] ?? 0;
  let bestLoss = Infinity;
  for (const penalty of PENALTIES.toReversed()) {
    let loss = 0;
    for (const { fit, test } of parts) {
      const theta = fitWithPenalty(fit, penalty);
      // The penalty weighs nothing in the score: λ = 0 on the held-out part.
      loss +=
        theta === null ? Infinity : softmaxRegression(test, false, 0).evaluate(theta) * test.truth.length;
    }
    if (loss < bestLoss) {
      bestLoss = loss;
      best = penalty;
    }
  }
  return best;
}
