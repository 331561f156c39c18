import type { Random } from '../random';
import { UserError } from '../user-error';
import { assignFolds } from '../model/folds';
import { type LabelSample, requireEveryLabel, selectSample } from './label-sample';
import { rowsWhere } from '../model/rows';
import { minimise } from './newton';
import { centredBias, softmaxRegression } from './softmax-regression';

/** softmax(w∘z + b) with Σ b = 0. */
export interface VectorModel {
  readonly kind: 'vector';
  /** (K) */
  readonly scale: readonly number[];
  /** (K) */
  readonly bias: readonly number[];
  /** The weight λ of Σ(w − mean w)² that inner folds chose. */
  readonly penalty: number;
}

/** λ of (λ / 2n) Σ (w_k − mean w)²: from nearly free to nearly one shared scale. */
export const PENALTIES: readonly number[] = [0.01, 0.1, 1, 10, 100, 1000];
const INNER_FOLDS = 5;
/** Rows on which λ is chosen: with more, λ/n no longer matters and the search only costs time. */
const ROWS_FOR_PENALTY = 20_000;

/**
 * Vector scaling (Guo et al. 2017, §4.2), with a ridge on the spread of w only: the mean scale and the biases stay
 * free, so that a strong penalty ends in bias-temperature and not in the raw scores. λ has the smallest
 * cross-validated NLL on inner folds; on equal ones the stronger penalty is taken.
 */
export function fitVector(sample: LabelSample, random: Random): VectorModel {
  requireEveryLabel(sample);
  const penalty = choosePenalty(sample, random);
  const theta = fitWithPenalty(sample, penalty);
  if (theta === null)
    throw new UserError(
      'no-optimum',
      'Vector scaling cannot be fitted: the scores part some label from the rest without a mistake (or all rows score alike), so no finite setting is best. Collect more rows, or use a method with fewer parameters.',
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
