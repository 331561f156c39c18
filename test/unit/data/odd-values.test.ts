import assert from 'node:assert/strict';
import { doubtsOf } from '../../../src/core/data/doubts';
import { findColumns } from '../../../src/core/data/columns';
import { type PredictionTable, TableBuilder } from '../../../src/core/data/table';
import { confidenceOf } from '../../../src/core/model/rows';
import { readRows, repeated } from './read-rows';

const rightOf = ({ data }: PredictionTable): string => [...confidenceOf(data).correct].join('');
const logRows = (base: number, decimals: number): string[] =>
  Array.from({ length: 20 }, (_, i) => {
    const p = (i + 0.5) / 20;
    const log = (value: number): string => (Math.log(value) / Math.log(base)).toFixed(decimals);
    return `${i % 3 === 0 ? 'a' : 'b'},${log(p)},${log(1 - p)}`;
  });

describe('odd values of a table', () => {
  const said: [what: string, header: string, rows: string[], right: string, says: RegExp][] = [
    [
      'predicted labels in two ways',
      'label,predicted,confidence',
      ['spam,spam,.9', 'ham,Ham.,.8', 'ham,ham,.7'],
      '101',
      /"Ham\." is predicted and never true/,
    ],
    [
      'predicted numbers in two ways',
      'label,predicted,confidence',
      ['1,1,.9', '1,1.0,.8', '0,0,.7'],
      '101',
      /"1\.0" is predicted and never true/,
    ],
    [
      'labels that stand for others',
      'label,predicted,confidence',
      ['1,POSITIVE,.9', '0,NEGATIVE,.8'],
      '00',
      /No predicted label \("POSITIVE", "NEGATIVE"\) is among the true ones/,
    ],
    [
      'true labels that are never predicted, and predicted ones that are never true',
      'label,predicted,confidence',
      ['a,a,.9', 'b,c,.8'],
      '10',
      /never predicted count as wrong answers: "b"(?:.|\n)*never true: "c"/,
    ],
    [
      'no row that is right',
      'label,prob:a,prob:b',
      repeated(10, ['a,.1,.9']),
      '0000000000',
      /No row is right/,
    ],
    [
      'a class called none',
      'label,predicted,confidence',
      ['none,none,.9', 'none,sport,.8', 'sport,sport,.7', 'sport,none,.6'],
      '1010',
      /^$/,
    ],
    [
      'true and false of a lone score',
      'label,logit:spam',
      ['1,2', '0,-1', '1,-3'],
      '110',
      /"1" was read as that/,
    ],
    [
      'a class called NA that is never predicted',
      'label,predicted,confidence',
      ['NA,a,.9', 'a,a,.8'],
      '1',
      /"NA": 1/,
    ],
    [
      'cells without a label',
      'label,predicted,confidence',
      ['nan,a,.9', ',a,.8', 'nan,a,x', ',a,x', 'a,a,.7'],
      '1',
      /4 of 5 rows are not labelled \("nan": 2, empty: 2\)/,
    ],
    ['a real minus sign', 'label,y_prob', ['\u22121,.2', '1,.9'], '11', /"\u22121" as "0"/],
    [
      'one percentage',
      'label,y_prob',
      [...repeated(300, ['1,.9', '0,.2']), '1,3.2'],
      '1'.repeat(300),
      /above 1 \(3\.2\)/,
    ],
    [
      'low log-probabilities without a column for their mass',
      'label,logprob:a,logprob:b',
      ['a,-3,-4', 'b,-5,-4'],
      '11',
      /In 2 of 2 rows the label mass is below one half/,
    ],
    [
      'a logit that was not shown',
      'label,logit:a,logit:b',
      ['a,2,-9999', 'b,-inf,1'],
      '11',
      /In 2 of 2 rows/,
    ],
    ['a log-probability of −100', 'label,logprob:a,logprob:b', ['a,-.1,-100'], '1', /In 1 of 1 rows/],
  ];
  for (const [what, header, rows, right, says] of said)
    it(`are said: ${what}`, () => {
      const table = readRows(header, rows);
      assert.equal(rightOf(table), right);
      const messages = [...doubtsOf(table), ...table.warnings].map(({ message }) => message);
      assert.match(messages.join('\n'), says);
    });

  it('are no percentages where the scores of the other rows sum to 1', () =>
    assert.deepEqual(
      doubtsOf(readRows('label,prob:a,prob:b', [...repeated(60, ['a,.9,.1', 'b,.6,.4']), 'a,.2,1.8'])),
      [],
    ));

  for (const base of [2, 10])
    for (const decimals of [1, 2, 4])
      it(`are read: logarithms to the base ${base} with ${decimals} decimals`, () => {
        const { data, warnings } = readRows('label,logprob:a,logprob:b', logRows(base, decimals));
        assert.ok(warnings.some(({ code }) => code === 'log-base'));
        assert.ok(data.kind === 'labels');
        const [first = 0] = data.probs;
        assert.ok(Math.abs(first - 0.025) < 0.02, String(first));
      });

  for (const decimals of [1, 2, 4])
    it(`are read: natural logarithms with ${decimals} decimals`, () => {
      const { n, warnings } = readRows('label,logprob:a,logprob:b', logRows(Math.E, decimals));
      assert.equal(n, 20);
      assert.ok(!warnings.some(({ code }) => code === 'log-base'));
    });

  const firstOf = ({ data }: PredictionTable): number =>
    data.kind === 'labels' ? (data.probs[0] ?? -1) : -1;
  const log2 = (p: number): string => Math.log2(p).toFixed(6);

  it('keep their base from one part of a table to the next', () => {
    const builder = new TableBuilder(findColumns('label,logprob:a,logprob:b'.split(','), {}), {
      truth: 'optional',
    });
    builder.add(['a', log2(0.7), log2(0.3)], 2);
    assert.ok(Math.abs(firstOf(builder.take()) - 0.7) < 1e-4);
    // By itself this row says nothing of the base: its other label was not shown.
    builder.add(['a', log2(0.9), '-inf'], 3);
    assert.ok(Math.abs(firstOf(builder.take()) - 0.9) < 1e-3);
    builder.add(['a', String(Math.log(0.7)), String(Math.log(0.3))], 4);
    assert.throws(() => builder.take(), { code: 'other-sums' });
  });

  it('are natural logarithms where the label mass is their sum, though they sum to 1 in another base', () => {
    const logs = [Math.log2(0.7), Math.log2(0.3)];
    const sums = logs.map(Math.exp);
    const mass = (sums[0] ?? 0) + (sums[1] ?? 0);
    const table = readRows('label,logprob:a,logprob:b,label_mass', [`a,${logs.join(',')},${mass}`]);
    assert.ok(Math.abs(firstOf(table) - (sums[0] ?? 0) / mass) < 1e-9);
    assert.ok(!table.warnings.some(({ code }) => code === 'log-base'));
  });

  const refused: [what: string, header: string, rows: string[], code: string, says: RegExp][] = [
    ['percentages', 'label,y_prob', repeated(40, ['1,93.5', '0,2.5']), 'percentages', /Divide all/],
    [
      'ratings',
      'label,predicted,confidence',
      repeated(40, ['a,a,9', 'a,b,3']),
      'not-probabilities',
      /ratings/,
    ],
    ['logits', 'label,y_prob', repeated(40, ['1,2.3', '0,-1.3']), 'not-probabilities', /logit:LABEL/],
    [
      'scores up to 1000',
      'label,y_prob',
      repeated(40, ['1,230', '0,999']),
      'not-probabilities',
      /from 230 to 999/,
    ],
    [
      'probabilities as logits',
      'label,logit:a,logit:b',
      repeated(4, ['a,.9,.1', 'b,.2,.8']),
      'not-logits',
      /prob:LABEL/,
    ],
    [
      'a lone score of a label that is never true',
      'label,prob:spam',
      ['toxic,.9', 'ok,.1'],
      'positive-unnamed',
      /"toxic", "ok".*"prob:spam"/,
    ],
  ];
  for (const [what, header, rows, code, says] of refused)
    it(`are refused: ${what}`, () =>
      assert.throws(
        () => readRows(header, rows),
        (error: { code?: string; message?: string }) => {
          assert.equal(error.code, code);
          assert.match(error.message ?? '', says);
          return true;
        },
      ));

  it('are named: cells that hold several numbers, and numbers with their type', () => {
    for (const [cell, words] of [
      ['(0.1; 0.9)', 'is not a number'],
      ['np.float32(0.9)', 'write the number alone'],
      ['tensor(0.93)', 'write the number alone'],
      ['[0.1]', 'is a list'],
      ["{'a': 1}", 'is a dictionary'],
      ['torch.tensor([1])', 'is a tensor'],
    ] as const) {
      const { rejected } = readRows('label,y_prob', ['1,.9', `0,${cell}`]);
      assert.ok(rejected[0]?.reason.includes(words), rejected[0]?.reason);
    }
  });
});
