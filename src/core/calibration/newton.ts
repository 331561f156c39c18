import { solvePositiveDefinite } from '../model/numeric';

/** A convex function with its derivatives. */
export interface Objective {
  readonly dimension: number;
  /**
   * The value at theta.
   *
   * @param gradient (d) filled, where given
   * @param hessian (d·d) lower triangle filled, where given
   */
  evaluate(theta: Float64Array, gradient?: Float64Array, hessian?: Float64Array): number;
}

const MAX_ITERATIONS = 60;
/**
 * A step this short is taken unseen and is the last: what is left after it is its square, and the fall in value it
 * brings (again its square) is below rounding, where a line search would halve for ever.
 */
const LAST_STEP = 1e-6;
const ARMIJO = 1e-4;
const SMALLEST_STEP = 1e-10;

/**
 * Damped Newton for a smooth convex objective; null where it has no finite minimum or a flat one.
 *
 * The test is on the length of the Newton step and not on the gradient: on separable data the gradient and the
 * curvature vanish together while the step stays near 1 for ever (or the curvature stops being positive), so a
 * gradient test would stop at some large meaningless parameter and call it the optimum.
 */
export function minimise(objective: Objective, start: Float64Array): Float64Array | null {
  const d = objective.dimension;
  const theta = Float64Array.from(start);
  const gradient = new Float64Array(d);
  const hessian = new Float64Array(d * d);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const value = objective.evaluate(theta, gradient, hessian);
    const step = solvePositiveDefinite(hessian, gradient);
    if (step === null) return null;
    if (relativeLength(step, theta) <= LAST_STEP) return moved(theta, step, 1);
    const next = lineSearch(objective, theta, step, value, gradient);
    if (next === null) return null;
    theta.set(next);
  }
  return null;
}

function relativeLength(step: Float64Array, theta: Float64Array): number {
  let length = 0;
  for (let i = 0; i < step.length; i++)
    length = Math.max(length, Math.abs(step[i] ?? 0) / (1 + Math.abs(theta[i] ?? 0)));
  return length;
}

/** Halves the step until the value falls by Armijo's share of what the gradient promises. */
function lineSearch(
  objective: Objective,
  theta: Float64Array,
  step: Float64Array,
  value: number,
  gradient: Float64Array,
): Float64Array | null {
  let slope = 0;
  for (let i = 0; i < step.length; i++) slope += (gradient[i] ?? 0) * (step[i] ?? 0);
  for (let size = 1; size >= SMALLEST_STEP; size /= 2) {
    const next = moved(theta, step, size);
    if (objective.evaluate(next) <= value - ARMIJO * size * slope) return next;
  }
  return null;
}

function moved(theta: Float64Array, step: Float64Array, size: number): Float64Array {
  return theta.map((value, i) => value - size * (step[i] ?? 0));
}
