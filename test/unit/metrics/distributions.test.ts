import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  betaCumulative,
  betaQuantile,
  binomialTail,
  clopperPearson,
  normalCumulative,
  normalQuantile,
  studentPoint,
} from '../../../src/core/metrics/distributions';

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${actual} ${expected}`,
  );

describe('distributions', () => {
  it('are those of tables', () => {
    near(betaCumulative(0.3, 2, 5), 0.579825, 1e-6);
    near(betaCumulative(0.5, 0.5, 0.5), 0.5, 1e-14);
    near(betaQuantile(0.05, 10, 1), 0.05 ** 0.1, 1e-12);
    // Binomial tables.
    near(clopperPearson(8, 10, 0.025).low, 0.443904, 1e-5);
    near(clopperPearson(8, 10, 0.025).high, 0.974789, 1e-5);
    assert.deepEqual(clopperPearson(0, 20, 0.05).low, 0);
    near(clopperPearson(0, 20, 0.05).high, 1 - 0.05 ** 0.05, 1e-12);
    near(normalCumulative(1.959963984540054), 0.975, 1e-6);
    near(normalQuantile(0.025), -1.959964, 1e-5);
  });

  it("give the points of Student's t to four digits, also between whole numbers", () => {
    const table: [number, number][] = [
      [1, 12.7062],
      [2, 4.3027],
      [3, 3.1824],
      [4, 2.7764],
      [5, 2.5706],
      [9, 2.2622],
      [19, 2.093],
      [29, 2.0452],
      [99, 1.9842],
      [1e6, 1.96],
    ];
    for (const [df, t] of table) near(studentPoint(df), t, 2e-4);
    fc.assert(
      fc.property(fc.double({ min: 2, max: 500, noNaN: true }), (df) => {
        // t² / (df + t²) follows Beta(1/2, df/2).
        const x = betaQuantile(0.95, 0.5, df / 2);
        near(studentPoint(df), Math.sqrt((df * x) / (1 - x)), 2e-3);
      }),
    );
  });

  it('are exact at whole numbers, and between them without a step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, p, share) => {
          const k = Math.floor(share * n);
          let exact = 0;
          let term = (1 - p) ** n;
          for (let j = 0; j <= n; j++) {
            if (j >= k) exact += term;
            term *= ((n - j) / (j + 1)) * (p / (1 - p));
          }
          near(binomialTail(k, n, p), exact, 1e-8);
          const between = binomialTail(k + 0.5, n, p);
          assert.ok(between <= binomialTail(k, n, p) + 1e-12);
          assert.ok(k + 1 > n || between >= binomialTail(k + 1, n, p) - 1e-12);
        },
      ),
    );
  });

  it('bound a share at their level', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, share) => {
          const k = Math.round(share * n);
          const { low, high } = clopperPearson(k, n, 0.05);
          if (k > 0) near(binomialTail(k, n, low), 0.05, 1e-9);
          if (k < n) near(1 - binomialTail(k + 1, n, high), 0.05, 1e-9);
        },
      ),
    );
  });
});
