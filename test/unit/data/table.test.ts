import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LabelData } from '../../../src/core/model/predictions';
import { type ColumnOptions, findColumns } from '../../../src/core/data/columns';
import { type PredictionTable, TableBuilder, type ReadOptions } from '../../../src/core/data/table';

/** A table of rows given as comma-joined cells, the first one on line 2. */
function table(
  header: string,
  rows: readonly string[],
  options: ColumnOptions & Partial<ReadOptions> = {},
): PredictionTable {
  const builder = new TableBuilder(findColumns(header.split(','), options), {
    truth: 'required',
    ...options,
  });
  for (const [index, row] of rows.entries()) builder.add(row.split(','), index + 2);
  return builder.take();
}

function labelsOf(result: PredictionTable): LabelData {
  assert.equal(result.data.kind, 'labels');
  return result.data;
}

const probabilities = (result: PredictionTable) => Array.from(labelsOf(result).logProbs, (z) => Math.exp(z));
const reasons = (result: PredictionTable) => result.rejected.map(({ reason }) => reason);
const codes = (result: PredictionTable) => result.warnings.map(({ code }) => code);

function closeTo(actual: readonly number[], expected: readonly number[], tolerance = 1e-9): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((actual[i] ?? NaN) - value) < tolerance, `${actual.join()} is not ${expected.join()}`);
}

