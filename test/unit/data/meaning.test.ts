import assert from 'node:assert/strict';
import { otherMeanings as meaningsOf } from '../../../src/core/data/meaning';
import type { PredictionTable } from '../../../src/core/data/table';
import { confidenceOf } from '../../../src/core/model/rows';
import { readRows, repeated } from './read-rows';

const otherMeanings = (table: PredictionTable) => meaningsOf(table, confidenceOf(table.data));
const accuracyOf = ({ data, n }: PredictionTable): number =>
  confidenceOf(data).correct.reduce((right, one) => right + one, 0) / n;

interface Case {
  readonly what: string;
  readonly header: string;
  readonly rows: readonly string[];
  readonly says: RegExp;
  /** Accuracy of the table as it is written, and as it is read by the remedy. */
  readonly accuracy: readonly [number, number] | null;
}

describe('a wrong meaning under a right name', () => {
  const cases: Case[] = [
    {
      what: 'P(positive) as the confidence',
      header: 'label,predicted,confidence',
      rows: ['0,0,.1', '1,1,.9'],
      says: /"confidence" is lower wherever "0" is predicted.*probability of "1"/,
      accuracy: [1, 1],
    },
    {
      what: 'P(spam) as the confidence, with errors',
      header: 'label,predicted,confidence',
      rows: ['ham,ham,.2', 'spam,ham,.4', 'spam,spam,.55', 'ham,spam,.7', 'ham,ham,0'],
      says: /probability of "spam"/,
      accuracy: [0.6, 0.6],
    },
    {
      what: 'P(1) as the confidence, with another cut, a tie and a slip',
      header: 'label,predicted,confidence',
      rows: [...repeated(198, ['0,0,.1', '1,1,.9', '0,1,.3', '0,0,.3']), '1,0,.5', '0,0,.2'],
      says: /probability of "1"/,
      accuracy: [0.75, 0.995],
    },
    {
      what: 'P(positive) as the confidence, without true labels',
      header: 'correct,predicted,confidence',
      rows: repeated(20, ['1,no,.1', '0,yes,.9', '1,no,.3']),
      says: /add a column with the true labels/,
      accuracy: null,
    },
    {
      what: 'the confidence as P(1)',
      header: 'label,predicted,y_prob',
      rows: repeated(40, ['1,1,.9', '0,0,.8', '0,0,.7', '1,1,.6', '0,1,.6']),
      says: /"y_prob" is never below one half, also where "0" is true/,
      accuracy: [0.4, 0.8],
    },
    {
      what: 'the confidence as P(1), with a slip',
      header: 'label,predicted,y_prob',
      rows: [...repeated(199, ['1,1,.9', '0,0,.8', '0,0,.7', '1,1,.6', '0,1,.6']), '1,1,.45'],
      says: /"y_prob" is hardly ever below one half/,
      accuracy: [0.4, 0.805],
    },
    {
      what: 'the confidence as P(spam), without predictions',
      header: 'label,prob:spam',
      rows: repeated(40, ['spam,.9', 'ham,.8', 'ham,.7', 'spam,.6']),
      says: /add a column "predicted"/,
      accuracy: null,
    },
    {
      what: 'true labels that are those of the highest score',
      header: 'label,prob:a,prob:b,prob:c',
      rows: repeated(40, ['a,.5,.3,.2', 'b,.2,.6,.2', 'c,.1,.3,.6']),
      says: /All of 40 rows are right, also the 40 with a confidence below 0\.8/,
      accuracy: null,
    },
    {
      what: 'true labels that are the predicted ones',
      header: 'label,predicted,confidence',
      rows: repeated(20, ['x,x,.7', 'y,y,.6']),
      says: /seems to be made from the predictions/,
      accuracy: null,
    },
    {
      what: 'two labels the wrong way round',
      header: 'label,prob:a,prob:b',
      rows: repeated(60, ['b,.9,.1', 'a,.2,.8', 'b,.7,.3', 'a,.6,.4', 'a,.2,.8']),
      says: /Of the rows called "a", "b", 12 are right, but 48 would be if these names were exchanged/,
      accuracy: [0.2, 0.8],
    },
    {
      what: 'two of four labels the wrong way round',
      header: 'label,prob:a,prob:b,prob:c,prob:d',
      rows: repeated(100, [
        'b,.7,.1,.1,.1',
        'a,.1,.7,.1,.1',
        'c,.1,.1,.7,.1',
        'd,.1,.1,.1,.7',
        'd,.1,.1,.7,.1',
      ]),
      says: /rows called "a", "b", 0 are right, but 40 would be/,
      accuracy: [0.4, 0.8],
    },
    {
      what: 'P(0) as y_prob',
      header: 'label,y_prob',
      rows: repeated(60, ['1,.1', '0,.9', '1,.3', '0,.4', '0,.7']),
      says: /rows called "0", "1"/,
      accuracy: [0.2, 0.8],
    },
    {
      what: 'the probability of ham as that of spam',
      header: 'label,prob:spam',
      rows: repeated(40, ['spam,.1', 'ham,.9', 'spam,.3', 'ham,.8']),
      says: /rows called "ham", "spam"/,
      accuracy: [0, 1],
    },
    {
      what: 'three labels, each under the name of the next',
      header: 'label,logprob:a,logprob:b,logprob:c',
      rows: repeated(100, ['b,-.1,-3,-3', 'c,-3,-.1,-3', 'a,-3,-3,-.1', 'a,-.1,-3,-3', 'b,-.1,-3,-3']),
      says: /20 are right, but 80 would be/,
      accuracy: [0.2, 0.8],
    },
    {
      what: 'predicted labels the wrong way round',
      header: 'label,predicted,confidence',
      rows: repeated(100, ['yes,no,.9', 'no,yes,.9', 'yes,no,.8', 'no,yes,.7', 'no,no,.6']),
      says: /20 are right, but 80 would be/,
      accuracy: null,
    },
  ];
  for (const { what, header, rows, says, accuracy } of cases)
    it(`is seen: ${what}`, () => {
      const table = readRows(header, rows);
      const [meaning, ...others] = otherMeanings(table);
      assert.deepEqual(others, []);
      assert.match(meaning?.message ?? '', says);
      assert.equal(meaning?.instead !== undefined, accuracy !== null);
      if (accuracy === null) return;
      const other = readRows(header, rows, { mapping: meaning?.instead });
      assert.deepEqual([accuracyOf(table), accuracyOf(other)], accuracy);
      assert.deepEqual(
        otherMeanings(other).filter(({ instead }) => instead !== undefined),
        [],
      );
    });

  const plain: [what: string, header: string, rows: string[]][] = [
    ['a calibrated table', 'label,prob:a,prob:b', repeated(40, ['a,.9,.1', 'b,.2,.8', 'b,.7,.3', 'a,.6,.4'])],
    ['a sure model that is right', 'label,prob:a,prob:b', repeated(40, ['a,.999,.001', 'b,.001,.999'])],
    ['few rows', 'label,prob:a,prob:b', repeated(10, ['b,.9,.1', 'a,.2,.8'])],
    [
      'a model that says one label only',
      'label,prob:a,prob:b',
      repeated(100, ['b,.9,.1', 'b,.8,.2', 'a,.7,.3']),
    ],
    ['many rows of a modest model that are right', 'correct,confidence', repeated(1000, ['1,.99', '1,.95'])],
    ['a third class that is never predicted', 'label,predicted,confidence', ['a,a,.9', 'c,b,.4']],
    [
      'twenty rows of many classes',
      'label,predicted,confidence',
      Array.from(
        { length: 20 },
        (_, i) => `${'abcdefghijk'[(i * 7) % 11]},${'abcdefghijk'[(i * 5) % 11]},.5`,
      ),
    ],
    ['a model of no worth', 'label,y_prob', repeated(40, ['1,.1', '0,.1', '1,.7', '0,.7'])],
    ['one true label', 'label,prob:a,prob:b', repeated(40, ['a,.1,.9', 'a,.3,.7'])],
    ['a rare 0', 'label,y_prob', [...repeated(39, ['1,.9', '1,.8']), '0,.6']],
    [
      'low confidence of three labels',
      'label,predicted,confidence',
      ['a,a,.4', 'b,b,.6', 'c,c,.45', 'a,b,.7', 'b,c,.4'],
    ],
    [
      'a confidence below one half on both sides',
      'label,predicted,confidence',
      ['0,0,.1', '1,1,.4', '1,1,.9', '0,0,.6'],
    ],
    ['confidence and correct', 'confidence,correct', repeated(40, ['.9,1', '.4,0', '.8,1'])],
  ];
  for (const [what, header, rows] of plain)
    it(`is not seen in ${what}`, () => assert.deepEqual(otherMeanings(readRows(header, rows)), []));
});
