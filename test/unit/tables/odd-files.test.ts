import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { doubtsOf } from '../../../src/core/data/doubts';
import { confidenceOf } from '../../../src/core/model/rows';
import { inspectTable } from '../../../src/store/tables/inspect';
import { readTable } from '../../../src/store/tables/read-table';
import { temporaryFolder } from '../../support/temporary';

const inFolder = temporaryFolder();

async function write(name: string, content: string | Buffer): Promise<string> {
  const file = path.join(inFolder(), name);
  await writeFile(file, content);
  return file;
}

async function read(name: string, content: string | Buffer) {
  const file = await write(name, content);
  const { source, table } = await readTable(file, { truth: 'required' });
  return { source, table, codes: table.warnings.map(({ code }) => code) };
}

describe('a table of an odd form is read as it is meant:', () => {
  const PLAIN = 'label,y_prob\n1,0.9\n0,0.2\n';
  const forms: [what: string, content: string | Buffer, code?: string][] = [
    ['as usual', PLAIN],
    ['with sep=; before the header', 'sep=;\nlabel;y_prob\n1;0.9\n0;0.2\n'],
    ['with sep=, and Windows line ends', 'sep=,\r\nlabel,y_prob\r\n1,0.9\r\n0,0.2\r\n'],
    ['with sep=; and the line ends of old Macs', 'sep=;\rlabel;y_prob\r1;0.9\r0;0.2\r'],
    ['with SEP=| behind a byte order mark', '\uFEFFSEP=|\nlabel|y_prob\n1|0.9\n0|0.2\n'],
    ['with a quoted "sep=;" before the header', '"sep=;"\nlabel;y_prob\n1;0.9\n0;0.2\n'],
    ['with a separator behind every row', 'label,y_prob\n1,0.9,\n0,0.2,\n'],
    ['with two of them behind one row', 'label,y_prob\n1,0.9,,\n0,0.2\n'],
    ['with a separator behind the header', 'label,y_prob,\n1,0.9\n0,0.2\n'],
    ['with spaces before the quotes', 'label, "y_prob"\n1, "0.9"\n0, "0.2"\n'],
    ['with spaces before quotes in one column', 'label,  "y_prob"\n1,0.9\n0,  "0.2"\n'],
    ['with spaces before the quotes, by semicolons', 'label; "y_prob"\n1; "0.9"\n0; "0.2"\n'],
    ['with spaces behind the quotes', '"label" ,"y_prob" \n"1" ,"0.9" \n"0" ,"0.2" \n'],
    ['with one zero byte in a text', Buffer.from('label,y_prob,t\n1,0.9,a\0b\n0,0.2,c\n')],
    ['with one zero byte at an even place', Buffer.from('label,y_prob,t\n1,0.9,ab\0b\n0,0.2,c\n')],
    ['in UTF-16', Buffer.from(PLAIN, 'utf16le'), 'encoding'],
    ['in UTF-16, other end first', Buffer.from(PLAIN, 'utf16le').swap16(), 'encoding'],
    [
      'with quotes inside of texts behind backslashes',
      'label,y_prob,t\n1,0.9,"say \\"a, b\\", twice"\n0,0.2,"no"\n',
    ],
    ['with half floats', 'label,prob:0,prob:1\n1,0,1.00098\n0,1.0003,0\n'],
  ];
  for (const [what, content, code] of forms)
    it(what, async () => {
      const { table, codes } = await read('t.csv', content);
      assert.equal(table.n, 2);
      assert.ok(table.data.kind === 'labels');
      assert.deepEqual([...table.data.truth], [1, 0]);
      const [first, second] = confidenceOf(table.data).confidence;
      const isHalf = what.includes('half');
      assert.equal(first, isHalf ? 1 : 0.9);
      assert.equal(second, isHalf ? 1 : 0.8);
      assert.deepEqual(
        codes.filter((found) => found !== 'clipped' && found !== 'few-rows'),
        code === undefined ? [] : [code],
      );
    });

  const TEXT_QUOTES = [
    'text,label,predicted,confidence',
    '"a,1,1,0.9',
    'b,1,0,0.8',
    'c",1,1,0.7',
    'd,1,1,0.6',
  ];
  const quoted: [what: string, content: string][] = [
    ['by tabs', `${TEXT_QUOTES.join('\n').replaceAll(',', '\t')}\n`],
    ['with the line ends of old Macs', `${TEXT_QUOTES.join('\r')}\r`],
    ['with Windows line ends', `${TEXT_QUOTES.join('\r\n')}\r\n`],
    ['behind sep=,', `sep=,\n${TEXT_QUOTES.join('\n')}\n`],
    ['behind "sep=," and a byte order mark', `\uFEFF"sep=,"\r\n${TEXT_QUOTES.join('\r\n')}\r\n`],
    ['with a separator behind one row', `${TEXT_QUOTES.join('\n')},\n`],
    ['with separators behind every row', `${TEXT_QUOTES.join(',,\n').replace(',,', '')},,\n`],
    ['with a separator behind the header', `${TEXT_QUOTES.join('\n').replace('\n', ',\n')}\n`],
  ];
  for (const [what, content] of quoted)
    it(`with quotes that are text, where every line has all cells without them, ${what}`, async () => {
      const { table, codes } = await read('q.csv', content);
      assert.equal(table.n, 4);
      assert.ok(table.data.kind === 'confidence');
      assert.deepEqual([...table.data.correct], [1, 0, 1, 1]);
      assert.ok(codes.includes('quotes-as-text'));
    });

  it('with quotes around some cells, where others hold one', async () => {
    const mixed = await read('m.csv', 'text,label,predicted,confidence\n5" wide,"1",1,.9\nb,0,"0",.8\n');
    assert.equal(mixed.table.n, 2);
    assert.ok(mixed.table.data.kind === 'confidence');
    assert.deepEqual([...mixed.table.data.correct], [1, 1]);
  });

  it('with one probability of a label that has a name', async () => {
    const { table } = await read('t.csv', 'label,prob:spam\nspam,.9\nham,.2\n');
    assert.ok(table.data.kind === 'labels');
    assert.deepEqual(table.data.labels, ['ham', 'spam']);
    assert.deepEqual([...table.data.truth], [1, 0]);
    await assert.rejects(read('t.csv', 'label,y_prob\nspam,.9\nham,.2\n'), {
      code: 'positive-unnamed',
      message: /"spam", "ham", and the column "y_prob" does not tell/,
    });
  });

  it('with columns that are called like the labels', async () => {
    const { table, codes } = await read(
      't.csv',
      'y_true,NEGATIVE,POSITIVE\nPOSITIVE,0.1,0.9\nNEGATIVE,0.8,0.2\n',
    );
    assert.ok(table.data.kind === 'labels');
    assert.deepEqual(table.data.labels, ['NEGATIVE', 'POSITIVE']);
    assert.deepEqual([...table.data.truth], [1, 0]);
    assert.deepEqual(codes, ['class-columns']);
    const folded = await read('t.csv', 'id,label,Neg,Pos\n7,pos,0.1,0.9\n8,neg,0.8,0.2\n');
    assert.equal(folded.table.n, 2);
    assert.deepEqual(folded.codes, ['class-columns', 'labels-matched']);
    await assert.rejects(read('t.csv', 'label,a,b\na,0.1,0.7\nb,0.8,0.2\n'), { code: 'no-columns' });
  });

  it('with log-probabilities of another base, or that were not shown', async () => {
    const two = await read(
      't.csv',
      'label,logprob:no,logprob:yes\nyes,-3.3219,-0.1520\nno,-0.1520,-3.3219\n',
    );
    assert.deepEqual(two.codes, ['log-base']);
    const [p] = confidenceOf(two.table.data).confidence;
    assert.ok(Math.abs((p ?? 0) - 0.9) < 1e-4);
    const ten = await read('t.csv', 'label,logprob:no,logprob:yes\nyes,-1,-0.045757\nno,-0.30103,-0.30103\n');
    assert.match(ten.table.warnings[0]?.message ?? '', /base 10/);
    for (const hidden of ['-inf', '-9999.0', '-3.4e38', '-Infinity']) {
      const { table, codes } = await read(
        't.csv',
        `label,logprob:no,logprob:yes\nyes,${hidden},-0.01\nno,-0.1,-2.4\n`,
      );
      assert.deepEqual(codes, ['hidden-scores'], hidden);
      assert.ok(table.data.kind === 'labels');
      assert.ok((table.data.probs[0] ?? 1) < 0.0101 && (table.data.probs[0] ?? 0) > 0.005);
    }
    const little = await read('t.csv', 'label,logprob:no,logprob:yes\nyes,-9999,-2.3\nno,-0.1,-9999\n');
    assert.deepEqual([...confidenceOf(little.table.data).correct], [1, 1]);
    await assert.rejects(read('t.csv', 'label,logprob:no,logprob:yes\nyes,-inf,-9999\n'), {
      code: 'no-usable-rows',
    });
  });

  it('with log-probabilities of another base, some of which were not shown', async () => {
    for (const base of [2, 10]) {
      const log = (p: number): string => String(Math.log(p) / Math.log(base));
      const { table, codes } = await read(
        't.csv',
        `label,logprob:no,logprob:yes\nyes,${log(0.1)},${log(0.9)}\nno,${log(0.8)},-inf\n`,
      );
      assert.deepEqual(codes, ['log-base', 'hidden-scores']);
      const { confidence } = confidenceOf(table.data);
      [0.9, 0.8].forEach((p, row) => assert.ok(Math.abs((confidence[row] ?? 0) - p) < 1e-6));
    }
  });

  it('with a zero byte in a label, whose row is not used', async () => {
    const rows = ['a,a,.9', 'b\0,b,.8', 'a,a\0,.7', 'b,a,.6'];
    const { table } = await read('t.csv', `label,predicted,confidence\n${rows.join('\n')}\n`);
    assert.ok(table.data.kind === 'confidence');
    assert.deepEqual([...table.data.correct], [1, 0]);
    assert.deepEqual(
      table.rejected.map(({ reason }) => reason),
      ['label holds a zero byte ("b\\u{0}")', 'predicted holds a zero byte ("a\\u{0}")'],
    );
  });

  it('with texts of several lines that have a separator each', async () => {
    const { table, codes } = await read(
      't.csv',
      'text,correct,confidence\n"one, two\nthree, four, five",1,.9\nc,0,.8\n',
    );
    assert.equal(table.n, 2);
    assert.deepEqual(codes, ['long-rows']);
    const two = await inspectTable(
      await write('two.csv', 'text,label\n"Dull, and\nlong, too",bad\n"Good",good\n'),
    );
    assert.equal(two.quoting.escape, '"');
  });

  it('with cells of several lines, which are named', async () => {
    const { table, codes } = await read('t.csv', 'text,label,y_prob\n"a\nb",1,.9\nc,0,.2\n');
    assert.equal(table.n, 2);
    assert.deepEqual(codes, ['long-rows']);
    assert.match(
      table.warnings[0]?.message ?? '',
      /1 of 2 rows have a cell of several lines, the first on line 2/,
    );
  });

  const NORMAL = Array.from({ length: 100 }, (_, row) => `${row % 2},${row % 3 && row % 2},.9,text ${row}`);
  const swallowing: [
    what: string,
    rows: readonly string[],
    read: number,
    swallowed: number,
    lines: number,
  ][] = [
    ['a row that is rejected', ['1,1,.9,"z"', '1,0,.9,"a', ...NORMAL, '1,0,.9,"b",x'], 1, 101, 102],
    ['a row that is read', ['1,1,.9,"z, y"', '1,0,.9,"a', ...NORMAL, '1,0,.9,"b"', ...NORMAL], 102, 101, 102],
    ['a row among many', [...NORMAL, '1,0,.9,"a', ...NORMAL.slice(0, 10), '1,0,.9,b",x'], 100, 11, 12],
    ['a row that has lost its last cells', [...NORMAL, '"a', ...NORMAL.slice(0, 10), 'b"'], 100, 10, 12],
    [
      'a text of many lines, none of which is like a row',
      [...NORMAL, `1,0,.9,"${'long\n'.repeat(50)}end"`],
      101,
      0,
      51,
    ],
    [
      'texts that usually have many lines',
      NORMAL.map((row) => `${row.replace(/text.*/, '')}"${'a,b,c,d\n'.repeat(30)}"`),
      100,
      0,
      30,
    ],
  ];
  for (const end of ['\n', '\r\n', '\r'])
    for (const [what, rows, used, swallowed, lines] of swallowing)
      it(`with a cell of several lines, which is named, in ${what}, by ${JSON.stringify(end)}`, async () => {
        const all = ['label,predicted,confidence,text', ...rows].join('\n').replaceAll('\n', end);
        const { table, codes } = await read('t.csv', `${all}${end}`);
        assert.equal(table.n, used);
        assert.equal(table.swallowed, swallowed);
        assert.ok(codes.includes('long-rows'));
        const long = table.warnings.find(({ code }) => code === 'long-rows');
        assert.match(long?.message ?? '', new RegExp(`\\(${lines} lines\\)`));
        for (const { reason } of table.rejected)
          assert.match(reason, new RegExp(`; a cell has ${lines} lines`));
        const doubt = doubtsOf(table).find(({ code }) => code === 'unused-rows');
        assert.equal(doubt !== undefined, swallowed > 0);
        if (doubt !== undefined)
          assert.match(doubt.message, new RegExp(`${swallowed} lines that may be rows`));
      });

  it('with reasons that rows share, of which one is an example', async () => {
    const rows = [
      ...Array.from({ length: 8 }, (_, row) => `a,.9,.${row + 1}5`),
      ...Array<string>(9).fill('a,.6,.4'),
    ];
    const { table } = await read('t.csv', `label,prob:a,prob:b\n${rows.join('\n')}\n`);
    const [{ message } = { message: '' }] = table.warnings;
    assert.match(message, /8 of 17 rows .* 8 of them have reasons of one kind.*such as: .* sum to 1.05/);
    const one = await read('t.csv', 'label,prob:a,prob:b\na,.9,.8\na,.6,.4\n');
    assert.doesNotMatch(one.table.warnings[0]?.message ?? '', /of them/);
  });

  const refused: [what: string, content: string, code: string, message: RegExp][] = [
    [
      'percentages',
      'y_true,y_prob\n0,0.4\n1,97\n0,0.9\n1,88\n',
      'percentages',
      /2 of 4 rows .* percentages\. Divide/,
    ],
    [
      'percentages of a rare event',
      `y_true,y_prob\n${'0,0.3\n'.repeat(300)}1,1.4\n0,2.5\n`,
      'percentages',
      /2 of 302 rows/,
    ],
    [
      'independent probabilities',
      `label,prob:a,prob:b\n${'a,.9,.8\nb,.2,.1\n'.repeat(20)}a,.6,.4\n`,
      'other-sums',
      /40 of 41 rows .*sigmoids/,
    ],
    [
      'labels that are missing',
      `label,prob:a,prob:b\n${'a,.5,.2\n'.repeat(20)}a,.6,.4\n`,
      'other-sums',
      /columns of the missing labels/,
    ],
    ['a JSON array', '[{"label": 1, "y_prob": 0.9}]', 'not-a-table', /JSON/],
    ['a JSON array of arrays', '[\n  ["label", "y_prob"],\n  [1, 0.9]\n]', 'not-a-table', /JSON/],
  ];
  for (const [what, content, code, message] of refused)
    it(`or refused: ${what}`, () => assert.rejects(read('t.csv', content), { code, message }));
});
