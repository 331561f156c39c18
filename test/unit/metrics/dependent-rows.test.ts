import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gateLimits, type GateMetric } from '../../../src/core/decisions/gate';
import { evaluate } from '../../../src/core/metrics/evaluate';
import { unitsOf } from '../../../src/core/metrics/units';
import type { ConfidenceData } from '../../../src/core/model/predictions';
import { seededRandom } from '../../../src/core/random';
import { confidenceTable } from '../calibration/tables';

const column = <T>(n: number, value: (row: number) => T): T[] =>
  Array.from({ length: n }, (_, row) => value(row));

/** 100 texts of confidence .85, 87 of them right, each so many times. */
function copies(times: number): ConfidenceData {
  const n = 100 * times;
  return {
    kind: 'confidence',
    confidence: new Float64Array(n).fill(0.85),
    correct: Uint8Array.from(column(n, (row) => Number(row % 100 < 87))),
    group: Int32Array.from(column(n, (row) => row % 100)),
  };
}

const verdict = (data: ConfidenceData, metric: GateMetric, bound: 'max' | 'min', limit: number) =>
  gateLimits(data, [{ metric, bound, limit }], { rounds: 300, nullDraws: 300 }).results[0]?.verdict;

describe('rows that depend on each other', () => {
  it('say no more in five copies than once', () => {
    for (const times of [1, 2, 5, 20]) {
      const { accuracy } = evaluate(copies(times), { rounds: 0, nullDraws: 0 });
      const once = evaluate(copies(1), { rounds: 0, nullDraws: 0 }).accuracy;
      assert.ok(Math.abs((accuracy.low ?? 0) - (once.low ?? 1)) < 0.005, `${times}: ${accuracy.low}`);
      assert.ok(Math.abs((accuracy.high ?? 0) - (once.high ?? 1)) < 0.005, `${times}: ${accuracy.high}`);
      assert.equal(verdict(copies(times), 'accuracy', 'min', 0.84), 'undecided');
    }
    // Ungrouped, 500 rows would be shown to be better than that.
    assert.equal(verdict({ ...copies(5), group: undefined }, 'accuracy', 'min', 0.84), 'pass');
  });

  it('are counted by Kish over the weights of their groups: one group of 300 and 29 of 10 are 3.7', () => {
    const n = 300 + 290;
    const group = Int32Array.from(column(n, (row) => (row < 300 ? 0 : 1 + ((row - 300) % 29))));
    const units = unitsOf({ group }, n, null);
    assert.equal(units.count, 30);
    assert.ok(Math.abs(units.effective - 3.74) < 0.01, `${units.effective}`);
    const data = { ...confidenceTable(n, 1), group };
    const found = evaluate(data, { rounds: 200, nullDraws: 100 });
    for (const metric of ['accuracy', 'brier', 'ece', 'auroc', 'smoothEce'] as const) {
      assert.equal(found[metric].low, null, metric);
      assert.match(found[metric].reason ?? '', /30 groups of unequal weight, which are worth 3\.7/, metric);
    }
    assert.ok(found.bins.every(({ accuracyLow }) => accuracyLow === null));
    assert.ok(found.warnings.some(({ code }) => code === 'few-groups'));
    assert.equal(verdict(data, 'accuracy', 'min', 0.1), 'undecided');
    assert.equal(verdict(data, 'ece', 'max', 0.9), 'undecided');
  });

  it('have a warning below 20 groups, and no interval below 5', () => {
    for (const [groups, isShown, isWarned] of [
      [4, false, true],
      [5, true, true],
      [19, true, true],
      [20, true, false],
    ] as const) {
      const data = { ...confidenceTable(400, 2), group: Int32Array.from(column(400, (row) => row % groups)) };
      const { accuracy, brier, warnings } = evaluate(data, { rounds: 100, nullDraws: 50 });
      assert.equal(accuracy.low !== null, isShown, `${groups}`);
      assert.equal(brier.low !== null, isShown, `${groups}`);
      assert.equal(
        warnings.some(({ code }) => code === 'few-groups'),
        isWarned,
        `${groups}`,
      );
    }
  });

  it('are as before where every group holds one row, down to one row', () => {
    for (const n of [1, 2, 7, 300]) {
      const data = confidenceTable(n, 3);
      const own = { ...data, group: Int32Array.from(column(n, (row) => 1000 - row)) };
      const options = { rounds: 100, nullDraws: 100 };
      assert.deepEqual(evaluate(own, options), evaluate(data, options));
    }
    assert.ok((evaluate(confidenceTable(1, 3)).accuracy.low ?? null) !== null);
  });

  it('widen every interval, also those of bins', () => {
    // Ten rows of each of 40 groups, all right or all wrong.
    const random = seededRandom(5);
    const right = column(40, () => random() < 0.8);
    const data: ConfidenceData = {
      kind: 'confidence',
      confidence: Float64Array.from(column(400, () => 0.55 + 0.4 * random())),
      correct: Uint8Array.from(column(400, (row) => Number(right[row % 40]))),
      group: Int32Array.from(column(400, (row) => row % 40)),
    };
    const options = { rounds: 300, nullDraws: 300 };
    const grouped = evaluate(data, options);
    const alone = evaluate({ ...data, group: undefined }, options);
    const width = ({ low, high }: { low: number | null; high: number | null }) => (high ?? 1) - (low ?? 0);
    assert.ok(width(grouped.accuracy) > 2.5 * width(alone.accuracy));
    assert.ok(width(grouped.brier) > 2 * width(alone.brier));
    // Ten rows that share an outcome, and not their confidences.
    for (const metric of ['ece', 'smoothEce', 'auroc', 'aurc'] as const)
      assert.ok(width(grouped[metric]) > 1.3 * width(alone[metric]), metric);
    grouped.bins.forEach((bin, b) => {
      const other = alone.bins[b];
      assert.ok(
        (bin.accuracyHigh ?? 1) - (bin.accuracyLow ?? 0) >
          (other?.accuracyHigh ?? 1) - (other?.accuracyLow ?? 0),
      );
    });
    // What chance would show is larger too.
    assert.ok((grouped.eceNull.q95 ?? 0) > 1.3 * (alone.eceNull.q95 ?? 1));
  });

  it('of weight are as many rows as Kish says: ten of weight 50 among 490 of .1 decide nothing', () => {
    const data: ConfidenceData = {
      kind: 'confidence',
      confidence: new Float64Array(500).fill(0.99),
      correct: new Uint8Array(500).fill(1),
      weight: Float64Array.from(column(500, (row) => (row < 10 ? 50 : 0.1))),
    };
    assert.equal(verdict(data, 'accuracy', 'min', 0.98), 'undecided');
    assert.equal(verdict({ ...data, weight: undefined }, 'accuracy', 'min', 0.98), 'pass');
  });

  it('with whole weights have the values of as many copies, in bins of equal mass too', () => {
    const rows = fc.array(
      fc.record({
        p: fc.integer({ min: 1, max: 20 }).map((tenths) => tenths / 20),
        y: fc.integer({ min: 0, max: 1 }),
        w: fc.integer({ min: 1, max: 5 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(rows, fc.constantFrom('width', 'mass'), (table, binning) => {
        const data = (entries: typeof table): ConfidenceData => ({
          kind: 'confidence',
          confidence: Float64Array.from(entries, ({ p }) => p),
          correct: Uint8Array.from(entries, ({ y }) => y),
        });
        const options = { binning, bins: 7, rounds: 0, nullDraws: 0 } as const;
        const weighted = evaluate(
          { ...data(table), weight: Float64Array.from(table, ({ w }) => w) },
          options,
        );
        const repeated = evaluate(
          data(table.flatMap((row) => Array.from({ length: row.w }, () => row))),
          options,
        );
        for (const metric of [
          'accuracy',
          'meanConfidence',
          'ece',
          'mce',
          'brier',
          'nll',
          'auroc',
          'aurc',
          'smoothEce',
        ] as const) {
          const [own, other] = [weighted[metric].value, repeated[metric].value];
          if (own === null || other === null) assert.equal(own, other, metric);
          else assert.ok(Math.abs(own - other) < 1e-6, `${metric}: ${own} ${other}`);
        }
        assert.deepEqual(
          weighted.bins.map(({ low, high }) => [low, high]),
          repeated.bins.map(({ low, high }) => [low, high]),
        );
      }),
      { numRuns: 300 },
    );
  });
});
