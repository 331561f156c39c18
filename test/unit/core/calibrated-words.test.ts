import assert from 'node:assert/strict';
import {
  calibratedSummary,
  calibrationFacts,
  calibrationNotes,
  headline,
} from '../../../src/core/words/calibrated-score';
import type { Calibration, CalibratedScore } from '../../../src/core/calibration/calibrated-score';
import { labelScores, type Score } from '../../../src/core/scoring/score';

const SCORE: Score = {
  ...labelScores(['spam', 'ham'], [Math.log(0.6), Math.log(0.3)]),
  mode: 'first-token',
  textTokens: 3,
  cutTokens: 0,
};

function calibrated(
  change: Partial<CalibratedScore>,
  warnings: readonly string[] = [],
  notes: readonly string[] = [],
): Calibration {
  return {
    kind: 'calibrated',
    by: {
      name: 'c',
      file: 'c.json',
      method: 'beta',
      on: 'labels',
      n: 2000,
      measured: { accuracy: 0.879, confidence: 0.876, ece: 0.017 },
    },
    score: {
      on: 'labels',
      label: 'spam',
      confidence: 0.89999,
      labels: null,
      labelChanged: false,
      anotherLikelier: false,
      bucket: { name: 'review', tone: 'yellow', high: 0.9 },
      ...change,
    },
    warnings,
    notes,
  };
}

describe('calibrated scores in words', () => {
  it('show the calibrated confidence, its bucket in words, and the raw one beside it', () => {
    assert.equal(calibratedSummary(SCORE, undefined), 'spam 66.7%, raw');
    assert.equal(calibratedSummary(SCORE, calibrated({})), 'spam 89.9% ▲ review, raw 66.7%');
    assert.deepEqual(headline(SCORE, calibrated({})), { label: 'spam', percent: '89.9%' });
  });

  it('show both labels where the calibrator chose another one', () => {
    const other = calibrated({ label: 'ham', labelChanged: true });
    assert.equal(calibratedSummary(SCORE, other), 'ham 89.9% ▲ review, raw: spam 66.7%');
  });

  it('say how good the calibrator is, and another backend, without alarm', () => {
    const elsewhere = calibrated({}, [], ['The backend differs.']);
    assert.equal(calibratedSummary(SCORE, elsewhere), 'spam 89.9% ▲ review, raw 66.7%');
    assert.deepEqual(calibrationNotes(elsewhere), []);
    assert.deepEqual(calibrationFacts(elsewhere), [
      'Of the rows that it did not see, 87.9% are correct at a mean confidence of 87.6% (ECE 0.017).',
      'The backend differs.',
    ]);
  });

  it('mark what should not be read alone', () => {
    const likelier = calibrated({ confidence: 0.2, anotherLikelier: true }, ['It is not bound.']);
    assert.match(calibratedSummary(SCORE, likelier), /^⚠ spam 20\.0%/);
    assert.deepEqual(calibrationNotes(likelier).length, 2);
    assert.match(
      calibratedSummary({ ...SCORE, labelMass: 0.01 }, calibrated({})),
      /^⚠ spam 89\.9% .*low label mass 1\.0%$/,
    );
    const raw: Calibration = { kind: 'raw', reason: 'Another model.' };
    assert.equal(calibratedSummary(SCORE, raw), '⚠ spam 66.7%, not calibrated');
    assert.deepEqual(calibrationNotes(raw), ['Another model.']);
  });
});
