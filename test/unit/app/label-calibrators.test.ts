/** One calibrator for each label that is right or not by itself, on the score of a text. */
import assert from 'node:assert/strict';
import {
  ClassifierCalibrator,
  compatibilityBefore,
  LabelCalibrators,
  type NamedCalibrator,
} from '../../../src/app/classifier-calibrator';
import { calibratedBy } from '../../../src/core/calibration/calibrated-score';
import type { ScoreOrigin } from '../../../src/core/calibration/compatibility';
import { parseSavedCalibrator, type SavedCalibrator } from '../../../src/core/calibration/saved';
import { classifierFrom } from '../../../src/core/classifier/definition';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { headScore, multiLabelScore } from '../../../src/core/scoring/head-score';
import { headline, lineNote, ownLabels } from '../../../src/core/words/calibrated-score';
import { resultsInWords } from '../../../src/core/words/many-results';

const MODEL = { kind: 'encoder', name: 'm', sha256: 'a'.repeat(64) } as const;
const ORIGIN: ScoreOrigin = { model: MODEL, backend: 'cpu' };
const BOUNDS = DEFAULT_BUCKETS.map(({ low }) => low);

/** P(label) after it is σ(slope · logit + intercept): of two labels, the map of a calibrator is that of the second. */
function platt(label: string, { slope, intercept }: { slope: number; intercept: number }): SavedCalibrator {
  return parseSavedCalibrator(
    JSON.stringify({
      schema: 1,
      calibrator: {
        on: 'labels',
        method: 'platt',
        labels: [label, `not ${label}`],
        oneVsRest: [{ kind: 'platt', a: -slope, b: intercept }],
      },
      label,
      scoreType: 'prob',
      n: 100,
      classCounts: { [label]: 40, [`not ${label}`]: 60 },
      nCorrect: 80,
      nWrong: 20,
      before: {},
      after: {},
      inSample: {},
      folds: {
        source: 'folds',
        count: 5,
        seed: 0,
        stratifiedBy: 'label',
        grouped: false,
        seedRange: null,
      },
      seed: 0,
      warnings: [],
      source: { sha256: 'b'.repeat(64), name: 't.csv' },
      bound: {
        model: MODEL,
        scoring: { method: 'token-probability', mode: 'multi-label' },
        backend: 'cpu',
      },
      versions: {},
      time: new Date(0).toISOString(),
    }),
  );
}

function named(saved: SavedCalibrator): NamedCalibrator {
  const name = saved.label ?? 'none';
  return {
    file: `${name}.json`,
    sha256: 'c'.repeat(64),
    saved,
    by: calibratedBy(name, `${name}.json`, saved),
  };
}

const CLASSIFIER = classifierFrom(
  {
    version: 1,
    name: 'abuse',
    kind: 'encoder',
    labels: [{ name: 'toxic', calibrator: 'toxic' }, { name: 'insult', threshold: 0.2 }, { name: 'threat' }],
    model: { folder: 'm', sha256: 'd'.repeat(64) },
  },
  'abuse.json',
);
const SCORE = multiLabelScore(CLASSIFIER.labels, {
  logits: [2, -1, -3],
  textTokens: 3,
  cutTokens: 0,
});
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const TOXIC = named(platt('toxic', { slope: 0.5, intercept: -2 }));

describe('calibrators of labels that do not exclude each other', () => {
  it('change their own label and no other', () => {
    const calibrators = new LabelCalibrators(new Map([['toxic', TOXIC]]), CLASSIFIER, 'refuse');
    calibrators.checkBefore({ model: MODEL });
    assert.deepEqual(calibrators.check(ORIGIN, SCORE), []);
    const { calibration } = calibrators.calibrate(ORIGIN, SCORE, DEFAULT_BUCKETS);
    assert.ok(calibration.kind === 'each');
    const own = ownLabels({ score: SCORE, calibration });
    assert.ok(own);
    const [toxic, insult, threat] = own;
    assert.ok(toxic && insult && threat);
    assert.ok(Math.abs(toxic.confidence - sigmoid(0.5 * 2 - 2)) < 1e-9, String(toxic.confidence));
    assert.ok(Math.abs(toxic.raw - sigmoid(2)) < 1e-9);
    assert.deepEqual([toxic.isRight, toxic.by], [false, 'toxic']);
    assert.deepEqual([insult.confidence, insult.isRight, insult.by], [insult.raw, true, null]);
    assert.equal(threat.isRight, false);
    const shown = { score: SCORE, calibration, bounds: BOUNDS };
    assert.deepEqual(headline(shown), { label: 'insult', percent: '26.9%' });
    assert.equal(lineNote(shown), 'insult 26.9%, partly calibrated');
    assert.deepEqual(headline({ score: SCORE, bounds: BOUNDS }), {
      label: 'toxic 88.1%, insult',
      percent: '26.9%',
    });
    assert.equal(lineNote({ score: SCORE, bounds: BOUNDS }, 60), 'toxic 88.1% +1, raw');
    const none = multiLabelScore(CLASSIFIER.labels, { logits: [-2, -3, -4], textTokens: 1, cutTokens: 0 });
    assert.equal(lineNote({ score: none, bounds: BOUNDS }), 'none of 3 labels: each at most 11.9%, raw');
    const { message, isRaw } = resultsInWords(
      Array.from({ length: 12 }, () => ({ score: none, calibration })),
      'line',
      DEFAULT_BUCKETS,
    );
    // That no label is right in any text is no preference of the model.
    assert.match(message, /^12 lines: 12 of 12 none of 3 labels\. /);
    assert.equal(isRaw, false);
  });

  it('are refused for another label, another model, and labels that exclude each other', () => {
    const wrong = new LabelCalibrators(new Map([['insult', TOXIC]]), CLASSIFIER, 'refuse');
    assert.throws(
      () => wrong.checkBefore(),
      /the label "insult" of the classifier abuse.*the label "toxic" by itself/s,
    );
    const other = new LabelCalibrators(new Map([['toxic', TOXIC]]), CLASSIFIER, 'warn');
    const elsewhere = { ...ORIGIN, model: { ...MODEL, sha256: 'e'.repeat(64) } };
    assert.throws(() => other.check(elsewhere, SCORE), { code: 'calibrator-mismatch' });
    // In a score that holds no such pair of labels, even where names are those of one.
    const pair = headScore('single-label', ['toxic', 'not toxic'], {
      logits: [1, 0],
      textTokens: 1,
      cutTokens: 0,
    });
    assert.throws(() => other.check(ORIGIN, pair), { code: 'calibrator-mismatch' });
    const single = new ClassifierCalibrator(TOXIC, CLASSIFIER, 'warn');
    assert.throws(() => single.check(ORIGIN, pair), /no label here is looked at by itself/);
    assert.throws(() => single.check(ORIGIN, SCORE), { code: 'calibrator-mismatch' });
  });

  it('belong to a classifier that may have their label by itself', () => {
    const kinds = (outputs?: string): string =>
      compatibilityBefore(
        TOXIC,
        outputs === undefined
          ? CLASSIFIER
          : { ...CLASSIFIER, asks: { kind: 'encoder', outputs: outputs as 'single-label' } },
        { model: MODEL, backend: 'cpu' },
      ).kind;
    assert.equal(kinds(), 'unknown');
    assert.equal(kinds('multi-label'), 'unknown');
    assert.equal(kinds('single-label'), 'refused');
    const without = { ...CLASSIFIER, labels: CLASSIFIER.labels.slice(1) };
    assert.equal(compatibilityBefore(TOXIC, without, {}).kind, 'refused');
  });
});
