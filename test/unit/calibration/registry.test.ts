import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  applyCalibrator,
  type Calibrator,
  fitCalibrator,
  identityCalibrator,
  isStrictlyMonotone,
  parameterCount,
} from '../../../src/core/calibration/calibrator';
import {
  baselineOf,
  CALIBRATOR_IDS,
  type CalibratorId,
  calibratorKind,
  refusal,
} from '../../../src/core/calibration/registry';
import { parseSavedCalibrator, savedCalibrator } from '../../../src/core/calibration/saved';
import { sigmoid } from '../../../src/core/model/numeric';
import type { CalibrateOn, LabelData, PredictionData } from '../../../src/core/model/predictions';
import { confidenceOf, labelData } from '../../../src/core/model/rows';
import { calibratorTitle } from '../../../src/core/words/calibration';
import { ROOT } from '../../support/paths';
import { labelTable } from './tables';

const FOLDER = path.join(ROOT, 'src/core/calibration/calibrators');

/** All that any fit may need. */
const GIVEN = { seed: 1, neutral: Float64Array.of(0.9, 0.1, -1), shares: [0.5, 0.3, 0.2] };
const SCORES = labelTable(500, 3, 0.5, [0.5, 0, -0.5]);
const TABLE: LabelData = { ...SCORES, agreement: labelTable(500, 4, 1, [0, 0, 0]).logProbs };

function dataOf(on: CalibrateOn): PredictionData {
  return on === 'labels' ? TABLE : confidenceOf(TABLE);
}

/** The fits that a calibrator is made of, as they stand in its file. */
function partsOf(calibrator: Calibrator): readonly unknown[] {
  if (calibrator.on === 'confidence') return [calibrator.map];
  return 'model' in calibrator ? [calibrator.model] : calibrator.oneVsRest;
}

function saved(calibrator: Calibrator): ReturnType<typeof savedCalibrator> {
  return savedCalibrator({
    calibrator,
    scoreType: 'logprob',
    n: 500,
    classCounts: null,
    nCorrect: 300,
    nWrong: 200,
    before: {},
    after: {},
    inSample: {},
    folds: { source: 'folds', count: 2, seed: 0, stratifiedBy: 'label', grouped: false, seedRange: null },
    seed: 0,
    warnings: [],
    source: { sha256: 'a'.repeat(64), name: null },
    bound: null,
    versions: {},
    time: '2026-01-02T03:04:05Z',
  });
}

