import assert from 'node:assert/strict';
import { calibrate } from '../../../src/core/calibration/calibrate';
import { fitCalibrator } from '../../../src/core/calibration/calibrator';
import { crossFit, partition } from '../../../src/core/calibration/cross-fit';
import { rowCount } from '../../../src/core/model/rows';
import { sampleSizeProgression } from '../../../src/core/calibration/progression';
import { fitRecommended, recommend } from '../../../src/core/calibration/recommend';
import { SPLIT_FIT, type PredictionData } from '../../../src/core/model/predictions';
import { evaluate } from '../../../src/core/metrics/evaluate';
import { confidenceTable, labelTable } from './tables';

const QUICK = { rounds: 20, nullDraws: 20 } as const;

describe('calibration: out of sample', () => {
  it('every row is scored once, by a fit that did not see its group', () => {
    const n = 200;
    const group = Int32Array.from({ length: n }, (_, i) => i % 60);
    const data = { ...labelTable(n, 1, 0.5, [0.5, 0, -0.5]), group };
    const split = partition(data, 3);
    const seen: Set<number>[] = [];
    const result = crossFit(data, 'labels', split, (train) => {
      seen.push(new Set(train.group));
      return fitCalibrator(train, { method: 'temperature', on: 'labels' }).calibrator;
    });
    assert.deepEqual(
      Array.from(result.rows),
      Array.from({ length: n }, (_, i) => i),
    );
    result.folds.forEach((fold, i) => assert.ok(!seen[fold]?.has(group[i] ?? -1)));
  });

  it('everything that vector chooses is chosen without the held-out rows', () => {
    const data = labelTable(120, 2, 0.5, [0.5, -0.5]);
    const split = partition(data, 0);
    const fit = (train: PredictionData) =>
      fitCalibrator(train, { method: 'vector', on: 'labels' }).calibrator;
    const plain = crossFit(data, 'labels', split, fit);
    const fold = split.fold[0] ?? 0;
    // Turning the truth of one held-out fold around must not move that fold's predictions.
    const truth = data.truth.map((y, i) => (split.fold[i] === fold ? 1 - y : y));
    const turned = crossFit({ ...data, truth }, 'labels', split, fit);
    assert.ok(plain.calibrated.kind === 'labels' && turned.calibrated.kind === 'labels');
    for (let i = 0; i < 120; i++) {
      if (split.fold[i] !== fold) continue;
      assert.equal(plain.calibrated.logProbs[2 * i], turned.calibrated.logProbs[2 * i]);
    }
  });

  it('a batch correction is fitted inside the folds', () => {
    const data = labelTable(100, 2, 1, [1, -1]);
    const split = partition(data, 0);
    const rows: number[] = [];
    crossFit(data, 'labels', split, (train) => {
      rows.push(rowCount(train));
      return fitCalibrator(train, { method: 'prior-batch', on: 'labels', shares: [0.7, 0.3] }).calibrator;
    });
    assert.deepEqual(rows, new Array<number>(10).fill(90));
  });

  it('calibrate: a batch correction does not see the rows that it is scored on', () => {
    const data = labelTable(100, 2, 1, [1, -1]);
    const prior = { method: 'prior-batch', on: 'labels', shares: [0.7, 0.3] } as const;
    const { report } = calibrate(data, { ...prior, ...QUICK });
    const { calibrated } = crossFit(
      data,
      'labels',
      partition(data, 0),
      (train) => fitCalibrator(train, prior).calibrator,
    );
    const nll = evaluate(calibrated, QUICK).labelMetrics?.nll.value;
    assert.equal(report.after.labelMetrics?.nll.value, nll);
    assert.notEqual(report.inSample.labelMetrics?.nll.value, nll);
  });

  it('calibrate: where the method is chosen, it is chosen again in every fold', () => {
    const data = labelTable(300, 3, 0.5, [0.5, 0, -0.5]);
    const chosen: PredictionData[] = [];
    const { report } = calibrate(data, {
      method: 'bias-temperature',
      on: 'labels',
      ...QUICK,
      fitFold: (train) => {
        chosen.push(train);
        return fitRecommended(train, { on: 'labels' });
      },
    });
    assert.equal(chosen.length, report.folds.count);
    assert.ok(chosen.every((train) => rowCount(train) < 300));
    assert.ok((report.after.labelMetrics?.nll.value ?? 9) < (report.before.labelMetrics?.nll.value ?? 0));
  });

  it('a recommended fit is the identity where raw is to be kept, and takes the fit part of a split', () => {
    const few = confidenceTable(30, 1, 0);
    const kept = fitRecommended(few, { on: 'confidence' });
    assert.ok(kept.on === 'confidence' && kept.map.kind === 'slope' && kept.map.beta === 1);
    const labels = fitRecommended(labelTable(30, 3, 1, [0, 0, 0]), { on: 'labels' });
    assert.ok(labels.on === 'labels' && 'model' in labels && labels.model.kind === 'temperature');
    const marked = { ...labelTable(300, 2, 0.5, [1, -1]), split: new Uint8Array(300).fill(SPLIT_FIT) };
    assert.equal(fitRecommended(marked, { on: 'labels' }).on, 'labels');
  });

  it('calibrate: in-sample isotonic shows ECE 0, out of sample it does not', () => {
    const data = confidenceTable(600, 4, 0.5);
    const { report } = calibrate(data, { method: 'isotonic', on: 'confidence', ...QUICK });
    assert.ok((report.inSample.ece.value ?? 1) < 1e-9);
    assert.ok((report.after.ece.value ?? 0) > 0.005);
    assert.ok((report.after.brier.value ?? 9) < (report.before.brier.value ?? 0));
    assert.equal(report.after.n, report.before.n);
    assert.equal(report.after.auroc.reason, 'mean over folds');
    assert.doesNotMatch(JSON.stringify(report), /NaN|Infinity/);
  });

  it('calibrate: a strictly monotone method on confidence leaves AUROC and AURC, and says so', () => {
    const data = confidenceTable(400, 4, 0.5);
    const { report } = calibrate(data, { method: 'slope', on: 'confidence', ...QUICK });
    assert.equal(report.after.auroc.value, report.before.auroc.value);
    assert.match(report.after.auroc.reason ?? '', /unchanged/);
    const range = report.folds.seedRange;
    assert.ok(range !== null && range.nll[0] <= range.nll[1] && range.seeds.length === 5);
  });

  it('calibrate: a split column replaces folds', () => {
    const split = Uint8Array.from({ length: 400 }, (_, i) => Number(i >= 300));
    const data = { ...labelTable(400, 5, 0.5, [0.5, -0.5]), split };
    const { report } = calibrate(data, { method: 'bias-temperature', on: 'labels', ...QUICK });
    assert.deepEqual([report.folds.source, report.folds.count, report.after.n], ['split', 1, 100]);
    assert.equal(report.folds.seedRange, null);
    assert.equal(report.inSample.n, 400);
  });

  it('isotonic on noise: ranks pooled over folds fall below one half, within folds they do not', () => {
    let pooled = 0;
    let within = 0;
    const runs = 30;
    for (let seed = 0; seed < runs; seed++) {
      const noise = { ...confidenceTable(100, seed), correct: confidenceTable(100, seed + 100, 0).correct };
      const result = crossFit(
        noise,
        'confidence',
        partition(noise, seed),
        (train) => fitCalibrator(train, { method: 'isotonic', on: 'confidence' }).calibrator,
      );
      pooled += (auroc(result.calibrated) ?? 0) / runs;
      within += (auroc(result.calibrated, result.folds) ?? 0) / runs;
    }
    assert.ok(pooled < 0.46, `pooled ${pooled}`);
    assert.ok(Math.abs(within - 0.5) < 0.03, `within ${within}`);
  });

  it('recommends raw where the confidences are right', () => {
    const { choice, verdict } = recommend(confidenceTable(1000, 6), { on: 'confidence' });
    assert.deepEqual([choice, verdict], ['raw', 'keep-raw']);
  });

  it('recommends the simplest method that repairs', () => {
    const slope = recommend(confidenceTable(2000, 7, 0.4), { on: 'confidence' });
    assert.equal(slope.choice, 'slope');
    const biased = recommend(labelTable(1500, 8, 0.5, [1, 0, -1]), { on: 'labels' });
    assert.equal(biased.choice, 'bias-temperature');
    assert.equal(biased.candidates[0]?.method, 'raw');
    assert.equal(biased.candidates[biased.candidates.length - 1]?.method, 'isotonic');
  });

  it('recommends nothing on few wrong rows', () => {
    const { verdict, reason } = recommend(confidenceTable(30, 1), { on: 'confidence' });
    assert.equal(verdict, 'not-enough-data');
    assert.match(reason, /at least 20 of each/);
  });

  it('with a split, the choice is scored once on the test part', () => {
    const split = Uint8Array.from({ length: 2000 }, (_, i) => i % 2);
    const { test, choice } = recommend({ ...confidenceTable(2000, 7, 0.4), split }, { on: 'confidence' });
    assert.ok(test !== null && choice === 'slope');
    assert.equal(test.n, 1000);
    assert.ok(test.chosen < test.raw);
  });

  it('progression: nested prefixes on one hold-out, and a sentence on small tables', () => {
    const options = { method: 'platt', on: 'confidence', repeats: 6 } as const;
    const small = sampleSizeProgression(confidenceTable(299, 1), options);
    assert.equal(small.verdict, 'too-few-rows');
    const progression = sampleSizeProgression(confidenceTable(1500, 1, 0.5), options);
    assert.deepEqual(
      progression.points.map(({ rows }) => rows),
      [100, 200, 500, 1000, 1200],
    );
    assert.equal(progression.holdOut, 300);
    assert.deepEqual([progression.lastGain?.from, progression.lastGain?.to], [500, 1200]);
    assert.equal(progression.verdict, 'flat');
  });

  it('progression: raw and every method are scored on the same hold-outs', () => {
    const table = confidenceTable(800, 1, 0.5);
    const said: string[] = [];
    const progression = (method: 'platt' | 'isotonic') =>
      sampleSizeProgression(table, {
        method,
        on: 'confidence',
        repeats: 6,
        onRepeat: (at, of) => said.push(`${at + 1}/${of}`),
      });
    const platt = progression('platt');
    assert.deepEqual(platt.raw?.nll, progression('isotonic').raw?.nll);
    const last = platt.points.at(-1);
    assert.ok(last && platt.raw && last.nll.median < platt.raw.nll.median);
    assert.deepEqual(said.slice(0, 7), ['1/6', '2/6', '3/6', '4/6', '5/6', '6/6', '1/6']);
  });

  it('progression: claims nothing where no doubling can be seen or nothing can be fitted', () => {
    const options = { on: 'confidence', repeats: 3 } as const;
    const narrow = sampleSizeProgression(confidenceTable(320, 1, 0.5), { ...options, method: 'platt' });
    assert.equal(narrow.verdict, 'unknown');
    assert.equal(narrow.lastGain, null);
    const allRight = {
      kind: 'confidence',
      confidence: confidenceTable(900, 1).confidence.map((p) => Math.max(p, 1 - p)),
      correct: new Uint8Array(900).fill(1),
    } as const;
    const unfit = sampleSizeProgression(allRight, { ...options, method: 'slope' });
    assert.equal(unfit.verdict, 'unknown');
    // A size that could not be fitted has no numbers; it used to have zeros.
    assert.deepEqual(unfit.points, []);
  });
});

function auroc(data: PredictionData, folds?: Int32Array): number | null {
  return evaluate(data, { rounds: 0, nullDraws: 0, folds }).auroc.value;
}
