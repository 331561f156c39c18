import { UserError } from '../user-error';
import { sigmoid } from '../model/numeric';
import type { BinarySample } from './sample';
import { searchScale } from './scale-search';

/** p = sigmoid(β f): what temperature scaling is for a single confidence; .5 stays .5. */
export interface SlopeMap {
  readonly kind: 'slope';
  readonly beta: number;
}

/** Maximum likelihood of β. Throws where no finite positive β is best. */
export function fitSlope({ f, y, weight }: BinarySample): SlopeMap {
  const n = f.length;
  const search = searchScale((beta) => {
    let first = 0;
    let second = 0;
    for (let i = 0; i < n; i++) {
      const score = f[i] ?? 0;
      const w = weight === null ? 1 : (weight[i] ?? 0);
      const p = sigmoid(beta * score);
      first += w * (p - (y[i] ?? 0)) * score;
      second += w * p * (1 - p) * score * score;
    }
    return { first: first / n, second: second / n };
  });
  if (search.outcome === 'found') return { kind: 'slope', beta: search.beta };
  throw search.outcome === 'separable'
    ? new UserError(
        'no-optimum',
        'A slope cannot be fitted: every row above 50% is correct and every row below is wrong, so a steeper slope is always better. Collect rows with mistakes, or use platt, which stays finite.',
      )
    : new UserError(
        'no-optimum',
        'A slope cannot be fitted: higher confidence does not go with more correct rows here, so the best slope is not positive. Use platt or isotonic, or keep the raw confidence.',
      );
}

export function slopeLogOdds(map: SlopeMap, f: number): number {
  return map.beta * f;
}
