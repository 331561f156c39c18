import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareRuns, foldsOfRuns, winnerOf } from '../../../src/core/comparison/compare-runs';
import { compareSlices } from '../../../src/core/comparison/compare-slices';
import { type Difference, judged, meanNll, scoreRuns } from '../../../src/core/comparison/differences';
import { differingRows } from '../../../src/core/comparison/differing-rows';
import { type ComparedMetric, metricOf } from '../../../src/core/comparison/metrics';
import { mcNemar, pairedShareInterval, signFlip } from '../../../src/core/comparison/paired-tests';
import { evaluate } from '../../../src/core/metrics/evaluate';
import { unitsOf } from '../../../src/core/metrics/units';
import type { ConfidenceData, LabelData } from '../../../src/core/model/predictions';
import { selectRows } from '../../../src/core/model/rows';
import { seededRandom } from '../../../src/core/random';
import { findingWithRows } from '../../../src/core/words/comparison';
import { confidenceTable, labelTable } from '../calibration/tables';

const QUICK = { threshold: 0.9, rounds: 100, nullDraws: 20 } as const;

function found(differences: readonly Difference[] | undefined, metric: ComparedMetric): Difference {
  const difference = differences?.find((entry) => entry.metric === metric);
  assert.ok(difference);
  return difference;
}

/** The same truths with other scores: the scores of a share of the rows are those of other rows. */
function worse(data: LabelData, share: number): LabelData {
  const random = seededRandom(5);
  const K = data.labels.length;
  const [probs, logProbs] = [data.probs.slice(), data.logProbs.slice()];
  for (let row = 0; row < data.truth.length; row++) {
    if (random() >= share) continue;
    const from = Math.floor(random() * data.truth.length) * K;
    probs.set(data.probs.subarray(from, from + K), row * K);
    logProbs.set(data.logProbs.subarray(from, from + K), row * K);
  }
  return { ...data, probs, logProbs };
}

describe('paired tests', () => {
  it('McNemar does not depend on which run is the first, and is 1 without rows that differ', () => {
    assert.equal(mcNemar(0, 0), 1);
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (b, c) => {
        assert.equal(mcNemar(b, c), mcNemar(c, b));
        assert.ok(mcNemar(b, c) >= 0 && mcNemar(b, c) <= 1);
      }),
    );
  });

  it('sign-flip by draws and by the normal limit is near that of all signs', () => {
    const random = seededRandom(3);
    const small = Float64Array.from({ length: 16 }, () => random() - 0.35);
    const exact = signFlip(small, seededRandom(1));
    // Sums that do not differ add no signs; halves of a sum that flip together would.
    const more = Float64Array.from({ length: 40 }, (_, i) => (i < 16 ? (small[i] ?? 0) : 1e-9));
    assert.ok(Math.abs(signFlip(more, seededRandom(1)) - exact) < 0.02);
    const many = Float64Array.from({ length: 1999 }, () => random() - 0.49);
    const one = Float64Array.from([...many, 1e-12, 1e-12]);
    assert.ok(Math.abs(signFlip(many, seededRandom(1)) - signFlip(one, seededRandom(1))) < 0.03);
  });

  it('sign-flip of equal signs is the share of the two extremes', () => {
    assert.equal(signFlip(Float64Array.of(1, 2, 3, 4, 5), seededRandom(1)), 2 / 32);
    assert.equal(signFlip(Float64Array.of(), seededRandom(1)), 1);
  });

  it('an interval of a difference of shares contains it, mirrors, and is not empty where no row differs', () => {
    const values = fc.array(fc.constantFrom(-1, 0, 1), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(values, (signs) => {
        const d = Float64Array.from(signs);
        const units = unitsOf({}, d.length, null);
        const value = d.reduce((sum, x) => sum + x, 0) / d.length;
        const interval = pairedShareInterval(d, null, units);
        const mirrored = pairedShareInterval(
          d.map((x) => -x),
          null,
          units,
        );
        assert.ok(interval && mirrored);
        assert.ok(interval.low <= value && value <= interval.high && interval.low < interval.high);
        assert.ok(Math.abs(interval.low + mirrored.high) < 1e-12);
      }),
    );
  });

  it('groups make the interval wider', () => {
    const d = Float64Array.from({ length: 400 }, (_, i) => (i % 40 < 10 ? (i % 80 < 40 ? 1 : -1) : 0));
    const group = Int32Array.from({ length: 400 }, (_, i) => Math.floor(i / 10));
    const alone = pairedShareInterval(d, null, unitsOf({}, 400, null));
    const grouped = pairedShareInterval(d, null, unitsOf({ group }, 400, null));
    assert.ok(alone && grouped && grouped.high - grouped.low > 1.5 * (alone.high - alone.low));
  });
});

