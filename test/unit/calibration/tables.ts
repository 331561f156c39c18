import { labelData } from '../../../src/core/model/rows';
import { sigmoid } from '../../../src/core/model/numeric';
import type { ConfidenceData, LabelData } from '../../../src/core/model/predictions';
import { standardNormal } from '../../../src/core/metrics/random-draws';
import { seededRandom } from '../../../src/core/random';

/** Confidences whose log-odds are right after f → slope f + shift. */
export function confidenceTable(n: number, seed: number, slope = 1, shift = 0): ConfidenceData {
  const random = seededRandom(seed);
  const logOdds = Float64Array.from({ length: n }, () => 1 + 1.5 * standardNormal(random));
  return {
    kind: 'confidence',
    confidence: logOdds.map(sigmoid),
    correct: Uint8Array.from(logOdds, (f) => Number(random() < sigmoid(slope * f + shift))),
  };
}

/** Label scores whose softmax is right after z → β z + b. */
export function labelTable(n: number, seed: number, beta: number, bias: readonly number[]): LabelData {
  const random = seededRandom(seed);
  const K = bias.length;
  const scores = Float64Array.from({ length: n * K }, () => 2 * standardNormal(random));
  const truth = Int32Array.from({ length: n }, (_, i) => {
    const weights = bias.map((b, k) => Math.exp(beta * (scores[i * K + k] ?? 0) + b));
    let u = random() * weights.reduce((sum, weight) => sum + weight, 0);
    let k = 0;
    while (k < K - 1 && (u -= weights[k] ?? 0) >= 0) k++;
    return k;
  });
  return labelData({ labels: bias.map((_, k) => `label ${k}`), scores, truth });
}

/** Confidences uniform on (.5, 1), right with probability confidence − gap. */
export function shifted(n: number, seed: number, gap: number): ConfidenceData {
  const random = seededRandom(seed);
  const confidence = Float64Array.from({ length: n }, () => 0.5 + random() / 2);
  return {
    kind: 'confidence',
    confidence,
    correct: Uint8Array.from(confidence, (p) => Number(random() < p - gap)),
  };
}
