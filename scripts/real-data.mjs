/**
 * Real text rated by people, scored by the bundled classifier: the numbers behind docs/real-data.md.
 *
 *   node scripts/real-data.mjs           scores the reviews if docs/real-data/reviews.csv is not there, then reports
 *   node scripts/real-data.mjs --score   scores them again
 *
 * The reviews come with the source distribution of vaderSentiment 3.3.2 (Hutto & Gilbert 2014). Their text stays in
 * the cache; what is kept here are ids, labels and scores. Needs python3 with pip for the download, and a model.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheHome } from './cache-home.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const CLI = path.join(ROOT, 'dist', 'cli.mjs');
const TABLE = path.join(ROOT, 'docs', 'real-data', 'reviews.csv');
const FIXTURES = path.join(cacheHome(), 'fixtures');
const PACKAGE = 'vaderSentiment';
const VERSION = '3.3.2';
const SNIPPETS = 'hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt';
const ROWS = 2000;
const SEED = 20_140_601;

if (process.argv.includes('--score') || !existsSync(TABLE)) score();

/** Draws the sample, scores it and keeps the numbers. */
function score() {
  const folder = path.join(FIXTURES, 'reviews');
  mkdirSync(folder, { recursive: true });
  const texts = path.join(folder, 'texts.csv');
  const scored = path.join(folder, 'scored.csv');
  writeFileSync(texts, csv([['id', 'text', 'label'], ...sample(labelled(snippets()))]));
  cli(['score', texts, '--out', scored, '--force', '--classifier', 'sentiment', '--gpu', 'off']);
  mkdirSync(path.dirname(TABLE), { recursive: true });
  writeFileSync(TABLE, withoutColumns(readFileSync(scored, 'utf8'), ['text', 'score_error']));
  writeFileSync(`${TABLE}.meta.json`, readFileSync(`${scored}.meta.json`));
}

/** The snippets file: latin-1, one snippet a line, tab separated id, mean rating from −4 to 4, text. */
function snippets() {
  const folder = path.join(FIXTURES, 'vader');
  const archive = () => readdirSync(folder).find((name) => name.startsWith(PACKAGE) && name.endsWith('.tar.gz'));
  mkdirSync(folder, { recursive: true });
  if (archive() === undefined)
    run('python3', [
      ...['-m', 'pip', 'download', '--quiet', '--no-deps'],
      ...['--no-binary', ':all:', '--dest', folder, `${PACKAGE}==${VERSION}`],
    ]);
  const inner = `${PACKAGE}-${VERSION}/additional_resources/hutto_ICWSM_2014.tar.gz`;
  run('tar', ['-xzf', path.join(folder, archive()), '-C', folder, inner]);
  run('tar', ['-xzf', path.join(folder, inner), '-C', folder, SNIPPETS]);
  return readFileSync(path.join(folder, SNIPPETS), 'latin1').split(/\r?\n/u).filter(Boolean);
}

/** Positive: mean rating above .5; negative: below −.5; those between are dropped. */
function labelled(lines) {
  return lines.flatMap((line) => {
    const [id, rating, ...text] = line.split('\t');
    if (Math.abs(Number(rating)) <= 0.5) return [];
    return [[id, text.join(' '), Number(rating) > 0 ? 'positive' : 'negative']];
  });
}

/** The first rows of a seeded shuffle (Fisher & Yates), since the file is ordered. */
function sample(rows) {
  const random = seeded(SEED);
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  return rows.slice(0, ROWS);
}

/** Mulberry32. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function csv(rows) {
  return rows.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`).join('');
}

/** Drops columns of a CSV whose cells hold no line breaks. */
function withoutColumns(text, names) {
  const rows = text.trimEnd().split('\n').map(cells);
  const kept = rows[0].flatMap((name, column) => (names.includes(name) ? [] : [column]));
  return rows.map((row) => `${kept.map((column) => row[column]).join(',')}\n`).join('');
}

/** The cells of a line of CSV, as they are written. */
function cells(line) {
  return Array.from(line.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,]*)/gu), (match) => match[1]);
}

function cli(args) {
  return run(process.execPath, [CLI, ...args]);
}

function run(program, args) {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 });
}
