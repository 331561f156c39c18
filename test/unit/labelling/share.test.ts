import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { cohenKappa } from '../../../src/core/labelling/kappa';
import {
  differenceOf,
  estimateShare,
  type LabelledRows,
  predictionPowered,
  type TablePredictions,
} from '../../../src/core/labelling/share';
import { unitsOf } from '../../../src/core/metrics/units';
import { seededRandom } from '../../../src/core/random';
import { fixture } from '../../support/paths';

const numbers = z.array(z.number());
const schema = z.object({
  tables: z.array(
    z.object({
      y: numbers,
      f: numbers,
      unlabelled: numbers,
      weight: numbers.nullable(),
      atLambda: z.array(z.object({ lambda: z.number(), value: z.number() })),
      bestLambda: z.number().optional(),
      best: z.number().optional(),
      interval: z.tuple([z.number(), z.number()]).optional(),
    }),
  ),
});

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
}

function rowsOf(
  y: readonly number[],
  f: readonly number[] | null,
  weight: readonly number[] | null = null,
): LabelledRows {
  const weights = weight && Float64Array.from(weight);
  return { y, f, weight: weights, units: unitsOf({}, y.length, weights) };
}

function tableOf(f: readonly number[]): TablePredictions {
  return { f, weight: null, units: unitsOf({}, f.length, null) };
}

describe('a share helped by predictions', () => {
  const { tables } = schema.parse(JSON.parse(readFileSync(fixture('labelling/ppi.json'), 'utf8')));

  it('is that of ppi-python', () => {
    for (const { y, f, unlabelled, weight, atLambda, bestLambda, best, interval } of tables) {
      const labelled = { ...rowsOf(y, f, weight), f };
      const table = tableOf([...f, ...unlabelled]);
      const [n, rest] = [y.length, unlabelled.length];
      for (const { lambda, value } of atLambda) {
        // With weights, the mean over the others is the plain one there, and here that which fits the table as a whole.
        const own = predictionPowered(labelled, table, lambda).value;
        const weighted = (values: readonly number[]) =>
          values.reduce((sum, v, i) => sum + v * (weight?.[i] ?? 1), 0) /
          values.reduce((sum, _, i) => sum + (weight?.[i] ?? 1), 0);
        const plain = f.reduce((sum, v) => sum + v, 0) / n;
        const gap = (lambda * n * (plain - weighted(f))) / rest;
        near(own - gap, value, 1e-9);
      }
      if (bestLambda === undefined || best === undefined || interval === undefined) continue;
      const found = estimateShare(labelled, table);
      assert.equal(found.method, 'ppi');
      near(found.lambda, bestLambda, 1e-6);
      near(found.value, best, 1e-6);
      // Theirs is normal and divides by n; ours is Student's and divides by n − 1.
      const [low, high] = interval;
      const ratio = ((found.high ?? 0) - (found.low ?? 0)) / (high - low);
      assert.ok(ratio > 1 && ratio < 1.06, `${ratio}`);
    }
  });

  it('is worth more labels where the model knows more, and never fewer', () => {
    const [good, , , , useless, , reversed] = tables;
    const worthOf = (table: typeof good) =>
      table &&
      (estimateShare(rowsOf(table.y, table.f), tableOf([...table.f, ...table.unlabelled])).worth ?? 0) /
        table.y.length;
    assert.ok((worthOf(good) ?? 0) > 1.1);
    near(worthOf(useless) ?? 0, 1, 0.05);
    // A model that is wrong more often than right gets no say.
    assert.equal(worthOf(reversed), 1);
  });

  it('is worth no more than rows drawn all at random, where the weights of a design cost some of them', () => {
    const y = Array.from({ length: 100 }, (_, i) => i % 2);
    const weight = y.map((_, i) => (i < 50 ? 1.8 : 0.2));
    // (Σ w)² / Σ w²
    near(
      estimateShare(rowsOf(y, null, weight), null).worth ?? 0,
      100 ** 2 / (50 * (1.8 ** 2 + 0.2 ** 2)),
      1e-9,
    );
  });

  it('is exact, and worth nothing more, where few rows have the label or lack it', () => {
    for (const count of [0, 3, 9]) {
      const y = Array.from({ length: 50 }, (_, i) => Number(i < count));
      for (const turned of [y, y.map((value) => 1 - value)]) {
        const found = estimateShare(rowsOf(turned, y), tableOf([...y, ...y]));
        assert.deepEqual([found.method, found.worth, found.lambda], ['exact', null, 0]);
      }
    }
    // R: binom.test(3, 50)
    const found = estimateShare(
      rowsOf(
        Array.from({ length: 50 }, (_, i) => Number(i < 3)),
        null,
      ),
      null,
    );
    near(found.low ?? 0, 0.01254859, 1e-6);
    near(found.high ?? 0, 0.1654819, 1e-6);
    const ten = Array.from({ length: 50 }, (_, i) => Number(i < 10));
    assert.equal(estimateShare(rowsOf(ten, ten), tableOf([...ten, ...ten])).method, 'ppi');
    // Ten rows, one of which weighs as much as all others.
    const weight = ten.map((_, i) => (i === 0 ? 9 : 1));
    assert.equal(estimateShare(rowsOf(ten, ten, weight), tableOf([...ten, ...ten])).method, 'exact');
  });

  it('has no interval for fewer than five groups, and counts groups', () => {
    const y = Array.from({ length: 100 }, (_, i) => Number(i % 50 < 20));
    const grouped = (groups: number): LabelledRows => ({
      ...rowsOf(y, null),
      units: unitsOf({ group: Int32Array.from(y, (_, i) => i % groups) }, 100, null),
    });
    assert.equal(estimateShare(grouped(4), null).low, null);
    const width = (rows: LabelledRows) => {
      const { low, high } = estimateShare(rows, null);
      return (high ?? 0) - (low ?? 0);
    };
    assert.ok(width(grouped(50)) > 1.2 * width(rowsOf(y, null)));
  });

  it('stands alone where every row is labelled', () => {
    const y = Array.from({ length: 60 }, (_, i) => i % 2);
    const found = estimateShare(rowsOf(y, y), tableOf(y));
    assert.deepEqual([found.value, found.lambda, Math.round(found.worth ?? 0)], [0.5, 0, 60]);
  });

  it('covers the truth', () => {
    for (const { share, n, skill } of [
      { share: 0.5, n: 50, skill: 2 },
      { share: 0.1, n: 100, skill: 2 },
      { share: 0.02, n: 50, skill: 2 },
      { share: 0.5, n: 100, skill: 0 },
    ]) {
      const runs = 1000;
      let hits = 0;
      for (let run = 0; run < runs; run++) {
        const random = seededRandom(run * 7919 + n);
        const all = Array.from({ length: 2000 }, () => {
          const y = Number(random() < share);
          return {
            y,
            f: skill === 0 ? random() : 1 / (1 + Math.exp(-(skill * (2 * y - 1) + 4 * (random() - 0.5)))),
          };
        });
        const truth = share;
        const { low, high } = estimateShare(
          rowsOf(
            all.slice(0, n).map(({ y }) => y),
            all.slice(0, n).map(({ f }) => f),
          ),
          tableOf(all.map(({ f }) => f)),
        );
        if ((low ?? 1) <= truth && truth <= (high ?? 0)) hits++;
      }
      assert.ok(
        hits / runs > 0.93 - 2 * Math.sqrt((0.93 * 0.07) / runs),
        `${share}, ${n}, ${skill}: ${hits / runs}`,
      );
    }
  });
});