describe('an interval of a difference of shares with groups', () => {
  /** 37 groups of about 4 rows: 35 rows are gained in 30 groups, 5 are lost in 5. */
  const group = Int32Array.from({ length: 150 }, (_, row) => row % 37);
  const gains = Float64Array.from({ length: 150 }, (_, row) =>
    row % 37 < 30 && row < 35 + Math.floor(row / 37) * 7 ? Number(row < 37 || row % 37 < 5) : 0,
  );
  const d = gains.map((gain, row) => (row >= 145 ? -1 : gain));

  it('is as wide as the difference varies between groups, though few groups hold a loss', () => {
    const units = unitsOf({ group }, 150, null);
    const [own, alone] = [units, unitsOf({}, 150, null)].map((of) => pairedShareInterval(d, null, of));
    assert.ok(own && alone && own.low > 0.08, JSON.stringify([own, alone]));
    assert.ok(own.high - own.low < 1.4 * (alone.high - alone.low), JSON.stringify([own, alone]));
  });

  it('counts a group as one row where few of them hold more than the commonest outcome', () => {
    const few = d.map((_, row) => Number(row % 37 < 10));
    const ofGroups = pairedShareInterval(few.subarray(0, 37), null, unitsOf({}, 37, null));
    const own = pairedShareInterval(
      few.subarray(0, 148),
      null,
      unitsOf({ group: group.subarray(0, 148) }, 148, null),
    );
    const ofMost = pairedShareInterval(
      few.subarray(0, 148).map((gain) => 1 - gain),
      null,
      unitsOf({ group: group.subarray(0, 148) }, 148, null),
    );
    assert.ok(ofGroups && own && ofMost);
    assert.ok(own.high >= ofGroups.high && own.high < ofGroups.high + 0.01, JSON.stringify([own, ofGroups]));
    assert.ok(
      Math.abs(ofMost.high - ofMost.low - (own.high - own.low)) < 0.02,
      JSON.stringify([own, ofMost]),
    );
  });
});

