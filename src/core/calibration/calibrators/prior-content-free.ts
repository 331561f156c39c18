import { logSoftmax } from '../../model/numeric';
import { type LabelKind, type Need, required } from '../calibrator-kind';
import { centred, meanLogProbs, type PriorModel, priorSchema, shifted } from '../prior';

type PriorContentFreeModel = PriorModel<'prior-content-free'>;

const FORMER_ID = 'content-free';

const NEUTRAL: Need = {
  what: 'neutral',
  code: 'no-neutral-inputs',
  message: 'A content-free correction needs the scores of at least one neutral input.',
};

/**
 * Content-free correction of the label prior: Zhao et al., "Calibrate before use: improving few-shot performance of
 * language models", 2021, §5, averages p over neutral inputs and divides by it; the mean of logs is ours: one odd
 * neutral input weighs less.
 *
 * Example: the one neutral input scores (.8, .2), so b = −ln 2, ln 2, and a row of (.8, .2) becomes (.5, .5).
 */
export const priorContentFree = {
  shape: 'labels',
  id: 'prior-content-free',
  formerId: FORMER_ID,
  title: 'Content-free prior correction',
  on: { labels: true, confidence: 'A content-free correction needs a score for every label.' },
  schema: priorSchema('prior-content-free', FORMER_ID),
  needs: NEUTRAL,
  fewestOutcomes: 0,
  growsWithRows: false,
  rows: 'none',
  fit: ({ labels }, { neutral }) => fitContentFree(neutral, labels.length),
  apply: ({ bias }, { logProbs }) => shifted(logProbs, bias),
  parameters: (_, K) => K - 1,
  perLabel: ({ bias, shares }) => [bias, ...(shares === null ? [] : [shares])],
} as const satisfies LabelKind<PriorContentFreeModel>;

/**
 * b_k = −mean over neutral inputs ("N/A", "") of log p_k.
 *
 * @param neutral (m·K) their scores
 */
function fitContentFree(neutral: Float64Array | undefined, K: number): PriorContentFreeModel {
  const scores = required(neutral?.length === 0 ? undefined : neutral, NEUTRAL);
  const means = meanLogProbs(logSoftmax(scores, K), K, null);
  return { kind: 'prior-content-free', bias: centred(means.map((mean) => -mean)), shares: null };
}
