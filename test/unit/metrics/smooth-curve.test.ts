import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CURVE_STEPS, smoothEce, smoothReliability } from '../../../src/core/metrics/smooth-ece';

const rows = fc.array(
  fc.record({
    f: fc.double({ min: 0, max: 1, noNaN: true }),
    y: fc.boolean(),
    w: fc.integer({ min: 1, max: 4 }),
  }),
  { minLength: 1, maxLength: 40 },
);
const columns = (table: readonly { f: number; y: boolean }[]) =>
  [Float64Array.from(table, ({ f }) => f), Uint8Array.from(table, ({ y }) => Number(y))] as const;

/** Kernel regression by its definition: the Gaussian and its images behind 0 and 1. */
function direct(table: readonly { f: number; y: boolean; w: number }[], sigma: number, t: number) {
  let [sum, mass] = [0, 0];
  for (const { f, y, w } of table)
    for (let m = -4; m <= 4; m++)
      for (const distance of [t - f - 2 * m, t + f - 2 * m]) {
        const kernel = w * Math.exp(-((distance / sigma) ** 2) / 2);
        mass += kernel;
        if (y) sum += kernel;
      }
  return { accuracy: sum / mass, rows: mass };
}

describe('the smooth reliability curve', () => {
  it('is kernel regression with the reflected kernel of smooth ECE, and knows on how many rows it rests', () => {
    fc.assert(
      fc.property(rows, (table) => {
        const [confidence, correct] = columns(table);
        const weight = Float64Array.from(table, ({ w }) => w);
        const curve = smoothReliability(confidence, correct, weight, smoothEce(confidence, correct, weight));
        assert.equal(curve.accuracy.length, CURVE_STEPS + 1);
        for (let j = 0; j <= CURVE_STEPS; j++) {
          const expected = direct(table, curve.sigma, j / CURVE_STEPS);
          assert.ok(Math.abs((curve.rows[j] ?? 0) - expected.rows) < 2e-3 * Math.max(1, expected.rows));
          if (expected.rows < 0.5) continue;
          assert.ok(Math.abs((curve.accuracy[j] ?? -1) - expected.accuracy) < 2e-3);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('takes a weight for so many equal rows', () => {
    fc.assert(
      fc.property(rows, (table) => {
        const [confidence, correct] = columns(table);
        const weighted = smoothReliability(
          confidence,
          correct,
          Float64Array.from(table, ({ w }) => w),
          0.1,
        );
        const repeated = table.flatMap((row) => Array.from({ length: row.w }, () => row));
        const { accuracy } = smoothReliability(...columns(repeated), null, 0.1);
        accuracy.forEach((value, j) => {
          if ((weighted.rows[j] ?? 0) < 0.01) return;
          assert.ok(Math.abs((value ?? -1) - (weighted.accuracy[j] ?? -1)) < 1e-9);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('says nothing where no row is near, and never leaves [0, 1]', () => {
    const [confidence, correct] = columns(Array.from({ length: 30 }, () => ({ f: 0.9, y: true })));
    const { accuracy, sigma } = smoothReliability(confidence, correct, null, 0);
    assert.equal(sigma, 1 / CURVE_STEPS);
    assert.equal(accuracy[0], null);
    assert.equal(accuracy[CURVE_STEPS / 2], null);
    assert.equal(accuracy[Math.round(0.9 * CURVE_STEPS)], 1);
  });
});
