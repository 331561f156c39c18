import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { calibratedScore } from '../../../src/core/calibration/calibrated-score';
import { applyCalibrator, type Calibrator, fitCalibrator } from '../../../src/core/calibration/calibrator';
import type { CalibrateOn } from '../../../src/core/model/predictions';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { bucketTone } from '../../../src/core/decisions/bucket-mark';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { inspectTable } from '../../../src/store/tables/inspect';
import { type CopyOptions, writeCalibrated } from '../../../src/store/tables/write-calibrated';
import { writeScored } from '../../../src/store/tables/write-scored';
import { scriptedOptions, scriptedRun } from '../../support/scripted-score';
import { sharedFolder } from '../../support/temporary';
import { labelTable } from './tables';
import { type CalibratorId, CANDIDATE_IDS, refusal } from '../../../src/core/calibration/registry';

const LABELS = ['label 0', 'label 1', 'label 2'];

function fitted(method: CalibratorId, on: CalibrateOn, K: number): Calibrator {
  const data = labelTable(
    400,
    3,
    0.4,
    LABELS.slice(0, K).map((_, k) => k - 0.5),
  );
  return fitCalibrator(data, { method, on }).calibrator;
}

/** Every calibrator that labelled rows are enough for, on labels and on confidence, for two labels and for three. */
const CALIBRATORS = [2, 3].flatMap((K) =>
  (['labels', 'confidence'] as const).flatMap((on) =>
    CANDIDATE_IDS.filter((method) => refusal(method, on) === null).map((method) => ({
      name: `${method} on ${on}, ${K} labels`,
      K,
      calibrator: fitted(method, on, K),
    })),
  ),
);

function scoreOf(logProbs: readonly number[]): Score {
  return {
    ...labelScores(LABELS.slice(0, logProbs.length), logProbs),
    mode: 'first-token',
    textTokens: 3,
    cutTokens: 0,
  };
}

/** As the engine makes them: ln P of labels that share at most all of the probability. */
const logProbs = (K: number) =>
  fc
    .array(fc.double({ min: -40, max: 0, noNaN: true }), { minLength: K, maxLength: K })
    .map((values) => values.map((value) => value - Math.log(K)));

describe('calibration: of one score', () => {
  const folder = sharedFolder();

  function copyOptions(calibrator: Calibrator): CopyOptions {
    return {
      columns: calibrator.on === 'labels' ? { labels: calibrator.labels } : {},
      on: calibrator.on,
      calibrate: (data) => applyCalibrator(calibrator, data),
      buckets: DEFAULT_BUCKETS,
      calibratorSha256: 'beef',
    };
  }

  for (const { name, K, calibrator } of CALIBRATORS)
    it(`${name}: score with a calibrator is score and then apply, and every score alone gives the same bits`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(logProbs(K), { minLength: 1, maxLength: 24 }), async (rows) => {
          const scores = rows.map(scoreOf);
          const at = (file: string) => path.join(folder(), file);
          await writeFile(
            at('in.csv'),
            `text,label\n${rows.map((_, i) => `t${i},${i % 3 === 0 ? '' : 'label 1'}\n`).join('')}\n`,
          );
          const source = await inspectTable(at('in.csv'));
          const options = {
            ...(await scriptedOptions(source, await scriptedRun(source, LABELS.slice(0, K)))),
            score: (texts: readonly string[]) =>
              Promise.resolve({
                scores: texts.map((text) => scores[Number(text.slice(1))] ?? assert.fail()),
                seconds: {},
              }),
          };
          await writeScored(source, at('raw.csv'), options);
          await writeCalibrated(
            await inspectTable(at('raw.csv')),
            at('applied.csv'),
            copyOptions(calibrator),
          );
          const report = await writeScored(source, at('direct.csv'), {
            ...options,
            calibrator: copyOptions(calibrator),
          });
          const applied = await readFile(at('applied.csv'), 'utf8');
          assert.equal(await readFile(at('direct.csv'), 'utf8'), applied);
          assert.equal(report.calibration?.calibrated, rows.length);

          const [header = '', ...lines] = applied.trimEnd().split('\n');
          const column = (wanted: string) => header.split(',').indexOf(wanted);
          for (const [i, line] of lines.entries()) {
            const cells = line.split(',');
            const one = calibratedScore(scores[i] ?? assert.fail(), calibrator, DEFAULT_BUCKETS);
            assert.equal(one.label, cells[column('predicted')]);
            assert.equal(one.labelChanged, cells[column('raw:predicted')] !== one.label);
            if (one.labels === null) assert.equal(String(one.confidence), cells[column('confidence')]);
            else
              for (const { label, confidence } of one.labels)
                assert.equal(String(confidence), cells[column(`prob:${label}`)]);
          }
        }),
        { numRuns: 5 },
      );
    });

  it('a calibrator on labels may change the label; one on confidence says that another one is likelier', () => {
    const score = scoreOf([Math.log(0.6), Math.log(0.3)]);
    const other = calibratedScore(
      score,
      {
        on: 'labels',
        method: 'bias-temperature',
        labels: ['label 0', 'label 1'],
        model: { kind: 'bias-temperature', beta: 1, bias: [-2, 2] },
      },
      DEFAULT_BUCKETS,
    );
    assert.equal(other.label, 'label 1');
    assert.ok(other.labelChanged && !other.anotherLikelier);
    assert.deepEqual(other.bucket, { name: 'automatic', tone: 'green' });
    const low = calibratedScore(
      score,
      { on: 'confidence', method: 'platt', map: { kind: 'platt', a: 0, b: 1 } },
      DEFAULT_BUCKETS,
    );
    assert.equal(low.label, 'label 0');
    assert.equal(low.labels, null);
    assert.ok(!low.labelChanged && low.anotherLikelier);
    assert.deepEqual(low.bucket, { name: 'manual', tone: 'red' });
  });

  it('an impossible label stays impossible, and a row of nothing else is uniform', () => {
    const temperature: Calibrator = {
      on: 'labels',
      method: 'temperature',
      labels: ['label 0', 'label 1'],
      model: { kind: 'temperature', beta: 2 },
    };
    const of = (...values: number[]) => calibratedScore(scoreOf(values), temperature, DEFAULT_BUCKETS);
    assert.deepEqual(
      of(-Infinity, -1).labels?.map(({ confidence }) => confidence),
      [0, 1],
    );
    assert.deepEqual(
      of(-Infinity, -Infinity).labels?.map(({ confidence }) => confidence.toFixed(9)),
      ['0.500000000', '0.500000000'],
    );
  });

  it('refuses labels in another order', () => {
    const calibrator = fitted('temperature', 'labels', 2);
    assert.ok(calibrator.on === 'labels');
    const turned = { ...calibrator, labels: calibrator.labels.toReversed() };
    assert.throws(() => calibratedScore(scoreOf([-1, -2]), turned, DEFAULT_BUCKETS), { code: 'label-order' });
  });

  it('buckets are told apart by four tones, the first green and the last red', () => {
    const tones = (count: number) => Array.from({ length: count }, (_, at) => bucketTone(at, count));
    assert.deepEqual(tones(4), ['green', 'yellow', 'orange', 'red']);
    assert.deepEqual(tones(2), ['green', 'red']);
    assert.deepEqual(tones(5), ['green', 'yellow', 'orange', 'orange', 'red']);
  });
});
