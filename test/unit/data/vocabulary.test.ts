import assert from 'node:assert/strict';
import { findColumns, type ColumnOptions } from '../../../src/core/data/columns';
import { doubtsOf } from '../../../src/core/data/doubts';
import { type PredictionTable, TableBuilder } from '../../../src/core/data/table';
import { NO_LABEL_OF_SCORES, NOT_LABELLED, readLabels, UNCLEAR } from '../../../src/core/data/vocabulary';

function read(header: string, rows: readonly string[], options: ColumnOptions = {}): PredictionTable {
  const builder = new TableBuilder(findColumns(header.split(','), options), { truth: 'required' });
  rows.forEach((row, i) => builder.add(row.split(';'), i + 2));
  return builder.take();
}

const rightOf = ({ data }: PredictionTable): number[] => {
  assert.ok(data.kind === 'confidence');
  return [...data.correct];
};
const codes = (table: PredictionTable): string[] => table.warnings.map(({ code }) => code);

describe('true labels beside the labels that they are compared with', () => {
  const cases: [what: string, values: string[], labels: string[], expected: number[]][] = [
    ['as they are written', ['a', 'b'], ['a', 'b'], [0, 1]],
    ['but for case', ['TRUE', 'FALSE'], ['True', 'False'], [0, 1]],
    ['as numbers', ['1.0', '0.0', '2'], ['0', '1', '2'], [1, 0, 2]],
    ['as one number that is written in two ways', ['1', '1.0', '0'], ['0', '1'], [1, 1, 0]],
    ['as a word for a number', ['true', 'false'], ['0', '1'], [1, 0]],
    ['as a word and a number', ['True', '1', '0'], ['0', '1'], [1, 1, 0]],
    ['but for a full stop', ['Positive.', 'Negative.'], ['positive', 'negative'], [0, 1]],
    ['with the index of a label that has no name', ['LABEL_1', 'LABEL_0'], ['0', '1'], [1, 0]],
    ['which are 1 and −1', ['-1', '1'], ['0', '1'], [0, 1]],
    ['which are 1 and −1, some not given', ['-1', '1', 'nan'], ['0', '1'], [0, 1, NOT_LABELLED]],
    ['with −1 for no label', ['-1', 'yes', 'no'], ['no', 'yes'], [NOT_LABELLED, 1, 0]],
    ['with −1 for a label', ['-1', '0', '1'], ['-1', '0', '1'], [0, 1, 2]],
    ['with words for no label', ['NaN', 'None', 'N/A', 'null', '?', 'x'], ['x'], [-1, -1, -1, -1, -1, 0]],
    ['with a label that is called None', ['None', 'x'], ['None', 'x'], [0, 1]],
    ['with one that has no scores', ['a', 'c'], ['a', 'b'], [0, NO_LABEL_OF_SCORES]],
    ['in two ways that may be two labels', ['yes', 'YES', 'no'], ['yes', 'no'], [0, UNCLEAR, 1]],
    ['in one way for two labels', ['us', 'de'], ['US', 'Us', 'de'], [UNCLEAR, 2]],
    [
      'in other words',
      ['LABEL_1', 'LABEL_0'],
      ['negative', 'positive'],
      [NO_LABEL_OF_SCORES, NO_LABEL_OF_SCORES],
    ],
  ];
  for (const [what, values, labels, expected] of cases)
    it(`are read ${what}`, () => {
      const reading = readLabels(values, labels);
      assert.deepEqual(
        values.map((value) => reading.of(value)),
        expected,
      );
      const asWritten = values.every(
        (value, i) => expected[i] === undefined || expected[i] < 0 || labels[expected[i]] === value,
      );
      assert.equal(reading.warnings.length, asWritten ? 0 : 1);
    });

  it('decide what is right, and are said', () => {
    const table = read('label,predicted,confidence', [
      'TRUE;True;.9',
      'FALSE;False;.8',
      '1.0;1;.7',
      'Positive;positive;.8',
    ]);
    assert.deepEqual(rightOf(table), [1, 1, 1, 1]);
    assert.deepEqual(codes(table), ['labels-matched']);
    assert.match(table.warnings[0]?.message ?? '', /"TRUE" as "True"/);
  });

  it('that are missing are counted by themselves, and a missing prediction is not a wrong one', () => {
    const unlabelled = read('label,predicted,confidence', [
      'yes;yes;.9',
      'no;no;.8',
      '-1;yes;.9',
      'NaN;no;.8',
      ';no;.8',
    ]);
    assert.deepEqual(rightOf(unlabelled), [1, 1]);
    assert.equal(unlabelled.unlabelled, 3);
    assert.equal(unlabelled.rejectedCount, 0);
    assert.match(unlabelled.warnings[0]?.message ?? '', /3 of 5 rows are not labelled/);
    assert.deepEqual(doubtsOf(unlabelled), []);
    const unpredicted = read('label,predicted,confidence', ['1;1;.9', '0;;.8', '1;nan;.7', '0;0;.6']);
    assert.deepEqual(rightOf(unpredicted), [1, 1]);
    assert.deepEqual(
      unpredicted.rejected.map(({ line }) => line),
      [3, 4],
    );
  });

  it('that are lists are named as such', () => {
    for (const [cell, kind] of [
      ['["pos"\u002c"neg"]', 'a list'],
      ['{"pos": 1}', 'a dictionary'],
      ['tensor([1])', 'a tensor'],
    ] as const) {
      const { rejected } = read('label,predicted,confidence', [`${cell};pos;.9`, 'pos;pos;.9']);
      assert.match(rejected[0]?.reason ?? '', new RegExp(`label is ${kind}`));
      const scores = read('label,confidence,correct', [`1;${cell};1`, '1;.9;1']);
      assert.match(scores.rejected[0]?.reason ?? '', new RegExp(`confidence is ${kind}`));
    }
  });

  it('are −1 and 1 beside the probability of 1', () => {
    const { data, n } = read('y_true,y_prob', ['1;.9', '-1;.1', '1;.8', '-1;.2']);
    assert.equal(n, 4);
    assert.ok(data.kind === 'labels');
    assert.deepEqual([...data.truth], [1, 0, 1, 0]);
  });

  it('that are never predicted are wrong answers, and are named', () => {
    const table = read('label,predicted,confidence', ['a;a;.9', 'c;b;.8']);
    assert.deepEqual(rightOf(table), [1, 0]);
    assert.match(table.warnings.find(({ code }) => code === 'never-predicted')?.message ?? '', /"c"/);
  });

  it('may be of parts with other names, which are said', () => {
    const table = read('label,y_prob,split', ['1;.9;train', '0;.2;dev', '1;.3;test']);
    assert.deepEqual([...(table.data.split ?? [])], [0, 0, 1]);
    assert.deepEqual(codes(table), ['split-names', 'split-by-name']);
  });

  it('are in doubt where too few could be read, or one label is nowhere', () => {
    const half = read('label,y_prob', ['1;.9', '0;.2', '1;97']);
    assert.deepEqual(
      doubtsOf(half).map(({ code }) => code),
      ['unused-rows', 'other-meaning'],
    );
    assert.match(doubtsOf(half)[0]?.message ?? '', /Only 2 of 3 labelled rows/);
    const onesided = read('label,y_prob', Array<string>(200).fill('1;.99'));
    assert.deepEqual(
      doubtsOf(onesided).map(({ code }) => code),
      ['missing-label'],
    );
    assert.deepEqual(doubtsOf(read('label,y_prob', Array<string>(199).fill('1;.99'))), []);
  });
});
