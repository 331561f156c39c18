import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import * as z from 'zod';
import { labelData } from '../../../src/core/model/rows';
import type { PredictionData } from '../../../src/core/model/predictions';
import { binomialTail, normalCumulative } from '../../../src/core/metrics/distributions';
import {
  bucketOf,
  bucketProblems,
  checkBuckets,
  DEFAULT_BUCKETS,
  isAnotherLabelLikelier,
} from '../../../src/core/model/buckets';
import { formatRowShare } from '../../../src/core/words/quantities';
import { minimiseCost } from '../../../src/core/decisions/costs';
import {
  comparePaired,
  compareTwoSamples,
  gateLimits,
  holm,
  parseGateMetric,
} from '../../../src/core/decisions/gate';
import { confidentErrors, evaluateSlices, predictedNames } from '../../../src/core/decisions/slices';
import { riskOnRows } from '../../../src/core/decisions/risk';
import { chooseThreshold, walkThresholds } from '../../../src/core/decisions/threshold';
import { thresholdCurve } from '../../../src/core/decisions/threshold-curve';
import { evaluate } from '../../../src/core/metrics/evaluate';
import { ROOT } from '../../support/paths';
import { confidenceTable, labelTable } from '../calibration/tables';

const thresholdFor = (data: PredictionData, target: number) =>
  walkThresholds(data, riskOnRows(data, { kind: 'accuracy' }, target));
const sure = (confidence: readonly number[], correct: readonly number[]): PredictionData => ({
  kind: 'confidence',
  confidence: Float64Array.from(confidence),
  correct: Uint8Array.from(correct),
});

