import { PRACTICE_BEST_ACCURACY } from '../data/practice-set';

/** What a practice set is. */
export function practiceInWords(rows: number): string {
  return `${rows.toLocaleString('en-US')} synthetic texts with labels. The best possible accuracy is about ${PRACTICE_BEST_ACCURACY.toFixed(2)}, because the labels of contradictory texts are drawn at .5.`;
}
