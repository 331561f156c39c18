import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gateLimits } from '../../../src/core/decisions/gate';
import { evaluate } from '../../../src/core/metrics/evaluate';
import { MeanSpread } from '../../../src/core/metrics/mean-spread';
import { unitsOf } from '../../../src/core/metrics/units';
import { confidenceTable } from '../calibration/tables';

const Z = 1.959_963_984_540_054;
const alone = (n: number) => unitsOf({}, n, null);

/** Hall's cubic of the studentised mean, written out from the paper's γ = skewness and n. */
function cubic(values: readonly number[], mean: number): number {
  const n = values.length;
  const average = values.reduce((sum, value) => sum + value, 0) / n;
  const moment = (power: number) => values.reduce((sum, value) => sum + (value - average) ** power, 0) / n;
  const gamma = moment(3) / moment(2) ** 1.5;
  const t = (Math.sqrt(n) * (average - mean)) / Math.sqrt(moment(2));
  return (
    t +
    (gamma * t * t) / (3 * Math.sqrt(n)) +
    (gamma * gamma * t ** 3) / (27 * n) +
    gamma / (6 * Math.sqrt(n))
  );
}

describe('the interval of a mean', () => {
  it('ends where Hall’s transformed mean reaches the normal points, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 20, maxLength: 60 }),
        (values) => {
          fc.pre(new Set(values.map((value) => value.toFixed(3))).size > 2);
          const spread = MeanSpread.of(Float64Array.from(values), null, alone(values.length));
          assert.ok(spread !== null);
          const { low, high } = spread.interval();
          assert.ok(Math.abs(cubic(values, low) - Z) < 1e-6, `${cubic(values, low)}`);
          assert.ok(Math.abs(cubic(values, high) + Z) < 1e-6, `${cubic(values, high)}`);
          assert.ok(Math.abs(spread.zOf(low) - Z) < 1e-6 && Math.abs(spread.zOf(high) + Z) < 1e-6);
        },
      ),
    );
  });

  it('reaches further to the side of the rare large losses', () => {
    const losses = Float64Array.from({ length: 100 }, (_, i) => (i % 25 === 0 ? 3 : 0.1));
    const spread = MeanSpread.of(losses, null, alone(100));
    assert.ok(spread !== null);
    const { low, high } = spread.interval();
    assert.ok(high - spread.mean > 1.3 * (spread.mean - low), `${low} ${spread.mean} ${high}`);
  });

  it('takes groups as the unit, and weights as they are', () => {
    const once = Float64Array.from({ length: 40 }, (_, i) => (i * i) % 7);
    const thrice = Float64Array.from({ length: 120 }, (_, i) => once[i % 40] ?? 0);
    const units = unitsOf({ group: Int32Array.from(thrice.keys(), (i) => i % 40) }, 120, null);
    const [own, copied] = [MeanSpread.of(once, null, alone(40)), MeanSpread.of(thrice, null, units)];
    assert.ok(own !== null && copied !== null);
    // Groups have Student's points; without them the two are the same.
    assert.ok(Math.abs(copied.zOf(2.5) * (copied.se / own.se) - own.zOf(2.5)) < 1e-9);
    assert.equal(MeanSpread.of(Float64Array.of(1), null, alone(1)), null);
  });

  it('of losses is as wide as accuracy says where wrong rows are in few groups', () => {
    const data = confidenceTable(60, 5);
    const group = Int32Array.from({ length: 60 }, (_, i) => Math.floor(i / 10));
    const correct = Uint8Array.from(group, (g) => Number(g > 0));
    const { accuracy, brier, nll } = evaluate({ ...data, group, correct }, { rounds: 0, nullDraws: 0 });
    // From 50 of 60 right to what the interval of accuracy leaves possible.
    assert.ok((accuracy.low ?? 1) < 0.45, `${accuracy.low}`);
    for (const loss of [brier, nll])
      assert.ok((loss.high ?? 0) > 1.8 * (loss.value ?? 1), `${loss.value} ${loss.high}`);
    const allRight = evaluate({ ...data, group, correct: correct.fill(1) }, { rounds: 0, nullDraws: 0 });
    assert.equal(allRight.brier.low, null);
    assert.match(allRight.brier.reason ?? '', /at least one correct and one wrong row/);
  });
});

describe('a gate on a calibration error', () => {
  it('fails no limit more surely than the null says, so that Holm’s correction holds', () => {
    const limit = { metric: 'ece', bound: 'max', limit: 0 } as const;
    let between = 0;
    for (let seed = 0; seed < 100; seed++) {
      const data = confidenceTable(60, seed);
      // Of three limits the smallest p must be at most a third of 5%.
      const found = gateLimits(data, [limit, limit, limit], { rounds: 20, nullDraws: 199, seed });
      const p = found.evaluation.eceNull.p ?? 1;
      if (3 * p > 0.05) assert.notEqual(found.results[0]?.verdict, 'fail', `seed ${seed}, p ${p}`);
      if (p < 0.05 && 3 * p > 0.05) between++;
    }
    assert.ok(between > 0);
  });

  it('passes only with the standard error that accuracy has: a size varies less than its difference', () => {
    const data = confidenceTable(300, 8);
    const { results, evaluation } = gateLimits(data, [{ metric: 'smoothEce', bound: 'max', limit: 0.5 }], {
      rounds: 200,
      nullDraws: 99,
    });
    const { smoothEce, accuracy } = evaluation;
    assert.ok((results[0]?.high ?? 0) >= (smoothEce.value ?? 1) + 1.6448 * (accuracy.se ?? 1));
  });
});