describe('decisions: thresholds', () => {
  it('exact binomial tails', () => {
    assert.ok(Math.abs(binomialTail(8, 10, 0.5) - 56 / 1024) < 1e-14);
    assert.ok(Math.abs(binomialTail(1, 10, 0.5) - 1023 / 1024) < 1e-14);
    assert.ok(Math.abs(binomialTail(29, 29, 0.9) - 0.9 ** 29) < 1e-14);
    assert.equal(binomialTail(0, 5, 0.5), 1);
    assert.equal(binomialTail(6, 5, 0.5), 0);
  });

  it('needs ceil(ln .05 / ln target) right rows to pass at all', () => {
    const choose = (n: number) =>
      thresholdFor(sure(Array<number>(n).fill(0.995), Array<number>(n).fill(1)), 0.9);
    assert.equal(choose(28).threshold, null);
    assert.equal(choose(28).moreRows, 1);
    const { message } = chooseThreshold(sure(Array<number>(28).fill(0.995), Array<number>(28).fill(1)), {
      target: 0.9,
    });
    assert.match(message, /about 1 more row is needed/);
    assert.equal(choose(29).threshold, 0);
  });

  it('a boundary belongs to its threshold', () => {
    const rows = Array.from({ length: 400 }, (_, i) => i);
    const data = sure(
      rows.map((i) => (i < 200 ? 0.29 : 0.28)),
      rows.map((i) => Number(i < 200)),
    );
    assert.equal(thresholdFor(data, 0.95).threshold, 0.29);
  });

  it('misses its target in at most about 5% of runs', () => {
    const runs = 200;
    let misses = 0;
    for (let seed = 0; seed < runs; seed++) {
      const { threshold } = thresholdFor(confidenceTable(500, seed, 0.7), 0.9);
      if (threshold === null) continue;
      const fresh = confidenceTable(20_000, seed + 10_000, 0.7);
      let rows = 0;
      let right = 0;
      fresh.confidence.forEach((p, i) => {
        if (p < threshold) return;
        rows++;
        right += fresh.correct[i] ?? 0;
      });
      if (right / rows < 0.9) misses++;
    }
    assert.ok(misses <= 0.09 * runs, `${misses} of ${runs}`);
  });

  it('is estimated on other rows, chosen again on all, and says when none passes', () => {
    const good = chooseThreshold(confidenceTable(4000, 1), { target: 0.9 });
    assert.ok(good.threshold !== null && good.estimate.threshold !== null);
    assert.ok((good.estimate.value ?? 0) > 0.88 && good.estimate.rows < 2000);
    const hopeless = chooseThreshold(confidenceTable(500, 1, 0), { target: 0.95 });
    assert.equal(hopeless.threshold, null);
    assert.match(
      hopeless.message,
      /^No threshold is shown to reach 95%: the \d+ most confident rows, .*, are correct in 5/,
    );
    const few = chooseThreshold(
      {
        kind: 'confidence',
        confidence: new Float64Array(20).fill(0.99),
        correct: new Uint8Array(20).fill(1),
      },
      { target: 0.95 },
    );
    assert.match(few.message, /20 rows are too few to show it; about 39 more rows are needed/);
  });

  type Block = readonly [score: number, rows: number, right: number];
  const surely = (blocks: readonly Block[], times = 1): PredictionData => {
    const rows = blocks.flatMap(([score, count, right]) =>
      Array.from(
        { length: Math.round(count * times) },
        (_, i) => [score, Number(i < right * times)] as const,
      ),
    );
    return sure(
      rows.map(([score]) => score),
      rows.map(([, correct]) => correct),
    );
  };
  const kinds: [what: string, ...blocks: Block[]][] = [
    ['the surest rows are few', [0.98, 25, 25], [0.9, 300, 270], [0.5, 1000, 700]],
    ['half of the rows nearly pass', [0.9, 500, 455], [0.5, 500, 300]],
    ['all rows nearly pass', [0.9, 400, 340], [0.5, 600, 575]],
  ];
  for (const [what, ...blocks] of kinds)
    it(`says how many more rows of the same kind would pass, where ${what}`, () => {
      const n = blocks.reduce((sum, [, count]) => sum + count, 0);
      const { threshold, moreRows } = thresholdFor(surely(blocks), 0.9);
      assert.equal(threshold, null);
      assert.ok(moreRows !== null);
      const passes = (rows: number) => thresholdFor(surely(blocks, rows / n), 0.9).threshold !== null;
      assert.ok(passes(1.1 * (n + moreRows)), `${moreRows} are not enough`);
      assert.ok(!passes(0.9 * (n + moreRows)), `fewer than ${moreRows} are enough`);
    });

  it('says no number where walks stop before the threshold that would pass', () => {
    const { threshold, moreRows } = thresholdFor(
      surely([
        [0.98, 50, 40],
        [0.9, 100, 100],
        [0.5, 2000, 1400],
      ]),
      0.9,
    );
    assert.deepEqual([threshold, moreRows], [null, null]);
  });

  it('does not call the surest rows wrong where they are only too few', () => {
    // 33 right ones, then some of which a tenth is wrong: 299 are tested together at the least.
    const n = 500;
    const data: PredictionData = {
      kind: 'confidence',
      confidence: Float64Array.from({ length: n }, (_, i) => (i < 33 ? 0.95 : 0.8)),
      correct: Uint8Array.from({ length: n }, (_, i) => Number(i < 33 || i % 10 !== 0)),
    };
    const { message } = chooseThreshold(data, { target: 0.99 });
    assert.match(message, /the 500 most confident rows, the fewest that could show it, are correct in 90.8%/);
    const [, more = ''] = /about ([\d,]+) more rows are needed/.exec(message) ?? [];
    // A walk begins at those 33 once there are ln(.05 / 3) / ln .99 = 408 like them, and then it passes.
    const needed = (408 / 33 - 1) * n;
    assert.ok(Math.abs(Number(more.replace(',', '')) - needed) < 0.02 * needed, message);
  });
});

describe('decisions: accuracy at or above a threshold', () => {
  it('counts the rows at or above it, the weighted ones by their weight', () => {
    const curve = thresholdCurve({
      kind: 'confidence',
      confidence: Float64Array.of(0.29, 0.5, 0.57, 0.999),
      correct: Uint8Array.of(0, 1, 0, 1),
      weight: Float64Array.of(1, 1, 3, 3),
    });
    assert.equal(curve.length, 100);
    const at = (percent: number) => {
      const { rows, coverage, accuracy } = curve[percent] ?? {};
      return [rows, coverage, accuracy];
    };
    assert.deepEqual(at(0), [4, 1, 0.5]);
    assert.deepEqual(at(29), [4, 1, 0.5]);
    assert.deepEqual(at(30), [3, 0.875, 4 / 7]);
    assert.deepEqual(at(57), [2, 0.75, 0.5]);
    assert.deepEqual(at(99), [1, 0.375, 1]);
  });

  it('agrees with the threshold that is chosen for a target, and leaves out what no row reaches', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.double({ min: 0.55, max: 0.9, noNaN: true }),
        (seed, target) => {
          const table = confidenceTable(300, seed, 0.7);
          const curve = thresholdCurve(table);
          for (const { threshold, rows, accuracy, accuracyLow, accuracyHigh, coverage } of curve) {
            const above = table.correct.filter((_, i) => (table.confidence[i] ?? 0) >= threshold);
            assert.equal(rows, above.length);
            assert.ok(Math.abs(accuracy - above.reduce((sum, right) => sum + right, 0) / rows) < 1e-12);
            assert.ok((accuracyLow ?? 1) <= accuracy && accuracy <= (accuracyHigh ?? 0));
            assert.equal(coverage, rows / 300);
          }
          const { threshold } = thresholdFor(table, target);
          if (threshold !== null)
            assert.ok((curve.find((point) => point.threshold === threshold)?.accuracy ?? 0) > target);
        },
      ),
      { numRuns: 40 },
    );
    assert.deepEqual(
      thresholdCurve({
        kind: 'confidence',
        confidence: Float64Array.of(0.02),
        correct: Uint8Array.of(1),
      }).map(({ threshold }) => threshold),
      [0, 0.01, 0.02],
    );
  });
});