describe('calibration: the registry', () => {
  it('lists every file of the folder, under an id and a title of its own', () => {
    const files = readdirSync(FOLDER).map((file) => path.basename(file, '.ts'));
    assert.deepEqual(CALIBRATOR_IDS.toSorted(), files.toSorted());
    assert.equal(new Set(CALIBRATOR_IDS.map(calibratorTitle)).size, files.length);
  });

  it('can leave scores as they are, on labels and on confidence', () => {
    for (const on of ['labels', 'confidence'] as const) {
      const data = dataOf(on);
      const before = confidenceOf(data);
      const same = identityCalibrator(data, on);
      assert.equal(same.on, on);
      confidenceOf(applyCalibrator(same, data)).confidence.forEach((value, i) =>
        assert.ok(Math.abs(value - (before.confidence[i] ?? NaN)) < 2e-12),
      );
    }
  });

  for (const id of CALIBRATOR_IDS)
    describe(id, () => {
      const kind = calibratorKind(id);
      const file = readFileSync(path.join(FOLDER, `${id}.ts`), 'utf8');

      it('has a title, a reference with its year, and an example', () => {
        assert.match(kind.title, /^[A-Z]/u);
        assert.match(file, /^ \*.*\b(?:19|20)\d\d\b/mu);
        assert.match(file, /^ \* Example\b/mu);
      });

      it('is in the glossary with its title, and among the options of the command line', () => {
        const page = (name: string) => readFileSync(path.join(ROOT, 'docs', name), 'utf8');
        const [, line = ''] = new RegExp(`^\\| \`${id}\` \\|(.*)$`, 'mu').exec(page('glossary.md')) ?? [];
        assert.ok(`${id} ${line}`.toLowerCase().includes(kind.title.toLowerCase()), line);
        assert.match(page('command-line.md'), new RegExp(`[ \`]${id}[ \`]`, 'u'));
      });

      it('is compared with a simpler one that needs less, if what it needs costs something', () => {
        const baseline = baselineOf(id);
        if (kind.comparedWith === undefined) assert.equal(baseline, 'raw');
        else assert.ok(baseline !== 'raw' && calibratorKind(baseline).needs === null);
      });

      it('can be used on something, and says why not on the rest', () => {
        const reasons = (['labels', 'confidence'] as const).map((on) => refusal(id, on));
        assert.ok(reasons.includes(null));
        for (const reason of reasons) assert.match(reason ?? 'It can.', /^[A-Z].*\.$/u);
      });

      for (const on of ['labels', 'confidence'] as const)
        it(`on ${on}: fits, and its fit is valid, applies and survives the file; or it is refused`, () => {
          const data = dataOf(on);
          const options = { ...GIVEN, method: id, on };
          const reason = refusal(id, on);
          if (reason !== null) {
            const error = { code: 'method-refused', message: reason };
            assert.throws(() => fitCalibrator(data, options), error);
            return;
          }
          const { calibrator } = fitCalibrator(data, options);
          assert.deepEqual([calibrator.method, calibrator.on], [id, on]);
          for (const part of partsOf(calibrator)) assert.deepEqual(kind.schema.parse(part), part);
          const count = parameterCount(calibrator);
          assert.ok(Number.isInteger(count) && count > 0);
          const whole = saved(calibrator);
          assert.deepEqual(parseSavedCalibrator(JSON.stringify(whole)), whole);
          checkRows(data, applyCalibrator(calibrator, data), calibrator);
        });

      if (kind.needs === null) return;
      const { code, message } = kind.needs;
      it('says what it needs, where it is missing', () => {
        const fit = () => fitCalibrator(SCORES, { method: id, on: 'labels' });
        assert.throws(fit, { code, message });
      });
    });
});

/** Probabilities, and in the order of before where that is promised. */
function checkRows(before: PredictionData, after: PredictionData, calibrator: Calibrator): void {
  assert.equal(after.kind, calibrator.on);
  const { confidence, logOdds } = confidenceOf(after);
  confidence.forEach((p) => assert.ok(p >= 0 && p <= 1));
  if (after.kind === 'labels')
    for (let at = 0; at < after.logProbs.length; at += 3) {
      const sum = after.logProbs.subarray(at, at + 3).reduce((total, z) => total + Math.exp(z), 0);
      assert.ok(Math.abs(sum - 1) < 1e-9);
    }
  if (!isStrictlyMonotone(calibrator)) return;
  const raw = confidenceOf(before).logOdds;
  const order = Array.from(raw.keys()).sort((i, j) => (raw[i] ?? 0) - (raw[j] ?? 0));
  order.slice(1).forEach((row, i) => assert.ok((logOdds[row] ?? 0) > (logOdds[order[i] ?? 0] ?? 0)));
}

