import * as z from 'zod';
import { UserError } from '../../user-error';
import { sigmoid } from '../../model/numeric';
import { FEWEST_OUTCOMES, type ScalarKind } from '../calibrator-kind';
import type { BinarySample } from '../sample';
import { searchScale } from '../scale-search';

const schema = z.strictObject({ kind: z.literal('slope'), beta: z.number().positive() });

/** p = sigmoid(β f) */
type SlopeMap = Readonly<z.infer<typeof schema>>;

/**
 * What temperature scaling (Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", 2017, §4.2) is
 * for a single confidence: of two labels the same. A confidence of .5 stays .5.
 *
 * Example: of four rows at f = 2 three are right, whose log-odds are ln 3: β = ln 3 / 2 = .549, and p = .75.
 */
export const slope = {
  shape: 'scalar',
  id: 'slope',
  title: 'Slope',
  on: { labels: 'Slope rescales a single confidence. For label scores use temperature.', confidence: true },
  schema,
  needs: null,
  fewestOutcomes: FEWEST_OUTCOMES,
  growsWithRows: false,
  fit: fitSlope,
  apply: ({ beta }, f) => beta * f,
  parameters: () => 1,
  monotone: () => true,
  identity: () => ({ kind: 'slope', beta: 1 }),
} as const satisfies ScalarKind<SlopeMap>;

/** Maximum likelihood of β. Throws where no finite positive β is best. */
function fitSlope({ f, y, weight }: BinarySample): SlopeMap {
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
