import { parse } from 'csv-parse/sync';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { seededRandom } from '../../../src/core/random';
import { writeDesign } from '../../../src/store/designs';
import { appendDecisions, labelsFile, textSha256 } from '../../../src/store/labels';
import { csvLine } from '../../../src/store/tables/csv-line';
import { ROOT } from '../../support/paths';
import { type Ran, Workbench } from './workbench';

/** 2,000 film reviews with ids and true labels, but without texts. */
const REVIEWS = path.join(ROOT, 'docs/real-data/reviews.csv');
const TRUTH = new Map(
  readFileSync(REVIEWS, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(0, 2) as [string, string]),
);

const WORDS = 'good fine poor dull long short bright slow kind grim'.split(' ');

/** A scored table with texts, some of them near-copies, whose model is right about as often as it says. */
function scored(n: number, share = 0.3): { csv: string; truth: Map<string, string> } {
  const random = seededRandom(n);
  const truth = new Map<string, string>();
  const lines = Array.from({ length: n }, (_, i) => {
    const logit = Math.log(share / (1 - share)) + 3 * (random() + random() + random() - 1.5);
    const p = 1 / (1 + Math.exp(-logit));
    const label = random() < p ? 'spam' : 'ham';
    const text =
      i % 10 === 9 ? `Same text, again!${' '.repeat(i % 3)}` : `${WORDS[i % 10] ?? ''} text, number ${i}`;
    truth.set(String(i), label);
    return `${i},"${text}",${i % 2 === 0 ? 'web' : 'mail'},${p.toFixed(6)},${(1 - p).toFixed(6)}`;
  });
  return { csv: `id,text,from,prob:spam,prob:ham\n${lines.join('\n')}\n`, truth };
}

function cellsOf(csv: string): string[][] {
  return parse(csv, { relax_column_count: true });
}

function csvOf(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => csvLine(row, ',')).join('');
}

/** Fills in the labels as somebody would in a spreadsheet. */
function filled(csv: string, labelOf: (id: string, at: number) => string): string {
  const [header = [], ...rows] = cellsOf(csv);
  const [id, label] = [header.indexOf('row_id'), header.indexOf('label')];
  const lines = rows.map((row, at) =>
    row.map((cell, i) => (i === label ? labelOf(row[id] ?? '', at) : cell)),
  );
  return csvOf([header, ...lines]);
}