describe('decisions: buckets', () => {
  it('are [lo, hi) on unrounded values', () => {
    const names = [1, 0.9, 0.8999999, 0.7, 0.5, 0.4999, 0].map((p) => bucketOf(p).name);
    assert.deepEqual(names, [
      'automatic',
      'automatic',
      'review',
      'review',
      'manual check',
      'manual',
      'manual',
    ]);
    assert.ok(isAnotherLabelLikelier(0.32, 3) && !isAnotherLabelLikelier(0.34, 3));
  });

  it('name the field that is wrong', () => {
    const problems = (...buckets: [string, number][]): [number, string][] =>
      bucketProblems(buckets.map(([name, low]) => ({ name, low }))).map(({ at, field }) => [at, field]);
    assert.deepEqual(problems(['a', 0.9], ['b', 0]), []);
    assert.deepEqual(problems(['a', 0.5]), [[0, 'low']]);
    assert.deepEqual(problems(['a', 0.5], ['b', 0.5], ['c', 0]), [[1, 'low']]);
    assert.deepEqual(problems(['a', 1], ['b', NaN], [' ', -1]), [
      [0, 'low'],
      [1, 'low'],
      [2, 'name'],
      [2, 'low'],
    ]);
    assert.deepEqual(problems(['a', 0.9], ['a ', 0]), [[1, 'name']]);
    assert.throws(() => checkBuckets([]), /at least one bucket/);
    assert.throws(
      () =>
        checkBuckets([
          { name: 'a', low: 0.7 },
          { name: 'b', low: 0.8 },
          { name: 'c', low: 0 },
        ]),
      /Bucket 2 must start below 0\.7,/,
    );
  });

  it('have the same default in the settings', () => {
    const manifest: unknown = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const setting = z
      .object({
        contributes: z.object({
          configuration: z.object({
            properties: z.object({ 'promptConfidence.buckets': z.object({ default: z.unknown() }) }),
          }),
        }),
      })
      .parse(manifest).contributes.configuration.properties['promptConfidence.buckets'];
    assert.deepEqual(setting.default, DEFAULT_BUCKETS);
    assert.deepEqual(bucketProblems(DEFAULT_BUCKETS), []);
  });

  it('rounds a share of rows, and calls no share all or none that is not', () => {
    const cases: [number, string][] = [
      [2 / 3, '66.7%'],
      [0.12345, '12.3%'],
      [0.9994, '99.9%'],
      [0.9996, '> 99.9%'],
      [0.0004, '< 0.1%'],
      [1, '100.0%'],
      [0, '0.0%'],
    ];
    for (const [share, text] of cases) assert.equal(formatRowShare(share), text);
  });
});

