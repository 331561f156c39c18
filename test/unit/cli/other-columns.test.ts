import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { GateReport } from '../../../src/app/tables/gate-table';
import type { Evaluation } from '../../../src/core/model/evaluation';
import { type Ran, Workbench } from './workbench';

/** 200 rows whose probability of the second label is true. */
function twoLabels(header: string, [first, second]: readonly [string, string], reversed = false): string {
  const rows = Array.from({ length: 200 }, (_, i) => {
    const p = (i % 10) / 10 + 0.05;
    const truth = (i * 7) % 200 < 200 * p ? second : first;
    return `${truth},${(reversed ? p : 1 - p).toFixed(2)},${(reversed ? 1 - p : p).toFixed(2)}`;
  });
  return [header, ...rows].join('\n');
}

/** The options that a message proposes, as a shell takes them apart. */
function proposed(message: string): string[] {
  const options = [...message.matchAll(/--column (?:'((?:[^']|'\\'')*)'|(\S+?))(?=[.\s]|$)/gu)];
  return options.flatMap(([, quoted, bare]) => ['--column', quoted?.replaceAll("'\\''", "'") ?? bare ?? '']);
}

describe('columns whose names do not tell what they hold', () => {
  let bench: Workbench;
  before(async () => (bench = await Workbench.create()));
  after(() => bench.remove());
  const evaluate = (...words: string[]): Promise<Ran> => bench.run('evaluate', ...words, '--json');
  const evaluation = ({ out, err }: Ran): Evaluation => {
    assert.notEqual(out, '', err);
    return JSON.parse(out) as Evaluation;
  };

  it('get the options that read them', async () => {
    const content = twoLabels("the truth,neg's score,pos", ['neg', 'pos']);
    await bench.write('foreign.csv', content.replace('pos\n', 'it is pos\n'));
    await bench.write('named.csv', content.replace(/^.*\n/u, 'label,prob:neg,prob:pos\n'));
    const refused = await evaluate('@foreign.csv');
    assert.match(refused.err, /This may fit: --column/);
    const read = evaluation(await evaluate('@foreign.csv', ...proposed(refused.err)));
    const named = evaluation(await evaluate('@named.csv'));
    assert.deepEqual([read.accuracy, read.ece, read.nll], [named.accuracy, named.ece, named.nll]);
  });

  it('get names for the numbers of their labels', async () => {
    await bench.write('numbered.csv', twoLabels('y_true,LABEL_0,LABEL_1', ['NEGATIVE', 'POSITIVE']));
    await bench.write('config.json', '{"id2label":{"0":"NEGATIVE","1":"POSITIVE"}}');
    await bench.write('named.csv', twoLabels('y_true,prob:NEGATIVE,prob:POSITIVE', ['NEGATIVE', 'POSITIVE']));
    const refused = await evaluate('@numbered.csv');
    assert.match(refused.err, /name them with --id2label 0=NAME,1=NAME/);
    const expected = evaluation(await evaluate('@named.csv'));
    for (const names of ['@config.json', '0=NEGATIVE,1=POSITIVE']) {
      const { labels, accuracy, nll } = evaluation(await evaluate('@numbered.csv', '--id2label', names));
      assert.deepEqual([labels, accuracy, nll], [expected.labels, expected.accuracy, expected.nll]);
    }
    for (const names of ['0=A,1=A', 'x=A', '0=', '@named.csv'])
      assert.match((await evaluate('@numbered.csv', '--id2label', names)).err, /id2label/);
  });

  it('keep those names in a calibrator and in the copies that it makes', async () => {
    await bench.write('ids.csv', twoLabels('label,0,1', ['0', '1']));
    const names = ['--id2label', '0=no,1=yes'];
    const fit = await bench.run(
      'calibrate',
      '@ids.csv',
      '--method',
      'temperature',
      '--out',
      '@c.json',
      ...names,
    );
    assert.equal(fit.code, 0, fit.err);
    const apply = await bench.run('apply', '@c.json', '@ids.csv', '--out', '@out.csv', ...names);
    assert.equal(apply.code, 0, apply.err);
    const [header = '', first = ''] = (await readFile(bench.at('out.csv'), 'utf8')).split('\n');
    assert.match(header, /^label,raw:0,raw:1,.*prob:no.*prob:yes/);
    assert.match(first, /,(?:no|yes),/);
  });

  it('are read once where they hold the same', async () => {
    const rows = twoLabels('label,prob:a,prob:b', ['a', 'b']).split('\n');
    const twice = rows.map((row, i) => `${row},${i === 0 ? 'y_true' : (row.split(',')[0] ?? '')}`);
    await bench.write('once.csv', rows.join('\n'));
    await bench.write('twice.csv', twice.join('\n'));
    const read = evaluation(await evaluate('@twice.csv'));
    assert.deepEqual(read.accuracy, evaluation(await evaluate('@once.csv')).accuracy);
    assert.ok(read.warnings.some(({ code }) => code === 'repeated-column'));
    await bench.write('other.csv', [...twice.slice(0, -1), `${rows.at(-1) ?? ''},neither`].join('\n'));
    assert.match((await evaluate('@other.csv')).err, /could both be the label.*--column label=NAME/);
  });

  it('of one name are read once where they hold the same, and refused where they do not', async () => {
    const rows = twoLabels('label,prob:a,prob:b', ['a', 'b']).split('\n');
    const withSecond = (name: string, of: (label: string) => string): string =>
      rows.map((row, i) => `${row},${i === 0 ? name : of(row.split(',')[0] ?? '')}`).join('\n');
    const forms: [name: string, ...options: string[]][] = [
      ['label'],
      ['label', '--column', 'label=label'],
      [' prob:b ', '--column', 'prob:b=prob:b'],
      ['prob:b', '--column', 'group=prob:b'],
    ];
    for (const [name, ...options] of forms.slice(0, 2)) {
      await bench.write(
        'same.csv',
        withSecond(name, (label) => label),
      );
      const same = evaluation(await evaluate('@same.csv', ...options));
      assert.ok(
        same.warnings.some(({ code }) => code === 'repeated-column'),
        name,
      );
    }
    for (const [name, ...options] of forms) {
      await bench.write(
        'differ.csv',
        withSecond(name, (label) => (label === 'a' ? 'b' : 'a')),
      );
      const { code, err } = await evaluate('@differ.csv', ...options);
      assert.equal(code, 2, `${name} ${options.join(' ')}`);
      assert.match(err, /columns (?:are called )?"(?:label|prob:b)".*Rename/);
    }
  });

  it('decide nothing where they seem to mean something else, unless a person says so', async () => {
    await bench.write('swapped.csv', twoLabels('label,prob:a,prob:it is b', ['a', 'it is b'], true));
    const gate = (...words: string[]): Promise<Ran> =>
      bench.run('gate', '@swapped.csv', '--max', 'accuracy=.5', '--json', ...words);
    const open = await gate();
    assert.equal((JSON.parse(open.out) as GateReport).verdict, 'undecided');
    assert.match(open.err, /rows called "a", "it is b".*were exchanged.*options for that: --column/);
    assert.match(open.err, /--accept other-meaning/);
    assert.equal((JSON.parse((await gate('--accept', 'other-meaning')).out) as GateReport).verdict, 'pass');
    const read = await gate(...proposed(open.err));
    assert.equal((JSON.parse(read.out) as GateReport).verdict, 'fail');
    const fit = (...words: string[]): Promise<Ran> =>
      bench.run('calibrate', '@swapped.csv', '--method', 'platt', '--out', '@s.json', ...words);
    const refused = await fit();
    assert.match(
      refused.err,
      /No calibrator was fitted\. The options for that: .*add --accept other-meaning/,
    );
    assert.equal((await fit('--accept', 'other-meaning')).code, 0);
    assert.equal((await fit('--force', ...proposed(refused.err))).code, 0);
  });
});