describe('runs on the same rows', () => {
  const data = labelTable(600, 1, 0.7, [0.5, 0, -0.5]);

  it('has the numbers of evaluate', () => {
    const { runs } = scoreRuns([data, worse(data, 0.3)], QUICK);
    const alone = evaluate(data, { rounds: 100, nullDraws: 20 });
    assert.equal(runs[0]?.evaluation.accuracy.value, alone.accuracy.value);
    assert.equal(runs[0].evaluation.ece.value, alone.ece.value);
    assert.deepEqual(runs[0].evaluation.eceNull, alone.eceNull);
  });

  it('shows no difference of a table from itself', () => {
    const { differences } = scoreRuns([data, data], QUICK);
    for (const { metric, value, p, finding } of differences[0] ?? []) {
      assert.equal(value, 0, metric);
      assert.equal(p, metric === 'mce' ? null : 1, metric);
      assert.equal(finding, metric === 'mce' ? 'not-tested' : 'not-shown', metric);
    }
  });

  it('shows what is worse, with the interval on its side, and mirrors', () => {
    const other = worse(data, 0.5);
    const down = scoreRuns([data, other], QUICK).differences[0];
    const up = scoreRuns([other, data], QUICK).differences[0];
    for (const metric of ['accuracy', 'nll', 'brier', 'ece'] as const) {
      const [worsened, improved] = [found(down, metric), found(up, metric)];
      assert.equal(worsened.finding, 'worse', metric);
      assert.equal(improved.finding, 'better', metric);
      assert.ok(Math.abs((worsened.value ?? NaN) + (improved.value ?? NaN)) < 1e-12);
      assert.ok((worsened.low ?? 0) > 0 === (worsened.high ?? 0) > 0, metric);
    }
  });

  it('weights of 2 are rows twice, and make the test one of signs', () => {
    const rows = confidenceTable(150, 3);
    const others = confidenceTable(150, 4);
    const twice = (table: ConfidenceData): ConfidenceData => ({
      ...table,
      confidence: Float64Array.from([...table.confidence, ...table.confidence]),
      correct: Uint8Array.from([...table.correct, ...table.correct]),
    });
    const heavy = (table: ConfidenceData): ConfidenceData => ({
      ...table,
      weight: new Float64Array(150).fill(2),
    });
    const once = scoreRuns([heavy(rows), heavy(others)], QUICK).differences[0];
    const doubled = scoreRuns([twice(rows), twice(others)], QUICK).differences[0];
    for (const metric of ['accuracy', 'nll', 'ece', 'highShare', 'highErrors'] as const)
      assert.ok(Math.abs((found(once, metric).value ?? NaN) - (found(doubled, metric).value ?? NaN)) < 1e-9);
    assert.equal(found(once, 'accuracy').test, 'sign-flip');
    assert.equal(found(doubled, 'accuracy').test, 'mcnemar');
  });

  it('gives no interval and no test for too few groups', () => {
    const group = Int32Array.from({ length: 600 }, (_, i) => i % 3);
    const { differences } = scoreRuns(
      [
        { ...data, group },
        { ...worse(data, 0.5), group },
      ],
      QUICK,
    );
    for (const { metric, value, low, p, finding } of differences[0] ?? []) {
      assert.notEqual(value, null, metric);
      assert.deepEqual([low, p, finding], [null, null, 'undefined'], metric);
    }
  });

  it('says how many rows would show a difference', () => {
    const { differences } = scoreRuns([data, worse(data, 0.02)], QUICK);
    const { finding, neededRows, value } = found(differences[0], 'accuracy');
    assert.equal(finding, 'not-shown');
    assert.ok(value !== 0 && neededRows !== null && neededRows > 600);
  });

  it('counts rows from the threshold on, the threshold with them', () => {
    const table: ConfidenceData = {
      kind: 'confidence',
      confidence: Float64Array.of(0.9, 0.8999999, 0.95, 0.5),
      correct: Uint8Array.of(1, 1, 0, 1),
    };
    const { runs } = scoreRuns([table, table], QUICK);
    assert.deepEqual([runs[0]?.high.rows, runs[0]?.high.errors], [2, 1]);
    assert.equal(runs[0]?.high.share.value, 0.5);
    assert.equal(runs[0].high.accuracy.value, 0.5);
    assert.equal(runs[0].high.errorShare.value, 0.25);
    const none = scoreRuns([table, table], { ...QUICK, threshold: 0.99 });
    assert.ok(none.runs[0]);
    assert.equal(metricOf(none.runs[0], 'highAccuracy').value, null);
    assert.equal(found(none.differences[0], 'highAccuracy').finding, 'undefined');
  });
});

describe('a run that is only less sure', () => {
  it('is not called better for the errors that it is not sure enough to make', () => {
    const correct = Uint8Array.from({ length: 200 }, (_, row) => Number(row % 10 !== 0));
    const run = (confidence: number): ConfidenceData => ({
      kind: 'confidence',
      confidence: new Float64Array(200).fill(confidence),
      correct,
    });
    const [differences] = scoreRuns([run(0.905), run(0.895)], QUICK).differences;
    assert.equal(found(differences, 'highErrors').finding, 'lower');
    assert.ok(differences?.every(({ finding }) => finding !== 'better' && finding !== 'worse'));
  });
});

describe('AUROC of runs with few wrong rows', () => {
  /** The same confidences, and the least sure row, or the surest one, wrong. */
  const run = (wrong: readonly number[]): ConfidenceData => ({
    kind: 'confidence',
    confidence: Float64Array.from({ length: 60 }, (_, row) => 0.6 + row / 200),
    correct: Uint8Array.from({ length: 60 }, (_, row) => Number(!wrong.includes(row))),
  });

  it('is not called different because of one wrong row', () => {
    const { runs, differences } = scoreRuns([run([0]), run([59])], QUICK);
    assert.deepEqual(
      runs.map((own) => metricOf(own, 'auroc').value),
      [1, 0],
    );
    const { value, test, low, high, finding } = found(differences[0], 'auroc');
    assert.equal(value, -1);
    assert.equal(test, 'intervals');
    assert.equal(finding, 'not-shown');
    assert.ok(low === -1 && high !== null && high > -0.2);
  });

  it('is resampled where both have enough right and wrong rows', () => {
    const [one, other] = [confidenceTable(200, 3), confidenceTable(200, 4)];
    assert.equal(found(scoreRuns([one, other], QUICK).differences[0], 'auroc').test, 'bootstrap');
  });
});

