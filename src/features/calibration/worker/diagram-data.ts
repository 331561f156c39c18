/** Computes what a reliability diagram is drawn from. Runs in the worker. */
import { confidenceOf, knownRows, normalisedWeights } from '../../../core/model/rows';
import type { PredictionData } from '../../../core/model/predictions';
import type { Assessment } from '../../../core/metrics/evaluate';
import { unitsOf } from '../../../core/metrics/units';
import { CURVE_STEPS, curveWidth, smoothReliability } from '../../../core/metrics/smooth-ece';
import { seededRandom } from '../../../core/random';
import {
  CURVE_ROWS,
  type Curve,
  DOT_LIMIT,
  type Diagram,
  type Dots,
} from '../../../protocol/calibration-page';

/** Seed for the sample of dots and their jitter. */
const DOT_SEED = 1;

/** Fewest dots of a part of the rows, however many parts there are. */
export const FEWEST_DOTS = 100;

/**
 * @param data the predictions that were evaluated
 * @param dotLimit largest number of dots
 */
export function diagramOf(
  data: PredictionData,
  { evaluation, consistencyBars }: Pick<Assessment, 'evaluation' | 'consistencyBars'>,
  dotLimit = DOT_LIMIT,
): Diagram {
  return {
    evaluation,
    consistency: [...consistencyBars],
    dots: sampleDots(data, dotLimit),
    curve: curveOf(data, evaluation.smoothEce.value),
  };
}

/** A sample of at most `limit` rows, each equally likely; the same rows every time. */
function sampleDots(data: PredictionData, limit: number): Dots {
  const { confidence, correct } = confidenceOf(data);
  const random = seededRandom(DOT_SEED);
  const n = confidence.length;
  const dots = {
    confidence: [] as number[],
    correct: [] as number[],
    jitter: [] as number[],
    total: n,
  };
  // Selection sampling (Knuth 1997, 3.4.2, algorithm S): in order, in one pass.
  let wanted = Math.min(limit, n);
  for (let i = 0; i < n && wanted > 0; i++) {
    if (random() * (n - i) >= wanted) continue;
    wanted--;
    dots.confidence.push(round(confidence[i] ?? 0));
    dots.correct.push(correct[i] === 1 ? 1 : 0);
    dots.jitter.push(round(random()));
  }
  return dots;
}

function curveOf(data: PredictionData, smoothEce: number | null): Curve | null {
  if (smoothEce === null) return null;
  const known = confidenceOf(knownRows(data));
  const weight = normalisedWeights(known, known.correct.length);
  const { group } = unitsOf(known, known.correct.length, weight);
  const width = curveWidth(known.confidence, known.correct, weight, (row) => group?.[row] ?? row);
  const { sigma, accuracy, rows } = smoothReliability(known.confidence, known.correct, weight, width);
  const low = known.confidence.reduce((least, f) => Math.min(least, f), 1);
  const high = known.confidence.reduce((most, f) => Math.max(most, f), 0);
  // Beyond the rows the kernel has no data, and the curve would be arbitrary.
  const isAmongRows = (j: number): boolean => j / CURVE_STEPS >= low && j / CURVE_STEPS <= high;
  return {
    sigma,
    accuracy: accuracy.map((value, j) =>
      value === null || !isAmongRows(j) || (rows[j] ?? 0) < CURVE_ROWS ? null : round(value),
    ),
  };
}

/** Rounds to a step finer than a pixel. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
