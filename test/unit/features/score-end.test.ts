import assert from 'node:assert/strict';
import { endInWords } from '../../../src/features/score/end';

const REPORT = { rows: 1200, failed: 0, firstFailed: [], cut: 0, calibration: null };
const BY = {
  name: 'reviews',
  file: 'reviews.json',
  method: 'beta',
  on: 'labels',
  n: 2000,
  measured: null,
} as const;

describe('the end of Score CSV… in words', () => {
  it('is one sentence where all went well', () => {
    assert.deepEqual(endInWords('/a/out.csv', { report: REPORT, by: undefined, doubts: [] }), {
      severity: 'info',
      message: 'out.csv is complete: 1,200 rows.',
    });
  });

  it('says how many rows have a low label mass, and what to do if they are many', () => {
    const end = (lowMass: number) =>
      endInWords('out.csv', {
        report: { ...REPORT, rows: 500, failed: 20, lowMass },
        by: undefined,
        doubts: [],
      });
    assert.doesNotMatch(end(0).message, /mass/);
    assert.match(
      end(3).message,
      /column score_error gives the reasons\. Label mass below 50%: 3 of 480 rows\.$/,
    );
    assert.match(
      end(48).message,
      /Label mass below 50%: 48 of 480 rows\. .*base model: add answered examples .*instruct model.* spellings of the labels\./,
    );
    const whole = { report: { ...REPORT, lowMass: 1200 }, by: undefined, doubts: [] };
    assert.equal(endInWords('out.csv', whole).severity, 'warning');
    assert.equal(endInWords('out.csv', { ...whole, report: { ...REPORT, lowMass: 1 } }).severity, 'info');
  });

  it('names the calibrator, and warns of what it could not do or be trusted with', () => {
    const calibration = {
      calibrated: 900,
      rejected: [{ line: 3, reason: 'label is "x"' }],
      rejectedCount: 299,
      warnings: [],
    };
    const report = {
      ...REPORT,
      failed: 1,
      cut: 3,
      firstFailed: [{ line: 8, reason: 'There is no text.' }],
      calibration,
    };
    assert.deepEqual(endInWords('out.csv', { report, by: BY, doubts: ['The backend differs.'] }), {
      severity: 'warning',
      message:
        'out.csv is complete: 1,200 rows, calibrated by reviews (beta on labels, fitted on 2,000 rows). Cut to fit: ' +
        '3 rows. Without a score: 1 row; the column score_error gives the reasons. Line 8: There is no text. Without a ' +
        'calibrated score: 299 rows (line 3: label is "x"). The backend differs.',
    });
  });
});
