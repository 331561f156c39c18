import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { ComparisonReport } from '../../../src/core/comparison/report';
import { labelTable } from './tables';
import { Workbench } from './workbench';

/** The same rows, with each P(pos) of a table turned into another. */
function rescored(table: string, change: (pos: number, row: number, label: string) => number): string {
  const [header = '', ...lines] = table.trimEnd().split('\n');
  const rows = lines.map((line, row) => {
    const [id, text, label = '', , pos] = line.split(',');
    const p = change(Number(pos), row, label);
    return [id, text, label, 1 - p, p].join(',');
  });
  return `${[header, ...rows].join('\n')}\n`;
}

/** Right about a share of the rows, and modest about it. */
const tuned = (pos: number, row: number, label: string): number =>
  row % 10 === 0 ? pos : label === 'pos' ? 0.93 : 0.08;

describe('compare', () => {
  let bench: Workbench;
  const base = labelTable(400);
  before(async () => {
    bench = await Workbench.create();
    await bench.write('base.csv', base);
    await bench.write('tuned.csv', rescored(base, tuned));
    const few = base.split('\n').slice(0, 151).join('\n');
    await bench.write('base-few.csv', few);
    await bench.write('tuned-few.csv', rescored(few, tuned));
    await bench.write(
      'third-few.csv',
      rescored(few, (pos) => 0.5 + (pos - 0.5) / 3),
    );
  });
  after(() => bench.remove());

  const report = async (...argv: string[]): Promise<ComparisonReport> => {
    const { code, out, err } = await bench.run('compare', ...argv, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as ComparisonReport;
  };

  it('takes the labels that people gave for some rows, in place of those of the tables', async () => {
    const [header = '', ...lines] = base.trimEnd().split('\n');
    const plain = (table: string): string => table.replace(/^id,text,label,/u, 'id,text,other,');
    await bench.write('base-plain.csv', plain(base));
    await bench.write('tuned-plain.csv', plain(rescored(base, tuned)));
    assert.equal((await bench.run('compare', '@base-plain.csv', '@tuned-plain.csv')).code, 2);
    const drawn = lines.slice(0, 200).map((line) => `${line.split(',').slice(0, 3).join(',')},d1,random,0.5`);
    await bench.write(
      'labels.csv',
      ['row_id,text,label,design,selected_by,inclusion_probability', ...drawn].join('\n'),
    );
    assert.ok(header.startsWith('id,text,label,'));
    const found = await report('@base-plain.csv', '@tuned-plain.csv', '--labels', bench.at('labels.csv'));
    assert.equal(found.pairing.rows, 200);
    assert.ok(found.warnings.some(({ code }) => code === 'labels-weighted'));
  });

  it('says in words first which run is better, then shows every stage', async () => {
    const { code, out, err } = await bench.run('compare', '@base.csv', '@tuned.csv', '--names', 'old, new');
    assert.equal(code, 0, err);
    assert.match(out, /^new is better than old\. Accuracy is 0\.\d+ against 0\.\d+: \+0\.\d+ \(/);
    for (const words of [
      'Raw',
      'After Platt',
      'After isotonic',
      'After the recommended calibrator',
      'at 0.9 or above',
      'worst first',
    ])
      assert.ok(out.includes(words), words);
    assert.match(out, /400 rows paired by id\./);
  });

  it('prints one document: numbers, differences with tests, and how the rows were paired', async () => {
    const document = await report('@base.csv', '@tuned.csv', '--threshold', '.8');
    assert.deepEqual(document.names, ['base', 'tuned']);
    assert.equal(document.threshold, 0.8);
    assert.deepEqual(document.pairing, { by: 'id', rows: 400, compared: 400 });
    assert.deepEqual(
      document.stages.map(({ stage }) => stage),
      ['raw', 'platt', 'isotonic', 'recommended'],
    );
    const [accuracy] = document.stages[0]?.differences[0] ?? [];
    assert.equal(accuracy?.metric, 'accuracy');
    assert.equal(accuracy.test, 'mcnemar');
    assert.equal(accuracy.finding, 'better');
    const { lost, gained } = document.differing;
    const own = document.stages[0]?.runs.map(({ evaluation }) => evaluation.nCorrect) ?? [];
    assert.equal((own[1] ?? 0) - (own[0] ?? 0), gained - lost);
    assert.doesNotMatch(JSON.stringify(document), /NaN|Infinity/);
  });

  it('compares several runs, and takes the number of the best one from other rows', async () => {
    const { code, out, err } = await bench.run(
      ...['compare', '@base-few.csv', '@tuned-few.csv', '@third-few.csv'],
    );
    assert.equal(code, 0, err);
    assert.match(
      out,
      /tuned-few has the lowest NLL of 3; it was chosen in 10 of 10 folds\. On rows that did not choose it/,
    );
    assert.match(out, /third-few less base-few/);
    // Where another run is wrong, a third one may be right too.
    assert.match(
      out,
      /rows where base-few is right and another run is wrong, \d+ rows where base-few is wrong and another run is right/,
    );
    assert.doesNotMatch(out, /only base-few is right/);
  });

  it('says that rows marked fit chose the calibrators, where a table marks them', async () => {
    const split = (table: string): string =>
      table
        .replace(/^(.*)$/mu, '$1,split')
        .replaceAll(
          /^(\d+,.*)$/gmu,
          (line) => `${line},${Number(line.split(',')[0]) % 2 === 0 ? 'fit' : 'test'}`,
        );
    await bench.write('base-split.csv', split(base));
    await bench.write('tuned-split.csv', split(rescored(base, tuned)));
    const { out } = await bench.run('compare', '@base-split.csv', '@tuned-split.csv');
    assert.match(out, /^On the rows marked fit that is base-split: /mu);
    assert.doesNotMatch(out, /In each fold/u);
  });

  it('shows no difference where there is none, and says how many rows would', async () => {
    await bench.write(
      'alike.csv',
      rescored(base, (pos, row) => (row === 3 ? 1 - pos : pos)),
    );
    const { out } = await bench.run('compare', '@base.csv', '@alike.csv');
    assert.match(out, /^No difference between alike and base is shown\. /);
    assert.match(out, /no difference shown; about [\d,]+ more rows would/);
  });

  it('says what is missing on either side', async () => {
    await bench.write('part.csv', rescored(base, tuned).split('\n').slice(0, 301).join('\n'));
    const { code, err, out } = await bench.run('compare', '@base.csv', '@part.csv');
    assert.equal(code, 0, err);
    assert.match(err, /Left out of base: 100 rows not found in every table\./);
    assert.match(out, /300 rows paired by id/);
  });

  it('pairs by text where there are no ids, and keeps rows of one text together', async () => {
    const copies = (table: string): string =>
      table
        .replace(/^id,/u, 'n,')
        .replaceAll(/,text (\d+),/gu, (_, row) => `,text ${Math.floor(Number(row) / 4)},`);
    await bench.write('groups-a.csv', copies(base));
    await bench.write('groups-b.csv', copies(rescored(base, tuned)));
    const { pairing, stages } = await report('@groups-a.csv', '@groups-b.csv');
    assert.deepEqual(pairing, { by: 'text', rows: 400, compared: 400 });
    const [accuracy] = stages[0]?.differences[0] ?? [];
    assert.equal(accuracy?.test, 'sign-flip');
  });

  it('finds no difference between the same rows in another order of groups, and says where groups differ', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `text ${i},pos,A,.1,.9\ntext ${i},pos,B,.8,.2`).concat(
      'text 99,pos,,.1,.9',
    );
    const header = 'text,label,group,prob:neg,prob:pos\n';
    await bench.write('grouped.csv', header + rows.join('\n'));
    await bench.write(
      'turned.csv',
      header + rows.map((pair) => pair.split('\n').reverse().join('\n')).join('\n'),
    );
    const { out } = await bench.run('compare', '@grouped.csv', '@turned.csv', '--slice', 'group');
    assert.match(out, /^1 row without a value in group is in no slice\.$/mu);
    const { differing, warnings } = await report('@grouped.csv', '@turned.csv');
    assert.deepEqual(differing, { lost: 0, 'both-wrong': 0, gained: 0 });
    assert.ok(!warnings.some(({ code }) => code === 'other-group'));
    const single = (group: string): string =>
      base.replace('id,', 'group,id,').replaceAll(/^(?=\d)/gmu, `${group},`);
    await bench.write('one-group.csv', single('A'));
    await bench.write('other-group.csv', single('B'));
    const regrouped = await report('@one-group.csv', '@other-group.csv');
    assert.ok(
      regrouped.warnings.some(
        ({ code, message }) => code === 'other-group' && message.includes('has another group than one-group'),
      ),
    );
  });

  it('says how many rows have no id, and how many of them are paired all the same', async () => {
    const gaps = (table: string): string => table.replaceAll(/^\d*7,/gmu, ',');
    const few = base.split('\n').slice(0, 51).join('\n');
    await bench.write('gaps.csv', gaps(few));
    await bench.write('gaps-tuned.csv', gaps(rescored(few, tuned)));
    const { pairing, warnings } = await report('@gaps.csv', '@gaps-tuned.csv');
    assert.equal(pairing.rows, 50);
    const [first] = warnings.filter(({ code }) => code === 'rows-without-id');
    assert.equal(first?.message, 'gaps: 5 rows without an id. 5 of them could be paired by text.');
  });

  it('slices by a column of the first table', async () => {
    const sliced = base
      .replace(/^(id.*)$/mu, '$1,lang')
      .replaceAll(/^(\d+,.*)$/gmu, (line) => `${line},${Number(line.split(',')[0]) % 2 === 0 ? 'en' : 'de'}`);
    await bench.write('sliced.csv', sliced);
    const { slices } = await report('@sliced.csv', '@tuned.csv', '--slice', 'lang');
    assert.deepEqual(
      slices.map(({ column, slices: parts }) => [column, parts.length]),
      [['lang', 2]],
    );
    const { out } = await bench.run('compare', '@sliced.csv', '@tuned.csv', '--slice', 'lang');
    assert.match(out, /By lang, differences from sliced/);
  });

  it('writes a report and the rows that differ, and replaces nothing unasked', async () => {
    const files = ['--report', '@report.md', '--rows', '@rows.csv'];
    const first = await bench.run('compare', '@base.csv', '@tuned.csv', ...files);
    assert.equal(first.code, 0, first.err);
    const markdown = await readFile(bench.at('report.md'), 'utf8');
    assert.match(
      markdown,
      /^# Comparison of `base`, `tuned`\n\n2026-01-02\.\n\n\*\*tuned is better than base\.\*\*/,
    );
    for (const heading of ['## Raw', '## After Platt', '## Rows that differ', '## About these numbers'])
      assert.ok(markdown.includes(heading), heading);
    const [header = '', worst = ''] = (await readFile(bench.at('rows.csv'), 'utf8')).split('\n');
    assert.equal(
      header,
      'change,label,base/line,tuned/line,base/predicted,tuned/predicted,base/confidence,tuned/confidence,text',
    );
    assert.match(worst, /^(lost|gained),/);
    const again = await bench.run('compare', '@base.csv', '@tuned.csv', ...files);
    assert.equal(again.code, 2);
    assert.match(again.err, /report\.md already exists.*--force/);
    const forced = await bench.run('compare', '@base.csv', '@tuned.csv', ...files, '--force');
    assert.equal(forced.code, 0, forced.err);
    const input = await bench.run('compare', '@base.csv', '@tuned.csv', '--rows', '@tuned.csv', '--force');
    assert.match(input.err, /is an input of this command\. Choose another name for --rows/);
    // What tells how a table was made is read, too.
    const meta = await bench.run(
      'compare',
      '@base.csv',
      '@tuned.csv',
      '--rows',
      '@tuned.csv.meta.json',
      '--force',
    );
    assert.match(meta.err, /tuned\.csv\.meta\.json is an input of this command/);
  });

  it('says that weights cannot be added up, and calls nothing different that one row decides', async () => {
    const table = (weights: (row: number) => string, p: number): string =>
      ['text,label,prob:a,prob:b,weight']
        .concat(
          Array.from({ length: 40 }, (_, row) => `t${row},${'ab'[row % 2]},${p},${1 - p},${weights(row)}`),
        )
        .join('\n');
    const compare = async (weights: (row: number) => string): ReturnType<typeof bench.run> => {
      await bench.write('one.csv', table(weights, 0.75));
      await bench.write('two.csv', table(weights, 0.25));
      return bench.run('compare', '@one.csv', '@two.csv');
    };
    const large = await compare(() => '1e308');
    assert.match(large.err, /The weights are too large to be added up\. Write them in another unit\./);
    const one = await compare((row) => (row === 7 ? '1' : '0'));
    assert.doesNotMatch(one.out, /better|worse/);
  });

  it('refuses what cannot be compared, in a sentence', async () => {
    await bench.write(
      'strangers.csv',
      labelTable(50).replaceAll(/^(\d)/gmu, 's$1').replaceAll('text ', 'other '),
    );
    await bench.write('labels.csv', base.replace('prob:pos', 'prob:good').replaceAll(',pos,', ',good,'));
    await bench.write('confidence.csv', 'id,confidence,correct\n1,.9,1\n2,.8,0\n3,.7,1\n');
    await bench.write('bare.csv', base.replace('id,text', 'n,m'));
    await bench.write('copy.csv', base);
    await bench.write('unlabelled.csv', base.replace('label', 'other'));
    await bench.write('repeated.csv', base.replaceAll(/^\d+,/gmu, '1,').replace('text', 'body'));
    await bench.write(
      'calibrated.csv',
      base.replace('label,', 'label,calibrator_sha256,').replaceAll(/,(pos|neg),/gu, ',$1,abc,'),
    );
    const copy = (sha256: string): string =>
      base
        .replace('prob:neg,prob:pos', 'raw:prob:neg,raw:prob:pos,prob:neg,prob:pos,calibrator_sha256')
        .replaceAll(/,([\d.e-]+),([\d.e-]+)$/gmu, `,$1,$2,$1,$2,${sha256}`);
    await bench.write('copy-1.csv', copy('abc'));
    await bench.write('copy-2.csv', copy('def'));
    const cases: readonly [readonly string[], RegExp][] = [
      [[], /Name at least two tables/],
      [['@base.csv'], /Name at least two tables/],
      [['@base.csv', '@base.csv'], /base\.csv and base\.csv hold the same/],
      [['@base.csv', '@copy.csv'], /base\.csv and copy\.csv hold the same/],
      [['@base.csv', '@none.csv'], /There is no file/],
      [['@base.csv', '@strangers.csv'], /have no rows in common.* Compare tables of the same rows\./],
      [
        ['@base.csv', '@labels.csv'],
        /labels\.csv has the labels "neg", "good", but "neg", "pos" are needed\. Give the tables the same labels\./,
      ],
      [['@base.csv', '@confidence.csv'], /confidence\.csv has no score for every label.*--on confidence/],
      [['@confidence.csv', '@base.csv'], /confidence\.csv has no score for every label.*--on confidence/],
      [['@base.csv', '@bare.csv'], /Rows are paired by a column "id" or "text".* --column id=NAME/],
      [['@base.csv', '@unlabelled.csv'], /unlabelled\.csv has scores but no truth/],
      [['@base.csv', '@repeated.csv'], /have no rows in common/],
      [
        ['@base.csv', '@calibrated.csv'],
        /calibrated\.csv already holds calibrated predictions\. Compare the table that it was made from\.$/m,
      ],
      [
        ['@base.csv', '@copy-1.csv'],
        /copy-1\.csv already holds calibrated predictions\. Compare the table that it was made from\.$/m,
      ],
      [['@copy-1.csv', '@copy-2.csv'], /raw predictions that it keeps.*--column prob:pos=raw:prob:pos/],
      [['@base.csv', '@tuned.csv', '--names', 'a'], /There are 2 tables, but 1 name/],
      [['@base.csv', '@tuned.csv', '--names', 'a,a'], /Each run needs a name of its own/],
      [['@base.csv', '@tuned.csv', '--threshold', '90'], /--threshold takes a number above 0, and below 1/],
      [
        ['@base.csv', '@tuned.csv', '--slice', 'nothing'],
        /no column "nothing".* Name another column with --slice\.$/m,
      ],
      [['@base.csv', '@tuned.csv', '--rows', '@x', '--report', '@x'], /name the same file/],
    ];
    for (const [argv, message] of cases) {
      const { code, out, err } = await bench.run('compare', ...argv);
      assert.equal(code, 2, `${argv.join(' ')}: ${err}`);
      assert.equal(out, '');
      assert.match(err, message);
    }
  });

  it('compares confidences alone where that is asked', async () => {
    await bench.write(
      'sure.csv',
      'id,confidence,correct\n' +
        Array.from({ length: 60 }, (_, i) => `${i},${0.5 + (i % 50) / 100},${i % 3 === 0 ? 0 : 1}`).join(
          '\n',
        ),
    );
    await bench.write(
      'unsure.csv',
      'id,confidence,correct\n' +
        Array.from({ length: 60 }, (_, i) => `${i},${0.9 - (i % 40) / 100},${i % 4 === 0 ? 0 : 1}`).join(
          '\n',
        ),
    );
    const document = await report('@sure.csv', '@unsure.csv');
    assert.equal(document.on, 'confidence');
    const mixed = await report('@base.csv', '@sure.csv', '--on', 'confidence');
    assert.equal(mixed.pairing.rows, 60);
  });
});