/** The examples of the doc comments. */
describe('calibration: the worked example of', () => {
  const ln3 = Math.log(3);

  function near(actual: readonly number[], expected: readonly number[]): void {
    assert.equal(actual.length, expected.length);
    expected.forEach((value, i) => assert.ok(Math.abs((actual[i] ?? NaN) - value) < 6e-4, actual.join(', ')));
  }

  function rows(...groups: readonly [z: readonly number[], truth: readonly number[]][]): LabelData {
    const scores = groups.flatMap(([z, truth]) => truth.flatMap(() => z));
    return labelData({
      labels: ['first', 'second'],
      scores: Float64Array.from(scores),
      truth: Int32Array.from(groups.flatMap(([, truth]) => truth)),
    });
  }

  /** The numbers of a fit, in the order of its file. */
  function numbers(id: CalibratorId, data: PredictionData, given: object = {}): number[] {
    const { calibrator } = fitCalibrator(data, { ...given, method: id, on: data.kind });
    return partsOf(calibrator).flatMap((part) =>
      Object.values(part as object)
        .flat()
        .filter((value): value is number => typeof value === 'number'),
    );
  }

  function scalar(f: readonly number[], correct: readonly number[]): PredictionData {
    const logOdds = Float64Array.from(f);
    return {
      kind: 'confidence',
      confidence: logOdds.map(sigmoid),
      correct: Uint8Array.from(correct),
      logOdds,
    };
  }

  /** Two groups of four rows: three have the first label, and two. */
  const TWO_GROUPS = rows(
    [
      [1, 0],
      [0, 0, 0, 1],
    ],
    [
      [0, 1],
      [0, 0, 1, 1],
    ],
  );

  const EXAMPLES: Readonly<Record<CalibratorId, () => void>> = {
    platt: () => near(numbers('platt', scalar([5, -4, 1], [1, 0, 0])), [-0.2026, 0.6524]),
    isotonic: () =>
      near(
        numbers('isotonic', scalar([0, 1, 1, 2, 3, 4], [0, 0, 1, 0, 0, 1])),
        [0, 1, 3, 4, 0, 0.25, 0.25, 1],
      ),
    beta: () =>
      near(numbers('beta', scalar([-2, -2, -2, -2, 0, 0, 2, 2, 2, 2], [0, 0, 0, 1, 0, 1, 0, 1, 1, 1])), [
        ln3 / 2,
        ln3 / 2,
        0,
      ]),
    histogram: () => near(numbers('histogram', scalar([1, 1, 2, 2], [0, 1, 1, 1])), [1.5, 0.5, 1]),
    slope: () => near(numbers('slope', scalar([2, 2, 2, 2], [1, 1, 1, 0])), [ln3 / 2]),
    temperature: () =>
      near(
        numbers(
          'temperature',
          rows([
            [2, 0],
            [0, 0, 0, 1],
          ]),
        ),
        [ln3 / 2],
      ),
    'bias-temperature': () => near(numbers('bias-temperature', TWO_GROUPS), [ln3 / 2, ln3 / 4, -ln3 / 4]),
    vector: () => near(numbers('vector', TWO_GROUPS), [ln3 / 2, ln3 / 2, ln3 / 4, -ln3 / 4, 1000]),
    combination: () => {
      const nine = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
      const one = nine.map((label) => 1 - label);
      const [three, single] = [
        [0, 0, 0, 1],
        [1, 1, 1, 0],
      ];
      const token = rows([[1, 0], nine], [[1, 0], three], [[0, 1], single], [[0, 1], one]);
      const drawn = rows([[1, 0], nine], [[0, 1], three], [[1, 0], single], [[0, 1], one]);
      near(numbers('combination', { ...token, agreement: drawn.logProbs }), [1.648, 0.549, 0, 0]);
    },
    'prior-batch': () => {
      const data = rows([[Math.log(0.8), Math.log(0.2)], [0]], [[0, 0], [0]]);
      near(numbers('prior-batch', data, { shares: 'uniform' }), [-Math.LN2 / 2, Math.LN2 / 2, 0.5, 0.5]);
    },
    'prior-content-free': () => {
      const neutral = Float64Array.of(Math.log(0.8), Math.log(0.2));
      near(numbers('prior-content-free', TWO_GROUPS, { neutral }), [-Math.LN2, Math.LN2]);
    },
  };

  for (const [id, example] of Object.entries(EXAMPLES)) it(id, example);
});
