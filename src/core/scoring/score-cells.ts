/** A score as the columns of a table. */
import type { Score } from './score';

export function labelColumns(labels: readonly string[]): string[] {
  return [...labels.map((label) => `logprob:${label}`), 'label_mass', 'predicted', 'confidence'];
}

/** Numbers are written in full: reading them back gives the same bits. */
export function labelCells(score: Score): string[] {
  return [
    ...score.labels.map((entry) => String(entry.logProb)),
    String(score.labelMass),
    score.label,
    String(score.confidence),
  ];
}
