import assert from 'node:assert/strict';
import { endInWords } from '../../../src/features/score/end';

const REPORT = { rows: 1200, failed: 0, firstFailed: [], cut: 0, calibration: null };
const BY = { name: 'reviews', file: 'reviews.json', method: 'beta', on: 'labels', n: 2000 } as const;

describe('the end of Score CSV… in words', () => {
  it('is one sentence where all went well', () => {
    assert.deepEqual(endInWords('/a/out.csv', { report: REPORT, by: undefined, doubts: [] }), {
      severity: 'info',
      message: 'out.csv is complete: 1,200 rows.',
    });
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
