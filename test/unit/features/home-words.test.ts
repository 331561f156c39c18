import assert from 'node:assert/strict';
import { boundInWords, calibratorLines, inTurn, tableInWords } from '../../../src/features/home/words';
import type { TableFacts } from '../../../src/store/tables/table-facts';

const FACTS: TableFacts = {
  isScored: true,
  isCalibrated: false,
  isLabelled: true,
  rows: undefined,
  run: { classifier: 'sentiment', rows: 2000 },
};

describe('the words of the Home view', () => {
  it('say of a table what is known without reading it, and no more', () => {
    const say = (facts: TableFacts | undefined, folder = '') =>
      tableInWords({ facts, figures: undefined, folder });
    assert.equal(say(FACTS, 'data'), 'scored, labelled · 2,000 rows scored · data');
    assert.equal(say({ ...FACTS, rows: 24, run: undefined }), 'scored, labelled · 24 rows');
    assert.equal(say({ ...FACTS, isCalibrated: true, isLabelled: false }), 'calibrated · 2,000 rows scored');
    assert.equal(say({ ...FACTS, isScored: false, run: undefined }), 'not scored, labelled');
    assert.equal(say(undefined, 'a\u202eb'), 'a\\u{202e}b');
  });

  it('say the accuracy only where it was computed', () => {
    const figures = { rows: 2000, accuracy: 0.5375 };
    assert.equal(
      tableInWords({ facts: FACTS, figures, folder: '' }),
      'accuracy 53.8% of 2,000 rows · scored, labelled',
    );
  });

  it('say what a calibrator belongs to', () => {
    assert.equal(boundInWords({ bound: null }), 'not bound');
    const bound = {
      model: { kind: 'file', name: 'gemma.gguf', sha256: 'a'.repeat(64) },
      promptSha256: 'b'.repeat(64),
      scoring: { method: 'token-probability', mode: 'first-token' },
      backend: 'cpu',
    } as const;
    assert.equal(boundInWords({ bound }), 'for gemma.gguf');
    const source = { sha256: 'c'.repeat(64), name: 'reviews.csv' };
    assert.deepEqual(calibratorLines({ bound, n: 2000, source }), [
      'Fitted on 2,000 rows of reviews.csv.',
      'It belongs to the model gemma.gguf (SHA-256 aaaaaaaaaaaa…), scored by token-probability (first-token) on cpu. It is refused for anything else.',
    ]);
    assert.match(calibratorLines({ bound: null, n: 1, source })[1] ?? '', /not bound/);
  });

  it('leave out what is not known', () => {
    assert.equal(inTurn('a', undefined, '', 'b'), 'a · b');
  });
});
