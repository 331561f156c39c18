/** Answers sampled from a known distribution over the labels. */
import type { Random } from '../random';
import type { Answer } from './agreement';
import type { LabelScore } from './score';

/**
 * Samples answers as the model would give them at the temperature of these probabilities. How it continues after the token
 * that decides about a label changes nothing, so one draw from P(label) is one sampled answer; what the labels leave
 * of 1 is an answer that stands for none.
 */
export function drawAnswers(labels: readonly LabelScore[], count: number, random: Random): Answer[] {
  return Array.from({ length: count }, () => {
    let left = random();
    for (const { label, logProb } of labels) {
      left -= Math.exp(logProb);
      if (left < 0) return { text: '', label };
    }
    return { text: '', label: null };
  });
}
