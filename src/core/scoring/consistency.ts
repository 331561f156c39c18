/**
 * Confidence from sampled answers: how often each label is the answer, and the score from that. `agreement_k` is
 * n_k / N, where answers that stand for no label count too: they are a category of their own.
 */
import { largest } from '../extremes';
import { wilsonInterval } from '../metrics/intervals';
import type { Agreement, Answer } from './agreement';
import type { Variants } from '../model/confidence-method';
import { labelScores, type LabelScore, type Score } from './score';

export interface Drawn {
  readonly answers: readonly Answer[];
  /** Null if the provider does not report it. */
  readonly temperature: number | null;
  readonly variants: Variants;
}

/**
 * Counts answers.
 *
 * @param names labels in the classifier's order
 * @param tokenLabels token probabilities of the same text in the same order, where they are known: they decide ties
 */
export function agreementOf(
  names: readonly string[],
  { answers, temperature, variants }: Drawn,
  tokenLabels: readonly LabelScore[] | undefined,
): Agreement {
  const counts = names.map((name) => answers.filter(({ label }) => label === name).length);
  const most = largest(counts);
  const tied = counts.flatMap((count, index) => (count === most ? [index] : []));
  const byToken = likeliest(tied, tokenLabels);
  const winner = byToken ?? tied[0] ?? 0;
  return {
    samples: answers.length,
    counts,
    unparsed: answers.length - counts.reduce((sum, count) => sum + count, 0),
    label: names[winner] ?? '',
    answerRate: wilsonInterval(most, answers.length),
    temperature,
    variants,
    tieBrokenBy: tied.length === 1 ? null : byToken === undefined ? 'label-order' : 'token-probability',
  };
}

/** The one of these labels that has a higher token probability than the others; undefined where none has. */
function likeliest(
  indexes: readonly number[],
  tokenLabels: readonly LabelScore[] | undefined,
): number | undefined {
  if (tokenLabels === undefined) return undefined;
  const logProb = (index: number): number => tokenLabels[index]?.logProb ?? -Infinity;
  const best = largest(indexes.map(logProb));
  const likeliest = indexes.filter((index) => logProb(index) === best);
  return likeliest.length === 1 ? likeliest[0] : undefined;
}

/**
 * ln a_k, a_k = (n_k + ½) / (N + (K+1)/2): the answer rates under Jeffreys's prior over the K labels and "no label".
 * Never 0, so that a label that was not sampled in ten answers does not count as impossible. Not normalised over the labels.
 *
 * @returns (K)
 */
export function smoothedLogRates({ counts, samples }: Agreement): number[] {
  const total = samples + (counts.length + 1) / 2;
  return counts.map((count) => Math.log((count + 0.5) / total));
}

/**
 * The score of one text by consistency. Confidences are n_k / N and so sum to the label mass, the share of answers
 * that were a label; log-probabilities are the smoothed ones, which calibrators can work with.
 */
export function consistencyScore(
  names: readonly string[],
  agreement: Agreement,
  text: Pick<Score, 'textTokens' | 'cutTokens'>,
): Score {
  const { counts, samples, unparsed } = agreement;
  const logRates = smoothedLogRates(agreement);
  return {
    label: agreement.label,
    confidence: largest(counts) / samples,
    tie: agreement.tieBrokenBy !== null,
    labels: names.map((label, index) => ({
      label,
      logProb: logRates[index] ?? -Infinity,
      confidence: (counts[index] ?? 0) / samples,
    })),
    labelMass: (samples - unparsed) / samples,
    mode: 'sampled',
    textTokens: text.textTokens,
    cutTokens: text.cutTokens,
    agreement,
  };
}

/**
 * Token probability and agreement together: q_k ∝ sqrt(p_k · a_k), normalised over the labels, the geometric mean of
 * both distributions with equal weights. Label mass, token table and reading are those of the token probability.
 *
 * @param token score of the same text by token probability
 */
export function ensembleScore(token: Score, agreement: Agreement): Score {
  const logRates = smoothedLogRates(agreement);
  const { label, confidence, tie, labels } = labelScores(
    token.labels.map(({ label }) => label),
    token.labels.map(({ logProb }, index) => (logProb + (logRates[index] ?? -Infinity)) / 2),
  );
  return {
    ...token,
    label,
    confidence,
    tie,
    labels: labels.map((entry, index) => ({
      ...entry,
      logProb: Math.log(entry.confidence),
      ...(token.labels[index]?.isBound === true ? { isBound: true } : {}),
    })),
    agreement,
    tokenLabels: token.labels,
  };
}

/** True if the most frequent answer is not the label with the highest token probability. */
export function disagrees({ agreement, tokenLabels }: Score): boolean {
  if (agreement === undefined || tokenLabels === undefined) return false;
  return (
    labelScores(
      tokenLabels.map(({ label }) => label),
      tokenLabels.map(({ logProb }) => logProb),
    ).label !== agreement.label
  );
}
