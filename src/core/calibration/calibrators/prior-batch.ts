import { requireShares } from '../../model/label-shares';
import type { LabelData, Warning } from '../../model/predictions';
import { normalisedWeights } from '../../model/rows';
import { type Given, type LabelKind, type Need, required } from '../calibrator-kind';
import { centred, meanLogProbs, type PriorModel, priorSchema, shifted } from '../prior';

type PriorBatchModel = PriorModel<'prior-batch'>;

const FORMER_ID = 'batch';

const SHARES: Need = {
  what: 'shares',
  code: 'shares-needed',
  message:
    'A batch correction needs the expected share of each label. Give the shares, or state that all labels are equally common.',
};

/**
 * Batch correction of the label prior: Zhou et al., "Batch calibration: rethinking calibration for in-context learning
 * and prompt engineering", 2024, §3.2, in logs.
 *
 * Example: two rows score (.8, .2) and (.5, .5), and both labels are expected equally often. The mean log-probability
 * of the first is ln 2 above that of the second, so b = −ln 2 / 2, ln 2 / 2, and the second row becomes (.333, .667).
 */
export const priorBatch = {
  shape: 'labels',
  id: 'prior-batch',
  formerId: FORMER_ID,
  title: 'Batch prior correction',
  on: { labels: true, confidence: 'A batch correction needs a score for every label.' },
  schema: priorSchema('prior-batch', FORMER_ID),
  needs: SHARES,
  fewestOutcomes: 0,
  growsWithRows: false,
  rows: 'all',
  fit: (data, { shares }) => fitBatch(data, expectedShares(required(shares, SHARES), data.labels.length)),
  warnings: uniformWarnings,
  apply: ({ bias }, { logProbs }) => shifted(logProbs, bias),
  parameters: (_, K) => K - 1,
  perLabel: ({ bias, shares }) => [bias, ...(shares === null ? [] : [shares])],
} as const satisfies LabelKind<PriorBatchModel>;

function expectedShares(shares: NonNullable<Given['shares']>, K: number): readonly number[] {
  return shares === 'uniform' ? new Array<number>(K).fill(1 / K) : shares;
}

/** b_k = −mean over rows of log p_k + log π_k, where π are the expected shares of the labels. */
function fitBatch(data: LabelData, shares: readonly number[]): PriorBatchModel {
  const K = data.labels.length;
  requireShares(shares, K, 'expected label shares');
  const means = meanLogProbs(data.logProbs, K, normalisedWeights(data, data.truth.length));
  const bias = centred(means.map((mean, k) => Math.log(shares[k] ?? 0) - mean));
  return { kind: 'prior-batch', bias, shares: [...shares] };
}

function uniformWarnings({ shares }: PriorBatchModel): Warning[] {
  if (shares?.every((share) => Math.abs(share - 1 / shares.length) < 1e-12) !== true) return [];
  return [
    {
      code: 'uniform-shares',
      message:
        'The batch correction assumes that all labels are equally common. If one is rare, this makes the result worse. Give the expected shares instead.',
    },
  ];
}