describe('comparison of runs after calibrators', () => {
  const data = labelTable(400, 2, 0.5, [0.6, -0.6]);

  it('compares every stage on the same rows, seeded', async () => {
    const stages: string[] = [];
    const options = { ...QUICK, seed: 3, onStage: (stage: string) => void stages.push(stage) };
    const compared = await compareRuns([data, worse(data, 0.3)], options);
    assert.deepEqual(stages, ['raw', 'platt', 'isotonic', 'recommended']);
    assert.deepEqual(
      compared.stages.map(({ stage }) => stage),
      stages,
    );
    assert.deepEqual(compared.folds, { source: 'folds', count: 10 });
    for (const { runs, winner } of compared.stages) {
      assert.equal(winner, null);
      assert.deepEqual(
        runs.map(({ evaluation }) => evaluation.n),
        [400, 400],
      );
    }
    const again = await compareRuns([data, worse(data, 0.3)], { ...QUICK, seed: 3 });
    assert.deepEqual(
      again.stages.map(({ differences }) => differences),
      compared.stages.map(({ differences }) => differences),
    );
  });

  it('evaluates a split table on the rows marked test alone', async () => {
    const split = Uint8Array.from({ length: 400 }, (_, i) => i % 2);
    const compared = await compareRuns(
      [
        { ...data, split },
        { ...worse(data, 0.3), split },
      ],
      QUICK,
    );
    assert.deepEqual(compared.folds, { source: 'split', count: 1 });
    for (const { runs } of compared.stages) assert.equal(runs[0]?.evaluation.n, 200);
  });

  it('gives the best of several no NLL below 0, however it spreads', () => {
    const data = labelTable(40, 1, 0.5, [0.6, -0.6]);
    const [K, row] = [data.labels.length, data.truth.findIndex((label) => label === 0)];
    // Nearly certain, and once wrong.
    const logProbs = Float64Array.from(data.logProbs, (_, at) => {
      const isTruth = data.truth[Math.floor(at / K)] === at % K;
      return isTruth !== (Math.floor(at / K) === row) ? Math.log1p(-1e-9) : Math.log(1e-9);
    });
    const sure = { ...data, logProbs, probs: logProbs.map(Math.exp) };
    const split = foldsOfRuns(data, 0);
    const rows = Uint32Array.from(data.truth.keys());
    const winner = winnerOf('raw', [sure, data, data], [sure, data, data], { split, rows, seed: 0 });
    assert.equal(winner?.nll.low, 0);
  });

  it('takes the number of the best of several runs from rows that did not choose it', () => {
    // Pure noise: the best of twenty looks better than it is.
    const { truth } = labelTable(200, 9, 0, [0, 0]);
    const tables = Array.from({ length: 20 }, (_, seed) => ({
      ...labelTable(200, 100 + seed, 0, [0, 0]),
      truth,
    }));
    const [first] = tables;
    assert.ok(first);
    const plan = { split: foldsOfRuns(first, 0), rows: Uint32Array.from(truth.keys()), seed: 0 };
    const winner = winnerOf('raw', tables, tables, plan);
    assert.ok(winner);
    assert.equal(
      winner.picks.reduce((sum, count) => sum + count, 0),
      10,
    );
    const own = tables[winner.run];
    assert.ok(own && (winner.nll.value ?? NaN) > meanNll(own));
  });

  it('compares several runs in every stage, with the winner of each', async () => {
    const runs = [data, worse(data, 0.3), worse(data, 0.6)].map((run) =>
      selectRows(
        run,
        Uint32Array.from({ length: 120 }, (_, row) => row),
      ),
    );
    const { stages } = await compareRuns(runs, { ...QUICK, rounds: 20, nullDraws: 0 });
    assert.deepEqual(
      stages.map(({ winner }) => winner?.run),
      [0, 0, 0, 0],
    );
  });

  it('keeps the raw numbers where there are too few rows for folds', async () => {
    const one = labelTable(1, 1, 1, [0, 0]);
    const compared = await compareRuns([one, one], QUICK);
    assert.deepEqual(
      compared.stages.map(({ stage }) => stage),
      ['raw'],
    );
    assert.equal(compared.folds, null);
    assert.equal(compared.excluded.length, 3);
  });
});

