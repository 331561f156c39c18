import { UserError } from '../user-error';
import { searchScale } from './scale-search';
import type { LabelSample } from './label-sample';

/** softmax(β z); β = 1/T. Never changes which label is on top. */
export interface TemperatureModel {
  readonly kind: 'temperature';
  readonly beta: number;
}

/**
 * Temperature scaling (Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", 2017, §4.2) by
 * maximum likelihood. In β = 1/T the mean NLL is convex:
 *   L(β) = mean(logsumexp(β z) − β z_y),  L' = mean(E_p[z] − z_y),  L'' = mean(Var_p[z]).
 */
export function fitTemperature({ z, K, truth, weight }: LabelSample): TemperatureModel {
  const n = truth.length;
  const search = searchScale((beta) => {
    let first = 0;
    let second = 0;
    for (let i = 0; i < n; i++) {
      const at = i * K;
      let max = -Infinity;
      for (let k = 0; k < K; k++) max = Math.max(max, z[at + k] ?? 0);
      let total = 0;
      let mean = 0;
      let square = 0;
      for (let k = 0; k < K; k++) {
        // Measured from the top label, so that the variance does not cancel when β z is large.
        const gap = (z[at + k] ?? 0) - max;
        if (gap === 0) {
          total += 1;
          continue;
        }
        const e = Math.exp(beta * gap);
        total += e;
        mean += e * gap;
        square += e * gap * gap;
      }
      mean /= total;
      const w = weight === null ? 1 : (weight[i] ?? 0);
      first += w * (mean - ((z[at + (truth[i] ?? 0)] ?? 0) - max));
      second += w * (square / total - mean * mean);
    }
    return { first: first / n, second: second / n };
  });
  if (search.outcome === 'found') return { kind: 'temperature', beta: search.beta };
  throw search.outcome === 'separable'
    ? new UserError(
        'no-optimum',
        'A temperature cannot be fitted: in every row the true label is on top or level with it, so a lower temperature is never worse. Collect rows with mistakes first.',
      )
    : new UserError(
        'no-optimum',
        'A temperature cannot be fitted: the true label does not score above the average label here, so no positive temperature is best. Try bias-temperature, or check the order of the labels.',
      );
}
