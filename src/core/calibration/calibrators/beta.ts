import * as z from 'zod';
import { UserError } from '../../user-error';
import { softplus } from '../../model/numeric';
import { FEWEST_OUTCOMES, type ScalarKind } from '../calibrator-kind';
import { minimise, type Objective } from '../newton';
import type { BinarySample } from '../sample';

const schema = z.strictObject({
  kind: z.literal('beta'),
  a: z.number().min(0),
  b: z.number().min(0),
  c: z.number(),
});

/** logit p = a ln s − b ln(1 − s) + c with a, b ≥ 0, where s = sigmoid(f). */
type BetaMap = Readonly<z.infer<typeof schema>>;

/**
 * Beta calibration: Kull, Silva Filho, Flach, "Beta calibration: a well-founded and easily implemented improvement on
 * logistic calibration for binary classifiers", 2017, eq. 3 and §4.
 *
 * Example: of four rows at f = −2 one is right, of two at f = 0 one, of four at f = 2 three. A straight line through
 * the log-odds −ln 3, 0 and ln 3 is best: a = b = ln 3 / 2 = .549, c = 0.
 */
export const beta = {
  shape: 'scalar',
  id: 'beta',
  title: 'Beta',
  on: { labels: true, confidence: true },
  schema,
  needs: null,
  fewestOutcomes: FEWEST_OUTCOMES,
  growsWithRows: false,
  fit: fitBeta,
  apply: betaLogOdds,
  parameters: () => 3,
  monotone: ({ a, b }) => a + b > 0,
} as const satisfies ScalarKind<BetaMap>;

/** Which of a and b are free; the other is held at its bound 0. */
interface Face {
  readonly a: boolean;
  readonly b: boolean;
}

const FACES: readonly Face[] = [
  { a: true, b: false },
  { a: false, b: true },
  { a: false, b: false },
];

/**
 * A logistic regression on ln s and −ln(1 − s), both functions of f that stay exact where s rounds to 0 or 1.
 *
 * The likelihood is concave, so with a, b ≥ 0 the optimum is the best of the feasible optima on the faces.
 */
function fitBeta(sample: BinarySample): BetaMap {
  if (isSeparable(sample)) throw noOptimum();
  const n = sample.f.length;
  const rise = new Float64Array(n);
  const fall = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const f = sample.f[i] ?? 0;
    rise[i] = -softplus(-f);
    fall[i] = softplus(f);
  }
  const inside = fitFace(sample, rise, fall, { a: true, b: true });
  // Where no bound is active the optimum of the whole plane is the answer.
  if (inside !== null) return inside.map;
  const bounded = FACES.map((face) => fitFace(sample, rise, fall, face)).filter((fit) => fit !== null);
  const [best] = bounded.sort((left, right) => left.loss - right.loss);
  if (best === undefined) throw noOptimum();
  return best.map;
}

/** Maximum likelihood with the parameters off the face held at 0; null where there is none with a, b ≥ 0. */
function fitFace(
  sample: BinarySample,
  rise: Float64Array,
  fall: Float64Array,
  face: Face,
): { map: BetaMap; loss: number } | null {
  const columns = [...(face.a ? [rise] : []), ...(face.b ? [fall] : [])];
  const objective = logistic(sample, columns);
  const theta = minimise(objective, new Float64Array(columns.length + 1).fill(1, 0, columns.length));
  if (theta === null) return null;
  const scales = Array.from(theta.subarray(0, columns.length));
  if (scales.some((scale) => scale < 0)) return null;
  const map: BetaMap = {
    kind: 'beta',
    a: face.a ? (scales[0] ?? 0) : 0,
    b: face.b ? (scales[scales.length - 1] ?? 0) : 0,
    c: theta[columns.length] ?? 0,
  };
  return { map, loss: objective.evaluate(theta) };
}

function noOptimum(): UserError {
  return new UserError(
    'no-optimum',
    'Beta calibration cannot be fitted: the rows are all correct, all wrong, or separated perfectly by the score, so a steeper curve is always better. Use platt, which stays finite, or collect more rows.',
  );
}

/**
 * Every curve with a, b ≥ 0 rises with f, so the data are separable exactly where no negative row lies above a
 * positive one. Rows with one score only are not: there a constant is best.
 */
function isSeparable({ f, y }: BinarySample): boolean {
  let highestNegative = -Infinity;
  let lowestPositive = Infinity;
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 0; i < f.length; i++) {
    const score = f[i] ?? 0;
    lowest = Math.min(lowest, score);
    highest = Math.max(highest, score);
    if (y[i] === 1) lowestPositive = Math.min(lowestPositive, score);
    else highestNegative = Math.max(highestNegative, score);
  }
  return highestNegative <= lowestPositive && lowest < highest;
}

/** Mean NLL of a logistic regression on the columns and a constant. */
function logistic({ y, weight }: BinarySample, columns: readonly Float64Array[]): Objective {
  const n = y.length;
  const d = columns.length + 1;
  const [one, two] = columns;
  const x = new Float64Array(d);
  x[d - 1] = 1;
  return {
    dimension: d,
    evaluate(theta, gradient, hessian) {
      gradient?.fill(0);
      hessian?.fill(0);
      let value = 0;
      for (let i = 0; i < n; i++) {
        const w = (weight === null ? 1 : (weight[i] ?? 0)) / n;
        x[0] = one?.[i] ?? 1;
        if (two !== undefined) x[1] = two[i] ?? 0;
        let u = 0;
        for (let j = 0; j < d; j++) u += (theta[j] ?? 0) * (x[j] ?? 0);
        const e = Math.exp(-Math.abs(u));
        const label = y[i] ?? 0;
        value += w * (Math.log1p(e) + Math.max(u, 0) - label * u);
        if (gradient === undefined || hessian === undefined) continue;
        const p = u >= 0 ? 1 / (1 + e) : e / (1 + e);
        const residual = w * (p - label);
        const curvature = (w * e) / ((1 + e) * (1 + e));
        for (let j = 0; j < d; j++) {
          const xj = x[j] ?? 0;
          gradient[j] = (gradient[j] ?? 0) + residual * xj;
          for (let k = 0; k <= j; k++)
            hessian[j * d + k] = (hessian[j * d + k] ?? 0) + curvature * xj * (x[k] ?? 0);
        }
      }
      return value;
    },
  };
}

function betaLogOdds(map: BetaMap, f: number): number {
  return map.c - map.a * softplus(-f) + map.b * softplus(f);
}
