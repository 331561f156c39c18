/** First and second derivative of a convex mean NLL with respect to a scale β > 0. */
export type ScaleDerivatives = (beta: number) => { first: number; second: number };

export type ScaleSearch =
  | { readonly outcome: 'found'; readonly beta: number }
  /** The loss still falls at β = e^10: the scores separate the data. */
  | { readonly outcome: 'separable' }
  /** The loss already rises at β = e^−10: the scores tell nothing, or the opposite. */
  | { readonly outcome: 'uninformative' };

const LIMIT = 10;
/** A Newton step this short is the last: what it leaves is its square. */
const LAST_STEP = 1e-6;
const NARROWEST = 1e-13;
/** On separable data steps get ever shorter without an end: after this many, the ends are checked and bisection takes over. */
const NEWTON_STEPS = 30;
const MAX_ITERATIONS = 200;
/** Below this the curvature is what underflow has left, and a first derivative of 0 beside it says nothing. */
const SMALLEST_CURVATURE = 1e-250;

/**
 * Zero of the derivative for ln β in [−10, 10]: Newton's steps in ln β, kept inside a shrinking bracket by
 * bisection. The derivative in β is monotone, so a zero inside is the optimum, and the sign at an end tells whether
 * there is one. A pass over the rows is all the cost, so an end is checked only when a step would cross it,
 * or steps do not settle.
 */
export function searchScale(derivatives: ScaleDerivatives): ScaleSearch {
  let low = -LIMIT;
  let high = LIMIT;
  let at = 0;
  let isHighKnown = false;
  let isLowKnown = false;
  for (let iteration = 0; iteration < MAX_ITERATIONS && high - low > NARROWEST; iteration++) {
    const beta = Math.exp(at);
    const { first, second } = derivatives(beta);
    if (first === 0 && second > SMALLEST_CURVATURE) return { outcome: 'found', beta };
    // Where everything underflows the derivative is 0 on separable data: still falling, as far as can be told.
    if (first <= 0) low = at;
    else high = at;
    // By the chain rule for L(e^t): dL/dt = β L', d²L/dt² = β L' + β² L''.
    const curvature = first + beta * second;
    const newton = curvature > 0 ? at - first / curvature : NaN;
    if (iteration < NEWTON_STEPS && newton > low && newton < high) {
      if (Math.abs(newton - at) < LAST_STEP) return { outcome: 'found', beta: Math.exp(newton) };
      at = newton;
      continue;
    }
    if (first <= 0 && !isHighKnown) {
      if (derivatives(Math.exp(LIMIT)).first <= 0) return { outcome: 'separable' };
      isHighKnown = true;
    }
    if (first > 0 && !isLowKnown) {
      if (derivatives(Math.exp(-LIMIT)).first >= 0) return { outcome: 'uninformative' };
      isLowKnown = true;
    }
    at = (low + high) / 2;
  }
  return { outcome: 'found', beta: Math.exp(at) };
}
