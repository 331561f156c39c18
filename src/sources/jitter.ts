/**
 * How far a text's score moves with what is decoded beside it. On a CPU it does not: the engine pads what it decodes so
 * that the same text gives the same bits. A GPU, and a server that batches its clients, choose kernels by batch size.
 */
import type { Score } from '../core/scoring/score';

/** Of several lengths, none of them clear: where the labels are close, a difference shows. */
const TEXTS = [
  'Fine.',
  'It has its moments, but not many of them.',
  'I could not say whether I liked it.',
  'The first half drags, the second half makes up for it, and the ending left the whole row arguing about what it meant.',
  'Not bad.',
  'Some will love this and some will want their money back.',
];

/**
 * Scores a few texts alone and together.
 *
 * @param score of each text, in order
 * @returns the largest difference of a label's probability, 0 to 1
 */
export async function measureJitter(
  score: (texts: readonly string[]) => Promise<readonly Score[]>,
): Promise<number> {
  const alone: Score[] = [];
  for (const text of TEXTS) alone.push(...(await score([text])));
  const together = await score(TEXTS);
  const distances = together.flatMap(({ labels }, text) =>
    labels.map(({ confidence }, k) => Math.abs(confidence - (alone[text]?.labels[k]?.confidence ?? NaN))),
  );
  return Math.max(...distances);
}
