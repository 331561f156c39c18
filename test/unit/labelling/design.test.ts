import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {
  type Design,
  DESIGN_KINDS,
  type DesignRequest,
  drawDesign,
  priceInWords,
  reachedProbability,
} from '../../../src/core/labelling/design';
import { seededRandom } from '../../../src/core/random';
import { ROOT } from '../../support/paths';

/** A table with several predicted labels, some of them rare, and clusters of near-copies. */
function request(n: number, seed: number, more: Partial<DesignRequest> = {}): DesignRequest {
  const random = seededRandom(seed);
  const confidence = Float64Array.from({ length: n }, () => 0.5 + random() / 2);
  const predicted = Int32Array.from({ length: n }, () => (random() < 0.9 ? 0 : random() < 0.8 ? 1 : 2));
  return { kind: 'stratified', size: 50, seed, n, scores: { confidence, predicted }, ...more };
}

/** Every third row is a copy of one of a few texts. */
function copies(n: number, texts: number): Int32Array {
  return Int32Array.from({ length: n }, (_, row) => (row % 3 === 0 ? row % (3 * texts) : 1000 + row));
}

describe('the design of a labelling', () => {
  it('draws what is asked for, each text once, with the probability of every row known', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DESIGN_KINDS),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 1, max: 9 }),
        (kind, n, size, seed, texts) => {
          const cluster = copies(n, texts);
          const design = drawDesign(request(n, seed, { kind, size, cluster }));
          const clusters = new Set(cluster).size;
          assert.equal(design.queue.length, Math.min(size, clusters));
          assert.equal(new Set(design.queue.map(({ row }) => cluster[row])).size, design.queue.length);
          assert.ok(design.probability.every((p) => p > 0 && p <= 1));
          for (const { row, probability } of design.queue) assert.equal(probability, design.probability[row]);
          const expected = design.probability.reduce((sum, p) => sum + p, 0);
          assert.ok(Math.abs(expected - design.queue.length) < 1e-9 * n, `${expected}`);
        },
      ),
    );
  });

  it('of a review takes what is unsure, and a tenth at random of all others', () => {
    const of = (below: number, size: number) => {
      const asked = request(1000, 3, { kind: 'review', size, below });
      const { queue, probability } = drawDesign(asked);
      const unsure = (row: number): boolean => (asked.scores?.confidence[row] ?? 1) < below;
      return {
        unsure: Array.from(probability.keys()).filter(unsure).length,
        picked: queue.filter(({ selectedBy }) => selectedBy === 'uncertain'),
        audit: queue.filter(({ selectedBy }) => selectedBy === 'random'),
        isUnsure: (row: number) => unsure(row),
      };
    };
    const few = of(0.55, 500);
    assert.equal(few.picked.length, few.unsure);
    assert.ok(few.picked.every(({ row, probability }) => few.isUnsure(row) && probability === 1));
    assert.ok(few.audit.every(({ row }) => !few.isUnsure(row)));
    assert.equal(few.audit.length, Math.ceil(few.unsure / 9));
    const many = of(0.9, 100);
    assert.deepEqual([many.picked.length, many.audit.length], [90, 10]);
    assert.throws(() => of(0.4, 100), { code: 'too-few-rows' });
  });

  it('draws each row at least at a third of the even rate', () => {
    for (const size of [20, 100, 300]) {
      const { probability } = drawDesign(request(2000, 1, { size }));
      assert.ok(probability.every((p) => p >= size / 2000 / 3 - 1e-12));
      // And more of what is rare: the third label.
      const { probability: rare } = drawDesign(request(2000, 1, { size }));
      assert.ok(Math.max(...rare) > (2 * size) / 2000);
    }
  });

  it('is the same for the same seed, and another for another', () => {
    const rows = (seed: number) => drawDesign({ ...request(500, 7), seed }).queue.map(({ row }) => row);
    assert.deepEqual(rows(3), rows(3));
    assert.notDeepEqual(rows(3), rows(4));
  });

  it('includes each row as often as it says, also in the first rows of the queue', () => {
    const runs = 4000;
    for (const kind of DESIGN_KINDS) {
      const n = 90;
      const base = request(n, 11, { kind, size: 20, cluster: copies(n, 4) });
      const counts = new Float64Array(n);
      const early = new Float64Array(n);
      let probability: Float64Array = new Float64Array(n);
      for (let run = 0; run < runs; run++) {
        const design = drawDesign({ ...base, seed: run });
        ({ probability } = design);
        design.queue.forEach(({ row }, at) => {
          counts[row] = (counts[row] ?? 0) + 1;
          if (at < 5) early[row] = (early[row] ?? 0) + 1;
        });
      }
      for (let row = 0; row < n; row++) {
        for (const [count, p] of [
          [counts[row] ?? 0, probability[row] ?? 0],
          [early[row] ?? 0, reachedProbability(probability[row] ?? 0, 5, 20)],
        ] as const) {
          const error = Math.sqrt((p * (1 - p)) / runs);
          assert.ok(
            Math.abs(count / runs - p) < 4.5 * error + 1e-9,
            `${kind}, row ${row}: ${count / runs}, ${p}`,
          );
        }
      }
    }
  });

  it('says what Find Errors costs', () => {
    const design = drawDesign(request(5000, 5, { kind: 'errors', size: 100 }));
    assert.equal(
      priceInWords(design),
      '100 labels, worth 31 for estimates: 70 picked rows and 30 of weight 164.',
    );
    const picked = design.queue.filter(({ selectedBy }) => selectedBy === 'uncertain');
    assert.ok(picked.every(({ probability }) => probability === 1));
  });

  it('draws at random only where there are no scores', () => {
    const plain = { ...request(50, 1), scores: undefined };
    assert.throws(() => drawDesign(plain), { code: 'no-label-scores' });
    assert.equal(drawDesign({ ...plain, kind: 'random' }).worth, 50);
    assert.throws(() => drawDesign({ ...plain, kind: 'random', n: 0 }), { code: 'too-few-rows' });
  });

  describe('on the film reviews', () => {
    const { truth, asked } = reviews();
    const accuracy = (design: Design, reached: number): number => {
      let mass = 0;
      let right = 0;
      for (const { row, probability } of design.queue.slice(0, reached)) {
        mass += 1 / probability;
        right += (truth[row] ?? 0) / probability;
      }
      return right / mass;
    };
    const all = truth.reduce((sum, y) => sum + y, 0) / truth.length;

    /** Root mean square error and mean of the accuracy that the first rows of a queue give. */
    function errorOf(
      kind: DesignRequest['kind'],
      reached: number,
      runs = 400,
    ): { rmse: number; bias: number } {
      const gaps = Array.from({ length: runs }, (_, seed) => {
        const design = drawDesign({ ...asked, kind, size: 100, seed });
        return accuracy(design, reached) - all;
      });
      const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / runs;
      return { rmse: Math.sqrt(mean(gaps.map((gap) => gap * gap))), bias: mean(gaps) };
    }

    it('estimates accuracy as well as rows that are drawn all at random, and every prefix is unbiased', () => {
      const random = errorOf('random', 100);
      const stratified = errorOf('stratified', 100);
      assert.ok(stratified.rmse < 1.1 * random.rmse, `${stratified.rmse} and ${random.rmse}`);
      for (const kind of DESIGN_KINDS)
        for (const reached of [10, 40, 100]) {
          const { rmse, bias } = errorOf(kind, reached);
          // A ratio of two means is biased by a share of its variance; Find Errors weighs few rows heavily.
          const allowed = (4 * rmse) / Math.sqrt(400) + rmse * rmse;
          assert.ok(Math.abs(bias) < allowed, `${kind}, ${reached}: ${bias}, error ${rmse}`);
        }
    });

    it('makes Find Errors pay with accuracy', () => {
      assert.ok(errorOf('errors', 100).rmse > 1.5 * errorOf('random', 100).rmse);
    });
  });
});

function reviews(): { truth: Uint8Array; asked: DesignRequest } {
  const [header = '', ...lines] = readFileSync(path.join(ROOT, 'docs/real-data/reviews.csv'), 'utf8')
    .trim()
    .split('\n');
  const names = header.split(',');
  const cells = lines.map((line) => line.split(','));
  const column = (name: string) => cells.map((row) => row[names.indexOf(name)] ?? '');
  const [label, predicted] = [column('label'), column('predicted')];
  return {
    truth: Uint8Array.from(label, (name, row) => Number(name === predicted[row])),
    asked: {
      ...{ kind: 'stratified', size: 100, seed: 0, n: lines.length },
      scores: {
        confidence: Float64Array.from(column('confidence'), Number),
        predicted: Int32Array.from(predicted, (name) => Number(name === 'positive')),
      },
    },
  };
}
