import assert from 'node:assert/strict';
import {
  lineNote,
  calibrationFacts,
  calibrationNotes,
  headline,
  rawInWords,
  type ShownScore,
} from '../../../src/core/words/calibrated-score';
import type { Calibration, CalibratedScore } from '../../../src/core/calibration/calibrated-score';
import { boundsOf, DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
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
      bucket: { name: 'review', tone: 'yellow' },
      ...change,
    },
    warnings,
    notes,
  };
}

function shown(
  score: Score,
  calibration?: Calibration,
  bounds: readonly number[] = boundsOf(DEFAULT_BUCKETS),
): ShownScore {
  return { score, calibration, bounds };
}

describe('calibrated scores in words', () => {
  it('show the calibrated confidence, its bucket in words, and the raw one beside it', () => {
    assert.equal(lineNote(shown(SCORE, undefined)), 'spam 66.7%, raw');
    assert.equal(lineNote(shown(SCORE, calibrated({}))), 'spam 89.9% ▲ review, raw 66.7%');
    assert.deepEqual(headline(shown(SCORE, calibrated({}))), { label: 'spam', percent: '89.9%' });
  });

  it('show both labels where the calibrator chose another one', () => {
    const other = calibrated({ label: 'ham', labelChanged: true });
    assert.equal(lineNote(shown(SCORE, other)), 'ham 89.9% ▲ review, raw: spam 66.7%');
  });

  it('are shorter after a long text, so that they do not reach under the minimap', () => {
    assert.equal(lineNote(shown(SCORE, calibrated({})), 50), 'spam 89.9% ▲ review, raw 66.7%');
    assert.equal(lineNote(shown(SCORE, calibrated({})), 51), 'spam 89.9% ▲ review');
    assert.equal(lineNote(shown(SCORE, calibrated({})), 62), 'spam 89.9% ▲');
    assert.equal(lineNote(shown(SCORE, undefined), 500), 'spam 66.7%, raw');
  });

  it('never reach a bucket of one’s own that they miss, raw or calibrated', () => {
    const score: Score = {
      ...SCORE,
      ...labelScores(['spam', 'ham'], [Math.log(0.9496), Math.log(0.0504)]),
    };
    const own = calibrated({ confidence: 0.79996 });
    assert.equal(headline(shown(score)).percent, '95.0%');
    assert.equal(headline(shown(score, undefined, [0.95, 0])).percent, '94.9%');
    assert.equal(lineNote(shown(score, undefined, [0.95, 0])), 'spam 94.9%, raw');
    const both = shown(score, own, [0.95, 0.8, 0]);
    assert.equal(lineNote(both), 'spam 79.9% ▲ review, raw 94.9%');
    assert.equal(rawInWords(both, { labelChanged: false }), 'raw 94.9%');
    // Where no bucket begins there, the nearest tenth.
    assert.equal(lineNote(shown(score, own, [0.9, 0])), 'spam 80.0% ▲ review, raw 95.0%');
  });

  it('say how good the calibrator is, and another backend, without alarm', () => {
    const elsewhere = calibrated({}, [], ['The backend differs.']);
    assert.equal(lineNote(shown(SCORE, elsewhere)), 'spam 89.9% ▲ review, raw 66.7%');
    assert.deepEqual(calibrationNotes(elsewhere), []);
    assert.deepEqual(calibrationFacts(elsewhere), [
      'Of the rows that it did not see, 87.9% are correct at a mean confidence of 87.6% (ECE 0.017).',
      'The backend differs.',
    ]);
  });

  it('mark what should not be read alone', () => {
    const likelier = calibrated({ confidence: 0.2, anotherLikelier: true }, ['It is not bound.']);
    assert.match(lineNote(shown(SCORE, likelier)), /^⚠ spam 20\.0%/);
    assert.deepEqual(calibrationNotes(likelier).length, 2);
    assert.match(
      lineNote(shown({ ...SCORE, labelMass: 0.01 }, calibrated({}))),
      /^⚠ spam 89\.9% ▲ review, label mass 1\.0%$/,
    );
    const low = { ...SCORE, labelMass: 0.001 };
    assert.equal(lineNote(shown(low, undefined)), '⚠ spam 66.7%, raw, label mass 0.1%');
    const tied = (...names: readonly string[]): Score => ({
      ...SCORE,
      ...labelScores(
        names,
        names.map(() => Math.log(0.9 / names.length)),
      ),
    });
    assert.equal(lineNote(shown(tied('a', 'b'), undefined)), '⚠ tie: a = b 50.0%, raw');
    assert.equal(
      lineNote(shown(tied('first label', 'second label'), undefined)),
      '⚠ tie: 2 labels 50.0%, raw',
    );
    const raw: Calibration = { kind: 'raw', reason: 'Another model.' };
    assert.equal(lineNote(shown(SCORE, raw)), '⚠ spam 66.7%, not calibrated');
    assert.deepEqual(calibrationNotes(raw), ['Another model.']);
  });

  it('keep the note after a text short, with the bucket and every doubt before the raw confidence', () => {
    const long = 'a label that is much longer than its line';
    const cut = 'a label that is muc…';
    const score: Score = { ...SCORE, label: long };
    assert.equal(lineNote(shown(score, undefined)), `${cut} 66.7%, raw`);
    assert.equal(lineNote(shown({ ...score, labelMass: 0.001 }, undefined)), `⚠ ${cut} 66.7%, raw`);
    assert.equal(lineNote(shown(score, calibrated({ label: long }))), `${cut} 89.9% ▲ review, raw 66.7%`);
    const changed = shown(score, calibrated({ label: long, labelChanged: true }));
    assert.equal(lineNote(changed), `${cut} 89.9% ▲ review`);
    const bucket = { name: 'somebody has to look at this', tone: 'yellow' } as const;
    assert.equal(lineNote(shown(score, calibrated({ label: long, bucket }))), `${cut} 89.9% ▲, raw 66.7%`);
  });
});
