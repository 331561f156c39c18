import * as z from 'zod';
import { argsort, countBelow } from '../../metrics/sort';
import { clamp, logit } from '../../model/numeric';
import type { ScalarKind } from '../calibrator-kind';
import type { BinarySample } from '../sample';
import { ascending, probability } from '../saved-numbers';

const schema = z
  .strictObject({
    kind: z.literal('isotonic'),
    /** Ascending scores; both ends of each constant block. */
    x: z.array(z.number()).min(1).readonly(),
    /** Non-decreasing values at the knots. */
    y: z.array(probability).readonly(),
  })
  .refine(({ x, y }) => x.length === y.length, 'x and y must be equally long')
  .refine(({ x }) => ascending(x, true), 'x must ascend')
  .refine(({ y }) => ascending(y, false), 'y must not descend');

/** A non-decreasing piecewise linear function through its knots, constant beyond the outer ones. */
type IsotonicMap = Readonly<z.infer<typeof schema>>;

/**
 * Isotonic regression of correct on the score: Zadrozny & Elkan, "Transforming classifier scores into accurate
 * multiclass probability estimates", 2002. Between knots it is linear.
 *
 * Example (R's isotone): f = 0, 1, 1, 2, 3, 4 with y = 0, 0, 1, 0, 0, 1 gives the values 0, .25, .25, .25, .25, 1, so
 * that f = 3.5 becomes p = .625.
 */
export const isotonic = {
  shape: 'scalar',
  id: 'isotonic',
  title: 'Isotonic',
  on: { labels: true, confidence: true },
  schema,
  needs: null,
  // Each step of the curve rests on the rows of its block alone.
  fewestOutcomes: 200,
  growsWithRows: true,
  fit: fitIsotonic,
  apply: isotonicLogOdds,
  parameters: ({ x }) => x.length,
  monotone: () => false,
} as const satisfies ScalarKind<IsotonicMap>;

/** Values are clipped to [0, 1], from which rounding may have moved them. */
function fitIsotonic({ f, y, weight }: BinarySample): IsotonicMap {
  const knots = isotonicKnots(f, y, weight);
  return { kind: 'isotonic', x: knots.x, y: knots.y.map((value) => clamp(value, 0, 1)) };
}

/**
 * Least-squares non-decreasing fit by pooling adjacent violators (Barlow et al. 1972; Best & Chakravarti 1990).
 * Equal x are first merged into their weighted mean, as R's `isotone` does with ties = "secondary".
 *
 * @param x (n) any order
 * @param y (n)
 * @param weight (n) or null for all 1
 * @internal
 */
export function isotonicKnots(
  x: Float64Array,
  y: ArrayLike<number>,
  weight: Float64Array | null,
): { x: number[]; y: number[] } {
  const n = x.length;
  const order = argsort(x);
  // A stack of blocks, each with its first and last x, its weight and its mean.
  const first = new Float64Array(n);
  const last = new Float64Array(n);
  const mass = new Float64Array(n);
  const mean = new Float64Array(n);
  let top = -1;
  for (let start = 0; start < n;) {
    const value = x[order[start] ?? 0] ?? 0;
    let sum = 0;
    let total = 0;
    let end = start;
    for (; end < n && x[order[end] ?? 0] === value; end++) {
      const row = order[end] ?? 0;
      const w = weight === null ? 1 : (weight[row] ?? 0);
      total += w;
      sum += w * (y[row] ?? 0);
    }
    start = end;
    if (total === 0) continue;
    top++;
    first[top] = value;
    last[top] = value;
    mass[top] = total;
    mean[top] = sum / total;
    while (top > 0 && (mean[top - 1] ?? 0) >= (mean[top] ?? 0)) {
      const lower = mass[top - 1] ?? 0;
      const upper = mass[top] ?? 0;
      mean[top - 1] = (lower * (mean[top - 1] ?? 0) + upper * (mean[top] ?? 0)) / (lower + upper);
      mass[top - 1] = lower + upper;
      last[top - 1] = last[top] ?? 0;
      top--;
    }
  }
  const knots: { x: number[]; y: number[] } = { x: [], y: [] };
  for (let block = 0; block <= top; block++) {
    const from = first[block] ?? 0;
    const to = last[block] ?? 0;
    knots.x.push(from);
    knots.y.push(mean[block] ?? 0);
    if (to === from) continue;
    knots.x.push(to);
    knots.y.push(mean[block] ?? 0);
  }
  return knots;
}

/**
 * Linear interpolation between the knots, clipped outside.
 *
 * @internal
 */
export function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  const after = countBelow(xs, x);
  const right = xs[after];
  if (right === undefined) return ys[ys.length - 1] ?? 0;
  const upper = ys[after] ?? 0;
  if (after === 0 || right === x) return upper;
  const left = xs[after - 1] ?? 0;
  const lower = ys[after - 1] ?? 0;
  return lower + ((upper - lower) * (x - left)) / (right - left);
}

/** Log-odds after isotonic regression; ±Infinity where the fitted value is 0 or 1. */
function isotonicLogOdds(map: IsotonicMap, f: number): number {
  return logit(interpolate(map.x, map.y, f));
}