describe('labels of people on the command line', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.create();
  });
  afterEach(() => bench.remove());

  const text = (name: string) => readFile(bench.at(name), 'utf8');
  async function ok(...words: string[]): Promise<Ran> {
    const ran = await bench.run(...words);
    assert.equal(ran.code, 0, ran.err);
    return ran;
  }
  const json = async <T>(...words: string[]): Promise<T> =>
    JSON.parse((await ok(...words, '--json')).out) as T;
  /** Draws rows of a table and labels them. */
  async function labelled(
    table: string,
    labelOf: (id: string, at: number) => string,
    ...options: string[]
  ): Promise<string> {
    await ok('sample', table, '--out', '@to-label.csv', '--force', ...options);
    return bench.write('labels.csv', filled(await text('to-label.csv'), labelOf));
  }

  interface Estimate {
    readonly labelled: number;
    readonly missing: number;
    readonly missingShare: number;
    readonly accuracy: { value: number; low: number; high: number };
    readonly shares: readonly {
      label: string;
      value: number;
      low: number;
      high: number;
      worth: number;
      predicted: number;
      alone: { low: number; high: number };
    }[];
    readonly warnings: readonly { code: string }[];
  }
  const codes = ({ warnings }: Pick<Estimate, 'warnings'>) => warnings.map(({ code }) => code);

  it('estimates the shares of 2,000 reviews from 100 labels', async () => {
    const labels = await labelled(
      REVIEWS,
      (id) => TRUTH.get(id) ?? '',
      '--rows',
      '100',
      '--design',
      'random',
    );
    const found = await json<Estimate>('estimate', REVIEWS, '--labels', labels);
    const positive = found.shares.find(({ label }) => label === 'positive');
    assert.ok(positive !== undefined && positive.low < 0.491 && positive.high > 0.491);
    assert.ok(positive.high - positive.low < 0.85 * (positive.alone.high - positive.alone.low));
    assert.ok(positive.worth > 150 && positive.predicted > 0.94);
    assert.ok(found.accuracy.low < 0.5375 && found.accuracy.high > 0.5375);
    const shown = await ok('estimate', REVIEWS, '--labels', labels);
    assert.match(shown.out, /2,000 rows, 100 of them labelled/u);
    assert.match(shown.out, /share of positive/u);
    assert.match(shown.err, /Rows are weighted by 1 \/ their probability/u);
  });

  it('takes the labels for evaluate, calibrate and gate, with their weights', async () => {
    const labels = await labelled(REVIEWS, (id) => TRUTH.get(id) ?? '', '--rows', '300');
    interface Accuracy {
      n: number;
      accuracy: { value: number; low: number; high: number };
    }
    const found = await json<Accuracy>('evaluate', REVIEWS, '--labels', labels);
    assert.equal(found.n, 300);
    assert.ok(found.accuracy.low < 0.5375 && found.accuracy.high > 0.5375);
    await ok('calibrate', REVIEWS, '--labels', labels, '--method', 'bias-temperature', '--out', '@c.json');
    const after = await json<Accuracy>('evaluate', REVIEWS, '--calibrator', '@c.json');
    assert.ok(after.accuracy.value > 0.85);
    // The same by a joined table.
    const csv = (await text('to-label.csv')).length > 0 ? readFileSync(REVIEWS, 'utf8') : '';
    const unlabelled = await bench.write('plain.csv', csv.replace(/^id,label,/u, 'id,truth,'));
    await ok('label-join', unlabelled, labels, '--out', '@joined.csv');
    const joined = await json<Accuracy>('evaluate', '@joined.csv');
    assert.ok(Math.abs(joined.accuracy.value - found.accuracy.value) < 1e-12);
    const byJoined = await json<Estimate>('estimate', '@joined.csv');
    const byLabels = await json<Estimate>('estimate', REVIEWS, '--labels', labels);
    assert.ok(Math.abs((byJoined.shares[0]?.value ?? 0) - (byLabels.shares[0]?.value ?? 1)) < 1e-9);
    // The weights of the joined table are those of the same design: they do not count twice.
    const again = await json<Accuracy>('evaluate', '@joined.csv', '--labels', labels);
    assert.ok(Math.abs(again.accuracy.value - found.accuracy.value) < 1e-12);
    const estimatedAgain = await json<Estimate>('estimate', '@joined.csv', '--labels', labels);
    assert.ok(Math.abs((estimatedAgain.shares[0]?.value ?? 0) - (byLabels.shares[0]?.value ?? 1)) < 1e-9);
    const limits = ['--min', 'share:positive=.4', '--max', 'share:positive=.6'];
    const gated = await ok('gate', REVIEWS, '--labels', labels, ...limits);
    assert.match(gated.out, /✓ share:positive ≤ 0.6 passes: 95% bound 0\.5/u);
    const failed = await bench.run('gate', REVIEWS, '--labels', labels, '--max', 'share:positive=.3');
    assert.equal(failed.code, 1);
    assert.match(failed.out, /✗ share:positive ≤ 0.3 fails: 0\.4\d+ \(95% bound 0\.4/u);
    const unknown = await bench.run('gate', REVIEWS, '--labels', labels, '--max', 'share:neutral=.3');
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /no label "neutral"/u);
  });

  it('draws one of near-copies, and shows no answer of the model', async () => {
    const table = await bench.write('scored.csv', scored(400).csv);
    await ok('sample', table, '--rows', '80', '--out', '@to-label.csv');
    const [header, ...rows] = cellsOf(await text('to-label.csv'));
    assert.deepEqual(header, [
      ...['position', 'row_id', 'text', 'label', 'text_sha256'],
      ...['design', 'selected_by', 'inclusion_probability'],
    ]);
    assert.equal(rows.length, 80);
    assert.ok(rows.filter((row) => row[2]?.includes('Same text')).length <= 1);
    const shown = await ok('sample', table, '--rows', '80', '--out', '@errors.csv', '--design', 'errors');
    assert.match(shown.out, /^Write the right label of each row into its column "label": \S+ or \S+\.$/mu);
    assert.match(shown.out, /80 labels, worth \d+ for estimates: 56 picked rows and 24 of weight 1\d/u);
    const plain = await bench.write('plain.csv', 'text\nfirst\nsecond\n\nthird\n');
    const unscored = await ok('sample', plain, '--rows', '9', '--out', '@plain-out.csv');
    assert.match(unscored.out, /3 rows of 3 to label, design random-3-seed0/u);
    assert.match(unscored.out, /^Write the right label of each row into its column "label"\.$/mu);
    const refused = await bench.run('sample', plain, '--rows', '2', '--out', '@x.csv', '--design', 'errors');
    assert.match(refused.err, /no confidences yet/u);
  });

  it('writes a review with the answers of the model, and knows that they were in view', async () => {
    const { csv, truth } = scored(600);
    const table = await bench.write('scored.csv', csv);
    const labels = await labelled(
      table,
      (id) => truth.get(id) ?? '',
      ...['--rows', '100', '--design', 'review', '--buckets', 'automatic=.8,review=.6,manual=0'],
    );
    const [header = [], ...rows] = cellsOf(await text('to-label.csv'));
    assert.deepEqual(header.slice(-3), ['predicted', 'confidence', 'bucket']);
    const at = (name: string) => header.indexOf(name);
    const picked = rows.filter((row) => row[at('selected_by')] === 'uncertain');
    assert.deepEqual([rows.length, picked.length], [100, 90]);
    assert.ok(
      picked.every(
        (row) =>
          Number(row[at('confidence')]) < 0.8 && ['review', 'manual'].includes(row[at('bucket')] ?? ''),
      ),
    );
    const found = await json<Estimate>('estimate', table, '--labels', labels);
    assert.equal(found.labelled, 100);
    assert.ok(codes(found).includes('labels-not-blind'));
  });

  it('counts rows that nobody reached as not drawn, and rows that were passed over as missing', async () => {
    const { csv, truth } = scored(600);
    const table = await bench.write('scored.csv', csv);
    const half = await labelled(
      table,
      (id, at) => (at >= 100 ? '' : at % 10 === 3 ? 'unsure' : at % 25 === 7 ? '' : (truth.get(id) ?? '')),
      '--rows',
      '200',
    );
    const found = await json<Estimate>('estimate', table, '--labels', half);
    assert.deepEqual([found.labelled, found.missing], [86, 14]);
    assert.ok(found.missingShare > 0.08 && found.missingShare < 0.22);
    assert.ok(codes(found).includes('missing-answers'));
    const shown = await ok('estimate', table, '--labels', half);
    assert.match(shown.out, /If none of the texts that people could not label counts/u);
    const evaluated = await bench.run('evaluate', table, '--labels', half);
    assert.match(evaluated.err, /14 rows that were drawn have no label.*The accuracy of all is/u);
    // Much is missing: a gate must hold whatever it is, and of ECE nobody knows.
    const gated = await bench.run('gate', table, '--labels', half, '--min', 'accuracy=.6', '--max', 'ece=.5');
    assert.match(gated.out, /accuracy ≥ 0.6 .*whatever the .*% are that people could not label/u);
    assert.match(gated.out, /\? ece ≤ 0.5 is undecided: people could not label/u);
  });

  it('knows in a joined table too what people could not label, and how rows were drawn', async () => {
    const { csv, truth } = scored(600);
    const table = await bench.write('scored.csv', csv);
    const labels = await labelled(
      table,
      (id, at) => (at % 5 === 3 ? 'unsure' : (truth.get(id) ?? '')),
      '--rows',
      '200',
    );
    await ok('label-join', table, labels, '--out', '@joined.csv');
    const limits = ['--min', 'accuracy=.6', '--max', 'ece=.5'];
    const gated = await bench.run('gate', table, '--labels', labels, ...limits);
    assert.match(gated.out, /accuracy ≥ 0.6 .*whatever the .*% are that people could not label/u);
    assert.equal((await bench.run('gate', '@joined.csv', ...limits)).out, gated.out);
    // Somebody left the weights out: the probabilities still tell them.
    const cells = cellsOf(await text('joined.csv'));
    const at = (name: string) => cells[0]?.indexOf(name) ?? -1;
    const without = (name: string) => csvOf(cells.map((row) => row.toSpliced(at(name), 1)));
    await bench.write('unweighted.csv', without('weight'));
    const unweighted = await bench.run('gate', '@unweighted.csv', ...limits);
    assert.equal(unweighted.out, gated.out);
    assert.match(unweighted.err, /Rows are weighted by 1 \/ their probability of being drawn/u);
    const found = await json<Estimate>('estimate', '@unweighted.csv');
    const wanted = await json<Estimate>('estimate', table, '--labels', labels);
    assert.ok(Math.abs(found.accuracy.value - wanted.accuracy.value) < 1e-9);
    assert.ok(Math.abs(found.missingShare - wanted.missingShare) < 1e-9);
    // A person switches the weights off; an estimate of the whole table still needs them.
    const off = await bench.run('estimate', '@unweighted.csv', '--column', 'weight=');
    assert.match(off.err, /Nothing in unweighted.csv tells how its labelled rows were chosen/u);
  });

  it('says what a spreadsheet did to the labels', async () => {
    const { csv, truth } = scored(300);
    const table = await bench.write('scored.csv', csv);
    const labels = await labelled(table, (id) => truth.get(id) ?? '', '--rows', '60');
    const wanted = await json<Estimate>('estimate', table, '--labels', labels);
    const [header = [], ...rows] = cellsOf(await text('labels.csv'));
    const at = header.indexOf('inclusion_probability');
    const changed = (cellOf: (cell: string, row: number) => string) =>
      csvOf([header, ...rows.map((row, i) => row.with(at, cellOf(row[at] ?? '', i)))]);
    const comma = await bench.write(
      'comma.csv',
      changed((cell) => cell.replace('.', ',')),
    );
    assert.deepEqual(await json<Estimate>('estimate', table, '--labels', comma), wanted);
    const broken = await bench.write(
      'broken.csv',
      changed((cell, i) => (i === 3 ? '51' : cell)),
    );
    const refused = await bench.run('estimate', table, '--labels', broken);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /The row at position 4 was drawn, but its inclusion_probability is "51"/u);
    const semicolons = await bench.write(
      'semicolons.csv',
      'row_id;text_sha256;decision;label;design;selected_by;inclusion_probability;blind;who;time\n1;;label;spam;d;random;0.5;yes;;\n1;;undo;;d;random;0.5;yes;;\n',
    );
    const other = await bench.run('estimate', table, '--labels', semicolons);
    assert.match(other.err, /its first line is not the names of the columns, separated by commas/u);
  });

  it('refuses to estimate from rows that were not drawn', async () => {
    const { csv, truth } = scored(100);
    const table = await bench.write('scored.csv', csv);
    const picked = await bench.write(
      'picked.csv',
      `id,label\n${[1, 2, 3].map((id) => `${id},${truth.get(String(id)) ?? ''}`).join('\n')}\n`,
    );
    for (const command of ['estimate', 'evaluate']) {
      const refused = await bench.run(command, table, '--labels', picked);
      assert.equal(refused.code, 2);
      assert.match(refused.err, /All 3 labelled rows of picked.csv were chosen by a person/u);
    }
    const half = csv
      .trim()
      .split('\n')
      .map((line, i) => `${line},${i === 0 ? 'label' : i % 3 === 0 ? '' : (truth.get(String(i - 1)) ?? '')}`);
    const own = await bench.write('half.csv', `${half.join('\n')}\n`);
    const unsaid = await bench.run('estimate', own);
    assert.match(
      unsaid.err,
      /Nothing in half.csv tells how its labelled rows were chosen.*--drawn-at-random/u,
    );
    const said = await json<Estimate>('estimate', own, '--drawn-at-random');
    assert.equal(said.labelled, 67);
  });

  it("reads Label Studio's export", async () => {
    const { csv, truth } = scored(300);
    const table = await bench.write('scored.csv', csv);
    await ok('sample', table, '--rows', '60', '--out', '@to-label.csv');
    const [header = [], ...rows] = cellsOf(await text('to-label.csv'));
    const names = [
      ...header,
      'annotation_id',
      'annotator',
      'created_at',
      'id',
      'lead_time',
      'sentiment',
      'updated_at',
    ];
    const exported = rows.map((row, at) => {
      const choice = truth.get(row[1] ?? '') ?? '';
      const cell = at % 7 === 0 ? JSON.stringify({ choices: [choice] }) : choice;
      const time = '2026-01-02T03:04:05Z';
      return [...row, String(at), 'ana', time, String(9000 + at), '3.5', cell, time];
    });
    // Label Studio exports in an order of its own.
    const lines = [names, ...exported.reverse()];
    const file = await bench.write('export.csv', csvOf(lines));
    const found = await json<Estimate>('estimate', table, '--labels', file);
    assert.deepEqual([found.labelled, found.missing], [60, 0]);
    const two = await bench.write(
      'two.csv',
      csvOf(lines.map((line, i) => [...line, i === 0 ? 'topic' : 'x'])),
    );
    const refused = await bench.run('label-join', table, two, '--out', '@j.csv');
    assert.match(refused.err, /does not tell which of its columns are the labels.*--label-column/u);
    const named = await json<{ labelled: number }>(
      ...['label-join', table, two, '--out', '@j.csv', '--label-column', 'sentiment'],
    );
    assert.equal(named.labelled, 60);
  });

  it('reads a labels file with two people, texts that changed, and lines that are cut', async () => {
    const { csv, truth } = scored(300);
    const table = await bench.write('scored.csv', csv);
    const [, ...rows] = cellsOf(csv);
    const file = labelsFile(bench.folder, 'people');
    const base = {
      kind: 'label',
      design: 'd',
      selectedBy: 'random',
      isBlind: true,
      time: '2026-01-02T03:04:05Z',
    } as const;
    for (const row of rows.slice(0, 80)) {
      const [rowId = '', written = ''] = row;
      const own = { ...base, rowId, textSha256: textSha256(written), probability: 80 / 300 };
      const label = truth.get(rowId) ?? '';
      const other = Number(rowId) % 20 === 4 ? (label === 'spam' ? 'ham' : 'spam') : label;
      await appendDecisions(bench.folder, file, [
        { ...own, label, who: 'Ana' },
        { ...own, label: other, who: 'Ben' },
      ]);
    }
    const chosen = {
      ...base,
      rowId: '200',
      textSha256: textSha256(rows[200]?.[1] ?? ''),
      design: '',
    } as const;
    await appendDecisions(
      bench.folder,
      file,
      // A row that people chose tells nothing about how far they agree.
      ['Ana', 'Ben'].map((who) => ({ ...chosen, selectedBy: 'user', probability: null, label: 'spam', who })),
    );
    const hash = textSha256('a text that has changed');
    await appendDecisions(bench.folder, file, [
      { ...base, rowId: '99', textSha256: hash, label: 'spam', who: 'Ana', probability: 0.2 },
      { ...base, rowId: 'x99', textSha256: hash, label: 'spam', who: 'Ana', probability: 0.2 },
      {
        ...base,
        rowId: '98',
        textSha256: textSha256(rows[98]?.[1] ?? ''),
        label: 'eggs',
        who: 'Ana',
        probability: 0.2,
      },
    ]);
    await bench.write('cut.csv', (await readFile(file)).subarray(0, -40));
    const found = await json<
      Estimate & { people: { one: string; other: string | null; n: number; value: number }[] }
    >(...['estimate', table, '--labels', file]);
    assert.equal(found.labelled, 76);
    assert.equal(found.missing, 5);
    for (const code of ['labels-changed', 'labels-foreign', 'labels-disputed', 'labels-unknown'])
      assert.ok(codes(found).includes(code), code);
    const [both, ...withModel] = found.people;
    assert.deepEqual([both?.one, both?.other, both?.n], ['Ana', 'Ben', 80]);
    assert.ok((both?.value ?? 0) > 0.8 && (both?.value ?? 1) < 1);
    assert.equal(withModel.length, 2);
    const cut = await bench.run('estimate', table, '--labels', '@cut.csv');
    assert.match(cut.err, /1 line of cut.csv holds no decision.*may be cut/u);
    // A design that was written down tells of how many rows: the labels stand for no row that came later.
    assert.ok(!codes(found).includes('labels-of-fewer'));
    await writeDesign(bench.folder, 'people', {
      ...{ version: 1, id: 'd', kind: 'random', seed: 0, leastProbability: 0.2, worth: 80 },
      table: { name: 'scored.csv', sha256: 'ab', rows: 250 },
      ...{ labels: ['ham', 'spam'], isBlind: true, goal: null, time: base.time },
      queue: [{ rowId: '1', textSha256: '', selectedBy: 'random', probability: 0.2 }],
    });
    const grown = await bench.run('estimate', table, '--labels', file);
    assert.match(grown.err, /Rows were drawn from 250 rows, and scored.csv has 300/u);
    const foreign = await bench.run('estimate', REVIEWS, '--labels', file);
    assert.match(foreign.err, /None of the 84 labelled rows of people.csv is a row of reviews.csv/u);
  });

  it('joins a labels file that is half done with the probabilities of the rows that were reached', async () => {
    const { csv, truth } = scored(300);
    const table = await bench.write('scored.csv', csv);
    const queue = cellsOf(csv)
      .slice(1, 61)
      .map(([rowId = '', written = '']) => ({
        ...{ rowId, textSha256: textSha256(written) },
        ...({ selectedBy: 'random', probability: 60 / 300 } as const),
      }));
    const file = labelsFile(bench.folder, 'half');
    const rest = {
      design: 'd',
      isBlind: true,
      who: '',
      time: '2026-01-02T03:04:05Z',
      kind: 'label',
    } as const;
    await appendDecisions(
      bench.folder,
      file,
      queue.slice(0, 30).map((row) => ({ ...row, ...rest, label: truth.get(row.rowId) ?? '' })),
    );
    const joined = async (): Promise<Set<string>> => {
      await ok('label-join', table, file, '--out', '@joined.csv', '--force');
      const [header = [], ...cells] = cellsOf(await text('joined.csv'));
      return new Set(cells.slice(0, 30).map((row) => row[header.indexOf('inclusion_probability')] ?? ''));
    };
    // Nobody knows how far the queue was labelled: the weights are right, and a probability would be a guess.
    assert.deepEqual(await joined(), new Set(['']));
    await writeDesign(bench.folder, 'half', {
      ...{ version: 1, id: 'd', kind: 'random', seed: 0, leastProbability: 0.2, worth: 60 },
      ...{ table: { name: 'scored.csv', sha256: 'ab', rows: 300 }, labels: ['ham', 'spam'], isBlind: true },
      ...{ goal: null, time: rest.time, queue },
    });
    assert.deepEqual(await joined(), new Set(['0.1']));
  });

  it('compares slices, and tables of other texts', async () => {
    const { csv, truth } = scored(800);
    const table = await bench.write('scored.csv', csv);
    const labels = await labelled(table, (id) => truth.get(id) ?? '', '--rows', '200');
    interface Compared extends Estimate {
      slices: {
        name: string;
        estimate: Estimate;
        differences: { what: string; value: number; low: number; high: number }[];
      }[];
      against: { differences: { what: string; low: number; high: number }[] } | null;
    }
    const found = await json<Compared>('estimate', table, '--labels', labels, '--slice', 'from');
    assert.deepEqual(
      found.slices.map(({ name }) => name),
      ['web', 'mail'],
    );
    for (const { differences } of found.slices) {
      assert.equal(differences.length, 3);
      for (const { low, high } of differences) assert.ok(low < 0 && high > 0);
    }
    const same = await bench.run(
      'estimate',
      table,
      '--labels',
      labels,
      '--against',
      table,
      '--against-labels',
      labels,
    );
    assert.match(same.err, /\d+ rows of the two tables have the same text/u);
    const rare = scored(700, 0.05);
    const renamed = await bench.write('rare.csv', rare.csv.replace(/^(\d+),"/gmu, '$1,"r '));
    await ok('sample', renamed, '--rows', '200', '--out', '@rare-out.csv');
    const there = await bench.write(
      'rare-labels.csv',
      filled(await text('rare-out.csv'), (id) => rare.truth.get(id) ?? ''),
    );
    const other = await json<Compared>(
      ...['estimate', table, '--labels', labels, '--against', renamed, '--against-labels', there],
    );
    const difference = other.against?.differences.find(({ what }) => what === 'share of spam');
    assert.ok(difference !== undefined && difference.low > 0.05);
    const usage = await bench.run('estimate', table, '--against-labels', there);
    assert.match(usage.err, /Give --against too/u);
  });

  it('plans', async () => {
    const shown = await ok(
      ...['plan', '--width', '.06', '--gate', 'accuracy=.85', '--expect', '.9', '--target', '.95'],
    );
    assert.match(shown.out, /^1,06\d labels for a 95% interval that is 0.06 wide/u);
    assert.match(shown.out, /labels for accuracy ≥ 0.85 to pass in 80% of samples/u);
    assert.match(shown.out, /At least 80 labelled rows/u);
    const impossible = await ok('plan', '--gate', 'accuracy=.9', '--expect', '.9');
    assert.match(impossible.out, /No practical number/u);
    for (const [words, said] of [
      [['plan'], /nothing to plan/u],
      [['plan', '--gate', 'accuracy=.9'], /Give --expect Y/u],
      [['plan', '--gate', 'ece=.1', '--expect', '.05'], /plans accuracy or share:LABEL/u],
      [['plan', '--width', '.1', '--power', '.9'], /Give --gate too/u],
    ] as const) {
      const { code, err } = await bench.run(...words);
      assert.equal(code, 2);
      assert.match(err, said);
    }
  });
});
