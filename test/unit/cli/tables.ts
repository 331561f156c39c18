import { seededRandom } from '../../../src/core/random';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * A two-label table that is too sure of itself and favours "pos", as small base models do.
 *
 * @param skew log-odds by which the scores favour "pos"
 */
export function labelTable(n: number, { seed = 1, skew = 0.7 } = {}): string {
  const random = seededRandom(seed);
  const rows = Array.from({ length: n }, (_, i) => {
    const f = 8 * random() - 4;
    const label = random() < sigmoid(f / 2 - skew) ? 'pos' : 'neg';
    return `${i},text ${i},${label},${1 - sigmoid(f)},${sigmoid(f)}`;
  });
  return `id,text,label,prob:neg,prob:pos\n${rows.join('\n')}\n`;
}

/** Confidence against correct; `shift` is how far right lies below sure. */
export function confidenceTable(n: number, { seed = 1, shift = 0 } = {}): string {
  const random = seededRandom(seed);
  const rows = Array.from({ length: n }, (_, i) => {
    const confidence = 0.5 + random() / 2;
    return `${i},${confidence},${random() < confidence - shift ? 1 : 0}`;
  });
  return `id,confidence,correct\n${rows.join('\n')}\n`;
}
