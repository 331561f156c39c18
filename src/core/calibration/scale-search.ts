/** First and second derivative of a convex mean NLL with respect to a scale β > 0. */
export type ScaleDerivatives = (beta: number) => { first: number; second: number };

export type ScaleSearch =
  | { readonly outcome: 'found'; readonly beta: number }
  /** The loss still falls at β = e^10: the scores separate the data. */
  | { readonly outcome: 'separable' }
  /** The loss already rises at β = e^−10: the scores tell nothing, or the opposite. */
  | { readonly outcome: 'uninformative' };

const LIMIT = 10;
const TOLERANCE = 1e-13;
const MAX_ITERATIONS = 200;

/**
 * Zero of the derivative for ln β in [−10, 10]: Newton's steps in ln β, kept inside a shrinking bracket by
 * bisection. The derivative in β is monotone, so a change of sign at the ends is the whole test of existence.
 */
export function searchScale(derivatives: ScaleDerivatives): ScaleSearch {
  let low = -LIMIT;
  let high = LIMIT;
  if (derivatives(Math.exp(high)).first <= 0) return { outcome: 'separable' };
  if (derivatives(Math.exp(low)).first >= 0) return { outcome: 'uninformative' };
  let at = 0;
  for (let iteration = 0; iteration < MAX_ITERATIONS && high - low > TOLERANCE; iteration++) {
    const beta = Math.exp(at);
    const { first, second } = derivatives(beta);
    if (first === 0) break;
    if (first > 0) high = at;
    else low = at;
    // By the chain rule for L(e^t): dL/dt = β L', d²L/dt² = β L' + β² L''.
    const curvature = first + beta * second;
    const newton = curvature > 0 ? at - first / curvature : NaN;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - at) < TOLERANCE) break;
    at = next;
  }
  return { outcome: 'found', beta: Math.exp(at) };
}
