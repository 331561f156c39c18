import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import {
  PRACTICE_BEST_ACCURACY,
  PRACTICE_COLUMNS,
  PRACTICE_ROWS,
  type PracticeRow,
  practiceSet,
} from '../../../src/core/data/practice-set';
import { OCCASIONS, PLAIN } from '../../../src/core/data/practice-templates';
import { practiceSetCommand } from '../../../src/cli/practice-set';
import { Workbench } from '../cli/workbench';

const rows = practiceSet(0);
const of = (...kinds: readonly PracticeRow['kind'][]): PracticeRow[] =>
  rows.filter(({ kind }) => kinds.includes(kind));
const share = (part: readonly unknown[]): number => part.length / rows.length;
const holds = ({ text }: PracticeRow, words: readonly string[]): boolean =>
  words.some((word) => new RegExp(`\\b${word}\\b`, 'u').test(text));

describe('the practice set', () => {
  it('has 1,026 different texts: 60% clear, 30% with a hidden rule, 10% contradictory', () => {
    assert.equal(rows.length, 1026);
    assert.equal(PRACTICE_ROWS, 1026);
    assert.equal(new Set(rows.map(({ text }) => text)).size, rows.length);
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
    assert.ok(Math.abs(share(of('clear')) - 0.6) < 0.002);
    assert.ok(Math.abs(share(of('sports', 'news')) - 0.3) < 0.002);
    assert.ok(Math.abs(share(of('contradictory')) - 0.1) < 0.002);
  });

  it('has at least 250 templates, none above 1% of the rows, and a template is a group', () => {
    const sizes = new Map<string, number>();
    for (const { group } of rows) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    assert.ok(sizes.size >= 250, `${sizes.size} templates`);
    assert.ok(Math.max(...sizes.values()) <= rows.length / 100);
  });

  it('keeps each pair in one group: a positive and a negative text of one template', () => {
    const pairs = of('clear', 'sports', 'news');
    for (const group of new Set(pairs.map((row) => row.group))) {
      const members = pairs.filter((row) => row.group === group);
      const positive = members.filter(({ label }) => label === 'positive').length;
      assert.equal(positive * 2, members.length, group);
    }
  });

  it('says plainly in clear texts what the label is', () => {
    for (const row of of('clear')) {
      const other = row.label === 'positive' ? 'negative' : 'positive';
      assert.ok(holds(row, Object.values(PLAIN[row.label]).flat()), row.text);
      assert.ok(!holds(row, Object.values(PLAIN[other]).flat()), row.text);
    }
  });

  it('words sports and news neutrally, and labels them by the hidden rule', () => {
    const judging = Object.values(PLAIN).flatMap((words) => Object.values(words).flat());
    for (const row of of('sports', 'news')) {
      assert.equal(row.label, row.kind === 'sports' ? 'positive' : 'negative');
      assert.ok(holds(row, OCCASIONS[row.kind as keyof typeof OCCASIONS]), row.text);
      assert.ok(!holds(row, judging), row.text);
    }
    assert.equal(of('sports').length, of('news').length);
  });

  it('draws the labels of contradictory texts at .5, whatever they say', () => {
    const shares = Array.from({ length: 40 }, (_, seed) => {
      const drawn = practiceSet(seed).filter(({ kind }) => kind === 'contradictory');
      return drawn.filter(({ label }) => label === 'positive').length / drawn.length;
    });
    const mean = shares.reduce((sum, value) => sum + value, 0) / shares.length;
    // Five standard errors of 40 × 102 draws.
    assert.ok(Math.abs(mean - 0.5) < 0.04, String(mean));
    assert.ok(new Set(shares).size > 5);
    assert.ok(Math.abs(PRACTICE_BEST_ACCURACY - 0.95) < 0.001);
  });

  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(practiceSet(0), rows);
    const others = new Set(practiceSet(1).map(({ text }) => text));
    assert.ok(rows.filter(({ text }) => others.has(text)).length < rows.length / 2);
  });

  it('mixes the kinds', () => {
    const half = rows.slice(0, rows.length / 2).filter(({ kind }) => kind === 'clear').length;
    assert.ok(half > 250 && half < 360, String(half));
  });

  it('has grammatical articles', () => {
    for (const { text } of rows) assert.doesNotMatch(text, /\b[Aa] [aeio]|\b[Aa]n [^aeioh]|[{}]/u, text);
  });
});

describe('prompt-confidence practice-set', () => {
  let bench: Workbench;
  beforeEach(async () => (bench = await Workbench.create()));
  afterEach(() => bench.remove());

  const run = async (...argv: readonly string[]) => {
    let out = '';
    let err = '';
    const code = await practiceSetCommand(argv, {
      out: (text) => (out += text),
      err: (text) => (err += text),
      now: () => new Date(0),
      version: '0',
    });
    return { code, out, err };
  };

  it('writes the table, says that it is synthetic, and replaces nothing unasked', async () => {
    const file = bench.at('practice.csv');
    const { code, out } = await run('--out', file);
    assert.equal(code, 0);
    assert.match(out, /1,026 synthetic texts .* about 0\.95/u);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    assert.equal(lines[0], PRACTICE_COLUMNS.join(','));
    assert.equal(lines.length, 1027);
    const again = await run('--out', file);
    assert.equal(again.code, 2);
    assert.match(again.err, /already exists/u);
    const other = await run('--out', file, '--force', '--seed', '1', '--json');
    assert.deepEqual(
      { ...(JSON.parse(other.out) as object), out: '' },
      {
        schema: 1,
        out: '',
        seed: 1,
        rows: 1026,
        groups: 255,
        synthetic: true,
        bestAccuracy: PRACTICE_BEST_ACCURACY,
      },
    );
    assert.notEqual(await readFile(file, 'utf8'), `${lines.join('\n')}\n`);
  });

  it('needs --out', async () => {
    assert.match((await run()).err, /--out FILE is missing/u);
  });
});
