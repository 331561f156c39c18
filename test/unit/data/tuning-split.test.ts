import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkSplit, smallestDifference, type Split, splitRows } from '../../../src/core/data/tuning-split';

const countOf = (
  split: readonly Split[],
  part: Split,
  where: (row: number) => boolean = () => true,
): number => split.filter((own, row) => own === part && where(row)).length;

describe('the split for tuning', () => {
  const labels = Int32Array.from({ length: 1000 }, (_, row) => (row % 4 === 0 ? 1 : 0));

  it('holds out 20% and validates on 15% of the rest, of each label', () => {
    const split = splitRows({ labels, group: undefined, seed: 0 });
    assert.equal(countOf(split, 'test'), 200);
    assert.equal(countOf(split, 'validation'), 120);
    for (const label of [0, 1]) {
      const own = (row: number): boolean => labels[row] === label;
      const rows = labels.filter((each) => each === label).length;
      assert.ok(Math.abs(countOf(split, 'test', own) - 0.2 * rows) <= 1);
      assert.ok(Math.abs(countOf(split, 'validation', own) - 0.12 * rows) <= 2);
    }
  });

  it('is the same for the same seed, and another for another', () => {
    const of = (seed: number): string => splitRows({ labels, group: undefined, seed }).join();
    assert.equal(of(3), of(3));
    assert.notEqual(of(3), of(4));
  });

  it('never divides a group', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2), fc.nat(12)), { minLength: 10, maxLength: 120 }),
        fc.nat(),
        (rows, seed) => {
          const group = Int32Array.from(rows, ([, own]) => own);
          const split = splitRows({ labels: Int32Array.from(rows, ([label]) => label), group, seed });
          const parts = new Map<number, Split>();
          split.forEach((part, row) => {
            const own = group[row] ?? 0;
            assert.equal(parts.get(own) ?? part, part);
            parts.set(own, part);
          });
        },
      ),
    );
  });

  it('is refused for one label, a handful of rows, or a label with too few', () => {
    const check = (own: readonly number[]): void => {
      const given = Int32Array.from(own);
      checkSplit(splitRows({ labels: given, group: undefined, seed: 0 }), given, ['yes', 'no', 'maybe']);
    };
    const many = Array.from({ length: 200 }, (_, row) => row % 2);
    check(many);
    assert.throws(() => check(many.map(() => 0)), {
      code: 'too-few-labels',
      message: /All rows have the label yes/u,
    });
    assert.throws(() => check([0, 1, 0]), {
      code: 'too-few-rows',
      message: /Of 3 rows, \d are in the part "train"/u,
    });
    assert.throws(() => check([...many, 2, 2]), {
      code: 'too-few-rows',
      message: /rows of the label maybe/u,
    });
  });

  it('can show a difference that shrinks with the root of the rows', () => {
    assert.ok(Math.abs(smallestDifference(200) - 0.0886) < 0.001);
    assert.ok(Math.abs(smallestDifference(800) - smallestDifference(200) / 2) < 1e-9);
    assert.equal(smallestDifference(1), 1);
    // Few rows: as many would have to change as the difference itself says.
    assert.ok(smallestDifference(20) > Math.sqrt((2.8 ** 2 * 0.2) / 20));
  });
});