describe('the difference of two estimates', () => {
  it('has the interval of Newcombe, method 10', () => {
    // Newcombe 1998, table II: 56/70 and 48/80.
    const found = differenceOf(
      { value: 0.8, low: 0.6918, high: 0.8769 },
      { value: 0.6, low: 0.4904, high: 0.7004 },
    );
    near(found.low ?? 0, 0.0524, 5e-4);
    near(found.high ?? 0, 0.3339, 5e-4);
    assert.equal(
      differenceOf({ value: 1, low: null, high: null }, { value: 0.5, low: 0, high: 1 }).low,
      null,
    );
  });
});

describe("Cohen's kappa", () => {
  const pairs = (counts: readonly (readonly number[])[]) =>
    counts.flatMap((row, i) =>
      row.flatMap((count, j) => Array.from({ length: count }, () => [i, j] as const)),
    );
  const kappaOf = (counts: readonly (readonly number[])[]) => {
    const all = pairs(counts);
    return cohenKappa(
      all.map(([one]) => one),
      all.map(([, other]) => other),
      counts.length,
      { weight: null, units: unitsOf({}, all.length, null) },
    );
  };

  it('is that of a textbook', () => {
    // Wikipedia's example: 20, 5, 10, 15 of 50: p_o = .7, p_e = .5.
    const { value, agreement, low, high } = kappaOf([
      [20, 5],
      [10, 15],
    ]);
    near(value ?? 0, 0.4, 1e-12);
    near(agreement, 0.7, 1e-12);
    assert.ok((low ?? 1) < 0.2 && (low ?? -1) > 0.05 && (high ?? 0) > 0.55 && (high ?? 1) < 0.7);
  });

  it('is uncertain where all agree, and undefined where there is one label', () => {
    const same = kappaOf([
      [10, 0],
      [0, 10],
    ]);
    assert.equal(same.value, 1);
    assert.ok((same.low ?? 1) < 0.75);
    assert.equal(kappaOf([[10]]).value, null);
  });

  it('holds the truth', () => {
    let hits = 0;
    const runs = 1500;
    for (let run = 0; run < runs; run++) {
      const random = seededRandom(run);
      const one = Array.from({ length: 80 }, () => Number(random() < 0.3));
      const other = one.map((answer) => (random() < 0.15 ? 1 - answer : answer));
      const { low, high } = cohenKappa(one, other, 2, { weight: null, units: unitsOf({}, 80, null) });
      // p_o = .85; the second says 1 in .3 · .85 + .7 · .15 = .36 of the rows.
      const chance = 0.3 * 0.36 + 0.7 * 0.64;
      const truth = (0.85 - chance) / (1 - chance);
      if ((low ?? 1) <= truth && truth <= (high ?? -1)) hits++;
    }
    assert.ok(hits / runs > 0.93, `${hits / runs}`);
  });
});
