import * as z from 'zod';
import { FEWEST_OUTCOMES, type ScalarKind } from '../calibrator-kind';
import { type BinarySample, classWeights } from '../sample';

const schema = z.strictObject({ kind: z.literal('platt'), a: z.number(), b: z.number() });

/** p = 1 / (1 + exp(A f + B)); A < 0 where a higher score means a likelier label. */
type PlattMap = Readonly<z.infer<typeof schema>>;

/**
 * Platt's sigmoid: Platt, "Probabilistic outputs for support vector machines and comparisons to regularized likelihood
 * methods", 1999, fitted as by Lin, Lin, Weng, "A note on Platt's probabilistic outputs for support vector machines",
 * Machine Learning 68 (2007).
 *
 * Example (libsvm): f = 5, −4, 1 with y = 1, 0, 0 gives A = −.2026, B = .6524, so that f = 5 becomes p = .589.
 */
export const platt = {
  shape: 'scalar',
  id: 'platt',
  title: 'Platt',
  on: { labels: true, confidence: true },
  schema,
  needs: null,
  fewestOutcomes: FEWEST_OUTCOMES,
  growsWithRows: false,
  fit: fitPlatt,
  apply: plattLogOdds,
  parameters: () => 2,
  monotone: ({ a }) => a < 0,
} as const satisfies ScalarKind<PlattMap>;

const MAX_ITERATIONS = 100;
const SMALLEST_STEP = 1e-10;
const ARMIJO = 1e-4;
const RIDGE = 1e-12;
const GRADIENT_TOLERANCE = 1e-5;

interface Point {
  readonly a: number;
  readonly b: number;
  readonly value: number;
  readonly gradientA: number;
  readonly gradientB: number;
  readonly aa: number;
  readonly ab: number;
  readonly bb: number;
}

/**
 * Newton's method with backtracking: Lin, Lin, Weng 2007, appendix, as in libsvm's sigmoid_train.
 *
 * The smoothed targets (Platt 1999; eq. 3) keep the optimum finite on separable data, and make one class alone
 * give the constant (N+ + 1)/(N+ + 2) or 1/(N− + 2).
 */
function fitPlatt(sample: BinarySample): PlattMap {
  const { positive, negative } = classWeights(sample);
  const high = (positive + 1) / (positive + 2);
  const low = 1 / (negative + 2);
  let at = evaluate(sample, high, low, 0, Math.log((negative + 1) / (positive + 1)));
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    if (Math.abs(at.gradientA) < GRADIENT_TOLERANCE && Math.abs(at.gradientB) < GRADIENT_TOLERANCE) break;
    const determinant = at.aa * at.bb - at.ab * at.ab;
    const stepA = -(at.bb * at.gradientA - at.ab * at.gradientB) / determinant;
    const stepB = -(at.aa * at.gradientB - at.ab * at.gradientA) / determinant;
    const slope = at.gradientA * stepA + at.gradientB * stepB;
    const next = backtrack((a, b) => evaluate(sample, high, low, a, b), at, { stepA, stepB, slope });
    if (next === null) break;
    at = next;
  }
  return { kind: 'platt', a: at.a, b: at.b };
}

/** Halves the Newton step until the objective falls enough; null if no step of that direction does. */
function backtrack(
  objective: (a: number, b: number) => Point,
  at: Point,
  { stepA, stepB, slope }: { readonly stepA: number; readonly stepB: number; readonly slope: number },
): Point | null {
  for (let size = 1; size >= SMALLEST_STEP; size /= 2) {
    const next = objective(at.a + size * stepA, at.b + size * stepB);
    if (next.value < at.value + ARMIJO * size * slope) return next;
  }
  return null;
}

/** Objective (eq. 5), gradient (eq. 7) and Hessian (eq. 8) in one pass: the full step is nearly always taken. */
function evaluate(sample: BinarySample, high: number, low: number, a: number, b: number): Point {
  const { f, y, weight } = sample;
  let value = 0;
  let gradientA = 0;
  let gradientB = 0;
  let aa = RIDGE;
  let ab = 0;
  let bb = RIDGE;
  for (let i = 0; i < f.length; i++) {
    const score = f[i] ?? 0;
    const target = y[i] === 1 ? high : low;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    const u = score * a + b;
    // The branch on the sign of A f + B keeps exp from overflowing and 1 − p from cancelling (section 3).
    let p: number;
    let q: number;
    if (u >= 0) {
      const e = Math.exp(-u);
      q = 1 / (1 + e);
      p = e * q;
      value += w * (target * u + Math.log1p(e));
    } else {
      const e = Math.exp(u);
      p = 1 / (1 + e);
      q = e * p;
      value += w * ((target - 1) * u + Math.log1p(e));
    }
    const residual = w * (target - p);
    const curvature = w * p * q;
    gradientA += score * residual;
    gradientB += residual;
    aa += score * score * curvature;
    ab += score * curvature;
    bb += curvature;
  }
  return { a, b, value, gradientA, gradientB, aa, ab, bb };
}

/** Log-odds after Platt: −(A f + B). */
function plattLogOdds(map: PlattMap, f: number): number {
  return -(map.a * f + map.b);
}
