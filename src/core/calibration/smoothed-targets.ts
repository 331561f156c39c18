/**
 * How sure a classifier can be of a row, by what it gets wrong of rows like it: targets for a model that is to learn when
 * to be unsure.
 */
import type { LabelData } from '../model/predictions';
import { UserError } from '../user-error';
import { fitCalibrator } from './calibrator';
import { crossFit, partition } from './cross-fit';

/** Rows that are alike: those between two deciles of the out-of-fold confidence, whatever their label is. */
const BINS = 10;

/**
 * A distribution over labels for each row. The scores are calibrated out of fold (bias and temperature). Rows are sorted
 * by the confidence that this gives; of those in one tenth, the share whose likeliest label is not theirs is what all of
 * them are unsure by. It goes to the other labels as the out-of-fold probabilities divide it.
 *
 * @param data rows with a known truth
 * @returns (n) distributions in the order of the labels
 */
export function smoothedTargets(data: LabelData, seed: number): number[][] {
  const K = data.labels.length;
  const { rows, probs, truth } = outOfFold(data, seed);
  const confidence = Float64Array.from(rows, (_, at) => probs[at * K + likeliest(probs, at, K)] ?? 0);
  const order = Array.from(confidence.keys()).sort((a, b) => (confidence[a] ?? 0) - (confidence[b] ?? 0));
  // A row of a fold that could not be fitted keeps its label.
  const targets = Array.from(data.truth, (label) =>
    Array.from({ length: K }, (_, k): number => (k === label ? 1 : 0)),
  );
  for (let bin = 0; bin < BINS; bin++) {
    const members = order.slice(
      Math.round((bin * order.length) / BINS),
      Math.round(((bin + 1) * order.length) / BINS),
    );
    const wrong = members.filter((at) => likeliest(probs, at, K) !== truth[at]).length;
    // Laplace's rule: of a few rows without an error nobody is certain.
    const unsure = (wrong + 1) / (members.length + 2);
    for (const at of members) {
      const label = truth[at] ?? 0;
      const others = 1 - (probs[at * K + label] ?? 0);
      targets[rows[at] ?? 0] = Array.from({ length: K }, (_, k) => {
        if (k === label) return 1 - unsure;
        const share = others > 0 ? (probs[at * K + k] ?? 0) / others : 1 / (K - 1);
        return unsure * share;
      });
    }
  }
  return targets;
}

/** Where no calibrator can be fitted (the scores part the labels perfectly, or are all the same), the scores as they are. */
function outOfFold(
  data: LabelData,
  seed: number,
): { readonly rows: Uint32Array } & Pick<LabelData, 'probs' | 'truth'> {
  try {
    const { rows, calibrated } = crossFit(
      data,
      'labels',
      partition(data, seed),
      (train) => fitCalibrator(train, { method: 'bias-temperature', on: 'labels', seed }).calibrator,
    );
    if (calibrated.kind !== 'labels') throw new Error('labels were asked for');
    return { rows, probs: calibrated.probs, truth: calibrated.truth };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'no-optimum') throw error;
    return { rows: Uint32Array.from(data.truth.keys()), probs: data.probs, truth: data.truth };
  }
}

function likeliest(probs: Float64Array, row: number, K: number): number {
  let best = 0;
  for (let k = 1; k < K; k++) if ((probs[row * K + k] ?? 0) > (probs[row * K + best] ?? 0)) best = k;
  return best;
}