describe('decisions: costs and slices', () => {
  it('automatic where errors are cheap, review where they are dear', () => {
    const data = confidenceTable(2000, 3);
    const cheap = minimiseCost(data, { wrong: 1, review: 1 });
    assert.ok(cheap.scored !== null && cheap.scored.automaticShare > 0.99);
    const dear = minimiseCost(data, { wrong: 10, review: 1 });
    assert.ok(dear.threshold !== null && Math.abs(dear.threshold - 0.9) < 0.08, `${dear.threshold}`);
    assert.ok(dear.scored !== null && dear.scored.cost < dear.scored.reviewAll);
    assert.throws(() =>
      minimiseCost(data, {
        wrong: [
          [0, 1],
          [1, 0],
        ],
        review: 1,
      }),
    );
  });

  it('costs by label pair', () => {
    const data = labelData({
      labels: ['a', 'b'],
      scores: Float64Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? 1 : 0)),
      truth: Int32Array.from({ length: 40 }, (_, i) => Number(i < 20)),
    });
    const { scored } = minimiseCost(data, {
      wrong: [
        [0, 7],
        [2, 0],
      ],
      review: 5,
    });
    assert.ok(scored !== null);
    assert.ok(Math.abs(scored.automaticAll - 1) < 1e-9);
  });

  it('slices, worst first, small ones named', () => {
    const data = labelTable(600, 4, 0.5, [1, 0, -1]);
    const names = Array.from({ length: 600 }, (_, i) => (i < 5 ? 'tiny' : i % 2 === 0 ? 'even' : null));
    const report = evaluateSlices(data, names, { rounds: 0, nullDraws: 0 });
    assert.deepEqual(report.tooSmall, [{ name: 'tiny', rows: 5 }]);
    assert.equal(report.withoutValue, 298);
    assert.deepEqual(
      report.slices.map(({ name }) => name),
      ['even'],
    );
    const byLabel = evaluateSlices(data, predictedNames(data), { rounds: 0, nullDraws: 0 });
    const lows = byLabel.slices.map(({ evaluation }) => evaluation.accuracy.low ?? 0);
    assert.deepEqual(lows, lows.toSorted());
    assert.equal(
      byLabel.slices.flatMap(({ buckets }) => buckets).reduce((sum, { rows }) => sum + rows, 0),
      600,
    );
  });

  it('errors at high confidence first', () => {
    const errors = confidentErrors(confidenceTable(200, 5), 5);
    const confidences = errors.map(({ confidence }) => confidence);
    assert.deepEqual(confidences, confidences.toSorted().reverse());
    assert.equal(errors.length, 5);
  });
});

describe('decisions: gate', () => {
  it('passes, fails, or says how many rows would decide', () => {
    const off = confidenceTable(1500, 6, 0.3);
    const verdict = (table: typeof off, metric: string, bound: 'max' | 'min', limit: number) =>
      gateLimits(table, [{ metric: parseGateMetric(metric), bound, limit }], { rounds: 300, nullDraws: 300 })
        .results[0];
    assert.equal(verdict(off, 'ece', 'max', 0.05)?.verdict, 'fail');
    assert.equal(verdict(off, 'ece', 'max', 0.3)?.verdict, 'pass');
    assert.equal(verdict(off, 'accuracy', 'min', 0.3)?.verdict, 'pass');
    assert.equal(verdict(off, 'accuracy', 'min', 0.95)?.verdict, 'fail');
    const small = verdict(confidenceTable(100, 7), 'ece', 'max', 0.03);
    assert.equal(small?.verdict, 'undecided');
    assert.ok((small.neededRows ?? 0) > 100);
    assert.match(small.message, /about \d+ rows are needed/);
    assert.equal(verdict(confidenceTable(100, 7), 'labelNll', 'max', 1)?.verdict, 'undecided');
    assert.throws(() => parseGateMetric('speed'));
  });

  it('paired comparisons see what unpaired ones cannot', () => {
    const data = confidenceTable(800, 8);
    const worse = {
      ...data,
      confidence: data.confidence.map((p) => p + 0.35 * (0.5 - p)),
    };
    const metrics = ['brier', 'nll', 'accuracy'] as const;
    const options = { rounds: 400, nullDraws: 0 };
    const paired = comparePaired(worse, data, metrics, options);
    assert.deepEqual(
      paired.map(({ verdict }) => verdict),
      ['fail', 'fail', 'pass'],
    );
    assert.ok(comparePaired(data, data, metrics, options).every(({ verdict }) => verdict === 'pass'));
    assert.throws(() => comparePaired(data, confidenceTable(10, 1), metrics));
    const two = compareTwoSamples(evaluate(worse, options), evaluate(data, options), metrics);
    assert.ok((two[0]?.p ?? 0) > (paired[0]?.p ?? 1));
    const broken = confidenceTable(800, 9, -0.5);
    assert.equal(
      compareTwoSamples(evaluate(broken, options), evaluate(data, options), ['nll'])[0]?.verdict,
      'fail',
    );
  });

  it("Holm's adjustment and the normal distribution", () => {
    const adjusted = holm([0.01, 0.04, 0.03]);
    [0.03, 0.06, 0.06].forEach((p, i) => assert.ok(Math.abs((adjusted[i] ?? 0) - p) < 1e-12));
    assert.ok(Math.abs(normalCumulative(1.959963984540054) - 0.975) < 1e-6);
    assert.ok(Math.abs(normalCumulative(-1.6448536269514722) - 0.05) < 1e-6);
  });
});