describe('a table of confidence', () => {
  it('takes correct as it stands', () => {
    const { data, lines, n } = table('confidence,correct', ['.9,1', '0.25,0', '1e-3,true']);
    assert.equal(n, 3);
    assert.deepEqual([...lines], [2, 3, 4]);
    assert.ok(data.kind === 'confidence');
    assert.deepEqual([...data.confidence], [0.9, 0.25, 0.001]);
    assert.deepEqual([...data.correct], [1, 0, 1]);
  });

  it('compares the predicted with the true label where correct is absent', () => {
    const { data, predicted } = table('label,predicted,confidence', ['a,a,.9', 'b,a,.6']);
    assert.ok(data.kind === 'confidence');
    assert.deepEqual([...data.correct], [1, 0]);
    assert.deepEqual(predicted?.names, ['a']);
  });

  it('says so when correct contradicts the labels', () => {
    assert.deepEqual(codes(table('label,predicted,confidence,correct', ['a,a,.9,0'])), ['other-correct']);
  });

  it('needs the truth unless it is optional', () => {
    assert.throws(() => table('confidence', ['.9']), { code: 'no-truth', message: /correct/ });
    assert.throws(() => table('label,confidence', ['a,.9']), { code: 'no-truth' });
    const { data } = table('confidence,correct', ['.9,'], { truth: 'optional' });
    assert.ok(data.kind === 'confidence');
    assert.deepEqual([...data.correct], [255]);
  });

  it('says the beginning of a long name of a column, and still what is wrong in it', () => {
    const long = `prob:${'x'.repeat(1000)}`;
    const result = table(`label,prob:a,${long}`, ['a,.5,.5', 'a,.5,5']);
    assert.equal(reasons(result)[0], `${long.slice(0, 40)}… is 5, outside 0 to 1`);
  });

  it('lists bad rows by line and reason', () => {
    const result = table('confidence,correct,weight,split', [
      '.9,1,1,fit',
      ',1,1,fit',
      'nan,1,1,fit',
      '-inf,1,1,fit',
      '1e999,1,1,fit',
      '101,1,1,fit',
      '93,1,1,fit',
      '-0.1,1,1,fit',
      'high,1,1,fit',
      '.9,yes,1,fit',
      '.9,1,-1,fit',
      '.9,1,1,later',
      '.9,1,1',
      '0,9,1,1,fit',
    ]);
    assert.equal(result.n, 1);
    assert.equal(result.rejectedCount, 13);
    assert.deepEqual(
      result.rejected.map(({ line }) => line),
      Array.from({ length: 13 }, (_, i) => i + 3),
    );
    const expected = [
      /confidence is empty/,
      /not a number/,
      /infinite/,
      /infinite/,
      /101, outside 0 to 1/,
      /93, outside 0 to 1/,
      /-0.1, outside/,
      /"high", which is not a number/,
      /correct is "yes"; write 1 or 0/,
      /weight is -1/,
      /split is "later"; write fit \(or train/,
      /3 cells where the header has 4/,
      /5 cells where the header has 4/,
    ];
    for (const [i, pattern] of expected.entries()) assert.match(reasons(result)[i] ?? '', pattern);
    assert.ok(codes(result).includes('rejected-rows'));
  });

  it('refuses decimal commas and percent signs for the whole table, saying what to change', () => {
    const add = (cell: string) => () => {
      const builder = new TableBuilder(findColumns(['confidence', 'correct']), { truth: 'required' });
      builder.add([cell, '1'], 7);
    };
    for (const cell of ['0,93', ',5', '1.000,5', '9,3e-1'])
      assert.throws(add(cell), { code: 'decimal-comma', message: /Line 7.*0\.93, not 0,93/ });
    for (const cell of ['93%', '93 %', '93,5%'])
      assert.throws(add(cell), { code: 'percent-sign', message: /0\.93, not 93%/ });
  });
});

describe('a table of label scores', () => {
  it('renormalises probabilities that sum to 1 nearly', () => {
    const result = table('label,prob:a,prob:b', ['a,.5,.495', 'b,.253,.757']);
    closeTo(probabilities(result), [0.5 / 0.995, 0.495 / 0.995, 0.253 / 1.01, 0.757 / 1.01]);
    assert.deepEqual([...labelsOf(result).truth], [0, 1]);
  });

  it('takes lower sums only where label_mass says the same', () => {
    assert.match(reasons(table('label,prob:a,prob:b', ['a,.5,.3']))[0] ?? '', /sum to 0.8.*label_mass/);
    const result = table('label,prob:a,prob:b,label_mass', [
      'a,.5,.3,.8',
      'a,.5,.3,.7',
      'a,.6,.4,.8',
      'a,0,0,0',
    ]);
    closeTo(probabilities(result), [0.625, 0.375, 0.6, 0.4]);
    assert.deepEqual([...(result.labelMass ?? [])], [0.8, 0.8]);
    assert.match(reasons(result)[0] ?? '', /sum to 0.8, but label_mass is 0.7/);
    assert.match(reasons(result)[1] ?? '', /all probabilities of the labels are 0/);
  });

  it('says how many rows have a label mass below one half', () => {
    const warned = (rows: readonly string[]): string[] =>
      table('label,logprob:a,logprob:b,label_mass', rows)
        .warnings.filter(({ code }) => code === 'low-label-mass')
        .map(({ message }) => message);
    const [message = ''] = warned(['a,-1,-2,.49', 'b,-2,-1,.5', 'a,-1,-2,', 'a,-9,-8,0']);
    assert.match(message, /^In 2 of 4 rows the label mass is below one half/);
    assert.deepEqual(warned(['a,-1,-2,.5', 'a,-1,-2,']), []);
  });

  it('refuses sums above 1', () => {
    assert.match(reasons(table('label,prob:a,prob:b', ['a,.9,.3']))[0] ?? '', /sum to 1.2, above 1/);
    assert.match(reasons(table('label,logprob:a,logprob:b', ['a,-.1,-.1']))[0] ?? '', /above 1/);
    assert.match(reasons(table('label,logprob:a,logprob:b', ['a,.5,-9']))[0] ?? '', /never above 0/);
  });

  it('makes logits of any offset the same', () => {
    const result = table('label,logit:a,logit:b', ['a,1,3', 'b,1001,1003']);
    closeTo(probabilities(result).slice(0, 2), probabilities(result).slice(2));
  });

  it('clips a printed 0 at 1e-12 and counts it', () => {
    const result = table('label,prob:a,prob:b', ['a,1,0', 'b,.5,.5']);
    closeTo([labelsOf(result).logProbs[1] ?? 0], [-Math.log(1e12)], 1e-6);
    assert.deepEqual(codes(result), ['clipped']);
  });

  it('lists labels without scores', () => {
    const result = table('label,prob:a,prob:b', ['c,.5,.5', ',.5,.5']);
    assert.deepEqual(reasons(result).length, 1);
    assert.match(reasons(result)[0] ?? '', /label is "c", a label without scores \(there are "a", "b"\)/);
    assert.equal(result.unlabelled, 1);
  });

  it('reads y_true in its usual spellings', () => {
    const result = table('y_true,y_prob', ['1,.9', '0.0,.2', 'True,.6', '2,.5']);
    assert.deepEqual(labelsOf(result).labels, ['0', '1']);
    assert.deepEqual([...labelsOf(result).truth], [1, 0, 1]);
    closeTo(probabilities(result).slice(0, 2), [0.1, 0.9]);
    assert.equal(result.rejectedCount, 1);
  });

  it('puts a single logit through the sigmoid and names the other label by the truth', () => {
    const result = table('label,logit:spam', ['spam,2', 'ham,0', 'egg,1']);
    assert.deepEqual(labelsOf(result).labels, ['ham', 'spam']);
    closeTo(probabilities(result).slice(0, 2), [1 / (1 + Math.exp(2)), 1 / (1 + Math.exp(-2))]);
    assert.deepEqual([...labelsOf(result).truth], [1, 0]);
    assert.equal(result.rejectedCount, 1);
    const unlabelled = table('logit:spam', ['2'], { truth: 'optional' });
    assert.deepEqual(labelsOf(unlabelled).labels, ['not spam', 'spam']);
  });

  it('says so where the predicted column names another label than the scores', () => {
    assert.deepEqual(codes(table('label,predicted,prob:a,prob:b', ['a,a,.2,.8'])), ['other-prediction']);
  });

  it('knows a calibrated table', () => {
    assert.equal(table('label,prob:a,prob:b,calibrator_sha256', ['a,.2,.8,beef']).calibratedBy, 'beef');
    assert.equal(table('label,prob:a,prob:b', ['a,.2,.8']).calibratedBy, null);
  });

  it('reads the same numbers in whichever order the columns stand', () => {
    const rows = fc.array(fc.tuple(fc.double({ min: 0.001, max: 1, noNaN: true }), fc.boolean()), {
      minLength: 1,
    });
    fc.assert(
      fc.property(rows, (list) => {
        const ab = table(
          'label,prob:a,prob:b',
          list.map(([p, y]) => `${y ? 'a' : 'b'},${p},${1 - p}`),
        );
        const ba = table(
          'prob:b,label,prob:a',
          list.map(([p, y]) => `${1 - p},${y ? 'a' : 'b'},${p}`),
          {
            labels: ['a', 'b'],
          },
        );
        assert.deepEqual(labelsOf(ab), labelsOf(ba));
      }),
    );
  });
});

describe('groups, ids and splits', () => {
  it('keep the words of the columns to slice by', () => {
    const { slices } = table('confidence,correct,site', ['.5,1,b', '.5,1,', '.5,0,a', '.5,0,b'], {
      slices: ['site'],
    });
    assert.deepEqual(slices.get('site'), { names: ['b', 'a'], index: Int32Array.of(0, -1, 1, 0) });
    assert.throws(() => table('confidence,correct', [], { slices: ['site'] }), { code: 'no-such-column' });
  });

  it('group rows by equal text, apart from case and spaces', () => {
    const { data } = table('text,confidence,correct', ['Hi  there,.5,1', 'bye,.5,1', ' hi there,.5,0']);
    assert.equal(data.group?.[0], data.group?.[2]);
    assert.notEqual(data.group?.[0], data.group?.[1]);
  });

  it('leave rows alone whose text was stripped', () => {
    assert.equal(table('text,confidence,correct', [',.5,1', ',.5,1', ' ,.5,1']).data.group, undefined);
    const { data } = table('text,confidence,correct', [',.5,1', 'a,.5,1', ',.5,1', 'a,.5,1']);
    assert.equal(new Set(data.group).size, 3);
  });

  it('have no groups where every text is different', () => {
    assert.equal(table('text,confidence,correct', ['a,.5,1', 'b,.5,1']).data.group, undefined);
  });

  it('prefer a group column, whose empty cells stand alone', () => {
    const { data } = table('text,group,confidence,correct', ['a,u1,.5,1', 'a,,.5,1', 'a,,.5,1', 'b,u1,.5,1']);
    assert.equal(data.group?.[0], data.group?.[3]);
    assert.equal(new Set(data.group).size, 3);
  });

  it('keep splits, weights and ids, and count repeated ids', () => {
    const result = table('id,split,weight,confidence,correct', [
      'x,fit,2,.5,1',
      'y,Test,.5,.5,1',
      'x,fit,0,.5,1',
    ]);
    assert.deepEqual([...(result.data.split ?? [])], [0, 1, 0]);
    assert.deepEqual([...(result.data.weight ?? [])], [2, 0.5, 0]);
    assert.equal(result.id?.[0], result.id?.[2]);
    assert.deepEqual(codes(result), ['weight-by-name', 'split-by-name', 'repeated-ids']);
  });
});

describe('the warnings of a table that is labelled in part', () => {
  const HEADER = 'label,predicted,prob:a,prob:b,label_mass,label_bound';
  const times = (n: number, row: string): string[] => Array.from({ length: n }, () => row);

  it('count the low label masses of the rows that count, and of no others', () => {
    const { lowMass, n } = table(HEADER, [
      ...times(10, 'a,a,0.9,0.1,0.9,'),
      ...times(10, 'b,b,0.2,0.8,0.9,'),
      ...times(40, ',a,0.9,0.1,0.1,'),
    ]);
    assert.equal(n, 20);
    assert.equal(lowMass, 0);
  });

  it('never say that more rows have something than there are', () => {
    const { warnings, n } = table(HEADER, [
      ...times(6, 'a,b,0.9,0.1,0.1,b'),
      ...times(4, 'b,a,0.2,0.8,0.1,a'),
      ...times(40, ',b,0.9,0.1,0.1,b'),
    ]);
    assert.equal(n, 10);
    const counted = warnings.flatMap(({ message }) => /^In (\d+) (?:of 10 )?rows/.exec(message)?.[1] ?? []);
    assert.deepEqual(counted, ['10', '10', '10']);
  });
});