describe('calibration errors of runs that are compared', () => {
  it('are not called different for what calibrated models would show', () => {
    // Both calibrated; the surer one has the smaller ECE by chance.
    const random = seededRandom(8);
    const made = (low: number): ConfidenceData => {
      const confidence = Float64Array.from({ length: 300 }, () => low + (1 - low) * random());
      return {
        kind: 'confidence',
        confidence,
        correct: Uint8Array.from(confidence, (p) => Number(random() < p)),
      };
    };
    let shown = 0;
    for (let run = 0; run < 40; run++) {
      const { differences } = scoreRuns([made(0.5), made(0.95)], { ...QUICK, seed: run });
      if ((found(differences[0], 'ece').p ?? 1) <= 0.05) shown++;
    }
    assert.ok(shown <= 5, `${shown} of 40`);
  });
});

describe('slices and rows of a comparison', () => {
  const data = labelTable(300, 4, 0.7, [0, 0]);
  const other = worse(data, 0.4);

  it('corrects over all slices, and names those that are too small', async () => {
    const names = Array.from({ length: 300 }, (_, i) => (i < 10 ? 'few' : i % 2 === 0 ? 'even' : null));
    const { slices, tooSmall, withoutValue } = await compareSlices([data, other], names, QUICK);
    assert.deepEqual(
      slices.map(({ name, rows }) => [name, rows]),
      [['even', 145]],
    );
    assert.deepEqual(tooSmall, [{ name: 'few', rows: 10 }]);
    assert.equal(withoutValue, 145);
    assert.deepEqual(
      slices[0]?.differences[0]?.map(({ metric }) => metric),
      ['accuracy', 'nll', 'ece'],
    );
  });

  it('reports each slice before it is compared, and compares none of too many', async () => {
    const names = Array.from({ length: 300 }, (_, i) => String(i % 3));
    const said: string[] = [];
    const options = { ...QUICK, onSlice: (at: number, of: number) => void said.push(`${at} of ${of}`) };
    const all = await compareSlices([data, other], names, { ...options, limit: 3 });
    assert.deepEqual([all.slices.length, all.notCompared], [3, 0]);
    assert.deepEqual(said, ['0 of 3', '1 of 3', '2 of 3']);
    const none = await compareSlices([data, other], names, { ...options, limit: 2 });
    assert.deepEqual([none.slices.length, none.notCompared, said.length], [0, 3, 3]);
  });

  it('shows no difference where test and interval disagree', () => {
    const entry = { metric: 'accuracy', value: 0.035, test: 'sign-flip', p: 0.01 } as const;
    const findings = (low: number, high: number) =>
      judged([{ ...entry, low, high }], 200).map(({ finding, neededRows }) => [finding, neededRows !== null]);
    assert.deepEqual(findings(-0.031, 0.099), [['not-shown', true]]);
    assert.deepEqual(findings(0.002, 0.099), [['better', false]]);
  });

  it('foresees no number of rows from fewer than 30', () => {
    const entry = { metric: 'accuracy', value: -0.1, low: -0.4, high: 0.2, test: 'mcnemar', p: 0.6 } as const;
    const ofRows = (n: number) =>
      judged([entry], n).map((difference) => [
        difference.neededRows !== null,
        findingWithRows(difference, n),
      ])[0];
    assert.deepEqual(ofRows(29), [false, 'no difference shown; too few rows to say how many would']);
    assert.match(String(ofRows(30)), /^true,no difference shown; about [\d,]+ more rows would$/u);
  });

  it('lists rows that differ: lost ones first, the surest mistake before the others', () => {
    const table = (confidence: readonly number[], correct: readonly number[]): ConfidenceData => ({
      kind: 'confidence',
      confidence: Float64Array.from(confidence),
      correct: Uint8Array.from(correct),
    });
    const first = table([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 0, 0]);
    const second = table([0.6, 0.9, 0.7, 0.9, 0.5], [0, 0, 1, 0, 0]);
    const labels = [
      ['a', 'a', 'b', 'a', 'a'],
      ['b', 'b', 'a', 'c', 'a'],
    ];
    assert.deepEqual(differingRows([first, second], labels), [
      { row: 1, change: 'lost' },
      { row: 0, change: 'lost' },
      { row: 3, change: 'both-wrong' },
      { row: 2, change: 'gained' },
    ]);
  });
});
