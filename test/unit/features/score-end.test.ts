import assert from 'node:assert/strict';
import { endInWords } from '../../../src/features/score/end';

const REPORT = { rows: 1200, failed: 0, firstFailed: [], cut: 0, calibration: null };
const BY = { name: 'reviews', file: 'reviews.json', method: 'beta', on: 'labels', n: 2000 } as const;

describe('the end of Score CSV… in words', () => {
  it('is one sentence where all went well', () => {
    assert.deepEqual(endInWords('/a/out.csv', { report: REPORT, by: undefined, doubts: [] }), {
      severity: 'info',
      message: '1,200 rows are scored in out.csv.',
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
        '1,200 rows are scored in out.csv, calibrated by reviews (beta on labels, fitted on 2,000 rows). 3 have a ' +
        'text that was cut to fit. 1 have no score; the column score_error says why. Line 8: There is no text. 299 have a score, but no calibrated one ' +
        '(line 3: label is "x"). The backend differs.',
    });
  });
});
