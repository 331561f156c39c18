import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspectTable } from '../../../src/store/tables/inspect';
import { readTable } from '../../../src/store/tables/read-table';
import { tableRows, type TableRow } from '../../../src/store/tables/rows';
import { asOrdinaryUser } from '../../support/ordinary-user';
import { sharedFolder } from '../../support/temporary';

describe('reading a table file', () => {
  const folder = sharedFolder();

  async function file(content: string | Buffer): Promise<string> {
    const name = path.join(folder(), 't.csv');
    await writeFile(name, content);
    return name;
  }
  async function rows(content: string | Buffer): Promise<TableRow[]> {
    const all: TableRow[] = [];
    for await (const batch of tableRows(await inspectTable(await file(content)))) all.push(...batch);
    return all;
  }
  const read = async (content: string | Buffer) => readTable(await file(content), { truth: 'required' });

  it('finds the separator by what the header says under it', async () => {
    for (const separator of [',', ';', '\t', '|']) {
      const { source, table } = await read(`confidence${separator}correct\n.9${separator}1\n`);
      assert.equal(source.separator, separator);
      assert.equal(table.n, 1);
    }
    assert.equal((await read('text;confidence;correct\n"a, b, c, d";.5;1\n')).source.separator, ';');
  });

  it('reads quotes, escaped quotes and the separator inside of quotes', async () => {
    assert.deepEqual(
      (await rows('text,correct\n"a ""b"", c",1\n5" pipe,0\n')).map(({ cells }) => cells),
      [
        ['a "b", c', '1'],
        ['5" pipe', '0'],
      ],
    );
  });

  it('knows the physical line of every row, whatever line ends its cells hold', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const content = ['text,correct', '"one', 'two', '', 'three",1', '', 'x,1', '"y', '",0', 'z,1', ''].join(
        end,
      );
      assert.deepEqual(
        (await rows(content)).map(({ line }) => line),
        [2, 7, 8, 10],
        JSON.stringify(end),
      );
    }
  });

  it('reads UTF-8 with and without a mark, UTF-16 and Latin-1, and says what it took', async () => {
    const content = 'text,label,prob:ja,prob:nö\ngrün,nö,.2,.8\n';
    const utf16be = Buffer.from(`\ufeff${content}`, 'utf16le').swap16();
    const cases: [string | Buffer, string, string[]][] = [
      [content, 'utf-8', []],
      [`\ufeff${content}`, 'utf-8', []],
      [Buffer.from(`\ufeff${content}`, 'utf16le'), 'utf-16le', ['encoding']],
      [Buffer.from(content, 'utf16le'), 'utf-16le', ['encoding']],
      [utf16be, 'utf-16be', ['encoding']],
      [Buffer.from(content, 'latin1'), 'windows-1252', ['encoding']],
    ];
    for (const [bytes, encoding, warnings] of cases) {
      const { source, table } = await read(bytes);
      assert.equal(source.encoding, encoding);
      assert.deepEqual(
        table.warnings.map(({ code }) => code),
        warnings,
      );
      assert.deepEqual(table.columns.scores?.labels, ['ja', 'nö']);
      assert.equal(table.n, 1);
    }
  });

  it('finds a Latin-1 letter that stands far behind the beginning', async () => {
    const head = Buffer.from(`text,confidence,correct\n${'plain,.5,1\n'.repeat(60_000)}`);
    const { source, table } = await read(Buffer.concat([head, Buffer.from('gr\xfcn,.5,1\n', 'latin1')]));
    assert.equal(source.encoding, 'windows-1252');
    assert.equal(table.n, 60_001);
  });

  it('gives the SHA-256 of the bytes', async () => {
    const content = 'confidence,correct\n.9,1\n';
    const { source } = await read(content);
    assert.equal(source.sha256, createHash('sha256').update(content).digest('hex'));
  });

  it('reads a cell of 10 MB', async () => {
    const { table } = await read(`text,confidence,correct\n"${'long\n'.repeat(2_000_000)}",.5,1\nb,.6,1\n`);
    assert.equal(table.n, 2);
    assert.deepEqual([...table.lines], [2, 2_000_003]);
  });

  it('reads the same rows however they fall into chunks', async () => {
    const content = `id,text,confidence,correct\n${Array.from({ length: 30_000 }, (_, i) => `${i},"é\r\n""${i}""",.5,1`).join('\r\n')}`;
    const all = await rows(content);
    assert.equal(all.length, 30_000);
    for (const [i, { cells, line }] of all.entries()) {
      assert.deepEqual(cells, [String(i), `é\r\n"${i}"`, '.5', '1']);
      assert.equal(line, 2 + 2 * i);
    }
  });

  const refused: [string, string | Buffer, string, RegExp][] = [
    ['an empty file', '', 'empty-table', /t\.csv is empty/],
    ['a file of spaces and a mark', '\ufeff \n\n', 'empty-table', /empty/],
    ['a header alone', 'confidence,correct\n', 'no-rows', /a header but no rows/],
    ['rows without a header', '.9,1\n.8,0\n', 'no-columns', /No predictions found/],
    ['a table of other things', 'name;age\nx;3\n', 'no-columns', /"name", "age"/],
    [
      'a table without a usable row',
      'confidence,correct\nnan,1\n',
      'no-usable-rows',
      /Line 2: confidence is not a number/,
    ],
    [
      'a table whose label column is empty',
      'label,prob:a,prob:b\n,.9,.1\n,.2,.8\n',
      'no-truth',
      /^2 rows of t\.csv are not labelled, and no row counts\. Write the true label/,
    ],
    [
      'a table whose few labels have no scores',
      'label,prob:0,prob:1\nspam,.9,.1\nham,.2,.8\n,.2,.8\n',
      'no-usable-rows',
      /^None of the 2 rows of t\.csv can be used\. Line 2: label is "spam", a label without scores/,
    ],
    [
      'a quote that is never closed',
      'text,confidence,correct\na,.5,1\n"b, or c,.5,1\nc,.5,1\n',
      'open-quote',
      /line 3/,
    ],
    ['decimal commas', 'confidence;correct\n0,93;1\n', 'decimal-comma', /decimal point/],
    ['percent signs', 'confidence,correct\n93%,1\n', 'percent-sign', /without a percent sign/],
    ['a workbook', Buffer.from('PK\x03\x04rest'), 'not-a-table', /workbook/],
    ['a zipped table', Buffer.from([0x1f, 0x8b, 8, 0]), 'not-a-table', /gzip/],
    ['binary data', Buffer.from([1, 0, 0, 2, 0, 0, 0, 9, 9, 0]), 'not-a-table', /binary/],
    ['JSON lines', '{"confidence": 0.9}\n', 'not-a-table', /JSON/],
  ];
  for (const [what, content, code, message] of refused)
    it(`refuses ${what} with a sentence`, async () => {
      await assert.rejects(read(content), { name: 'UserError', code, message });
    });

  it('refuses a missing file and a folder', async () => {
    await assert.rejects(inspectTable(path.join(folder(), 'none.csv')), { code: 'no-file' });
    await assert.rejects(inspectTable(folder()), {
      code: 'not-a-file',
      message: /is a folder, and a table must be a file/,
    });
  });

  it('refuses a file, and a folder, that the person may not read', async function () {
    if (process.platform === 'win32') this.skip();
    const locked = path.join(folder(), 'locked');
    const inside = path.join(locked, 't.csv');
    const secret = path.join(folder(), 'secret.csv');
    await mkdir(locked);
    for (const name of [inside, secret]) await writeFile(name, 'confidence,correct\n.9,1\n');
    await chmod(folder(), 0o755);
    for (const name of [locked, secret]) await chmod(name, 0);
    try {
      await asOrdinaryUser(async () => {
        for (const name of [inside, secret])
          await assert.rejects(inspectTable(name), { code: 'no-permission', message: /permission to read/ });
      });
    } finally {
      await chmod(locked, 0o755);
    }
  });

  it('refuses a row that is larger than any', async () => {
    const huge = await file(`text,confidence,correct\na,.5,1\n"${'x'.repeat(65 * 1024 * 1024)}",.5,1\n`);
    await assert.rejects(readTable(huge, { truth: 'required' }), {
      code: 'huge-row',
      message: /^t\.csv, line 3: the row is larger than 64 MB/,
    });
  }).timeout(60_000);
});
