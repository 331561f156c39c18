import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { isFormula } from '../../../src/core/formula';
import { csvLine } from '../../../src/store/tables/csv-line';
import { HOSTILE } from '../../support/hostile';

describe('a line of a CSV', () => {
  const cell = fc
    .oneof(fc.constantFrom(...Object.values(HOSTILE)), fc.string({ unit: 'binary' }), fc.string())
    // A file holds no lone surrogate.
    .map((text) => text.replace(/\p{Cs}/gu, '?'));

  it('reads back as it was, whatever the cells hold', () => {
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 2, maxLength: 5 }),
        fc.constantFrom(',', ';', '\t'),
        (cells, separator) => {
          const line = csvLine(cells, separator);
          assert.deepEqual(parse(line, { delimiter: separator, record_delimiter: '\n' }), [cells]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('holds no formula if it is to be safe for a spreadsheet, and is so after one more time', () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
        const style = { spreadsheetSafe: true };
        const line = csvLine(cells, ',', style);
        const [safe = []] = parse(line, { record_delimiter: '\n' });
        assert.ok(
          safe.every((text) => !isFormula(text)),
          line,
        );
        assert.equal(csvLine(safe, ',', style), line);
      }),
      { numRuns: 2000 },
    );
  });

  it('knows formulas from numbers', () => {
    for (const text of [
      '=1+1',
      '+1+1',
      '-1+1',
      '@SUM(A1)',
      '\t=1',
      '\r=1',
      ' =1',
      '＝1+1',
      '-x',
      '--1',
      '=',
      '@',
      '+e5',
      '-E7',
    ])
      assert.ok(isFormula(text), text);
    for (const text of ['', '-1', '+1.5', '-.5', '1e-7', '-1.2E+9', '-', '+', "'=1", 'a=1', '[1]', '(-1)'])
      assert.ok(!isFormula(text), text);
  });
});
