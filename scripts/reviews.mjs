/**
 * Short texts rated by people, film reviews above all, which come with the source distribution of vaderSentiment 3.3.2
 * (Hutto & Gilbert 2014). They stay in the cache: they may not be redistributed. Needs python3 with pip for the download.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cacheHome } from './cache-home.mjs';

const FIXTURES = path.join(cacheHome(), 'fixtures');
const PACKAGE = 'vaderSentiment';
export const VERSION = '3.3.2';
const INNER = 'hutto_ICWSM_2014';
export const SEED = 20_140_601;

/** The origins of the texts, and their files: latin-1, one text a line, tab separated id, mean rating from −4 to 4, text. */
const FILES = {
  'film review': 'movieReviewSnippets',
  'product review': 'amazonReviewSnippets',
  tweet: 'tweets',
  newspaper: 'nytEditorialSnippets',
};
export const ORIGINS = Object.keys(FILES);

/** [id, text, label] of all reviews that are positive or negative, shuffled with the project's seed. */
export function reviews() {
  const rows = ratedTexts('film review').flatMap(([id, text, rating]) => {
    const label = feeling(rating);
    return label === 'neutral' ? [] : [[id, text, label]];
  });
  return shuffled(rows);
}

/** Positive: mean rating above .5; negative: below −.5. */
export function feeling(rating) {
  if (Math.abs(rating) <= 0.5) return 'neutral';
  return rating > 0 ? 'positive' : 'negative';
}

/** [id, text, mean rating] of all texts of an origin, in the order of its file. */
export function ratedTexts(origin) {
  const file = `${INNER}/${FILES[origin]}_GroundTruth.txt`;
  const folder = path.join(FIXTURES, 'vader');
  const archive = () =>
    readdirSync(folder).find((name) => name.startsWith(PACKAGE) && name.endsWith('.tar.gz'));
  mkdirSync(folder, { recursive: true });
  if (archive() === undefined)
    run('python3', [
      ...['-m', 'pip', 'download', '--quiet', '--no-deps'],
      ...['--no-binary', ':all:', '--dest', folder, `${PACKAGE}==${VERSION}`],
    ]);
  const inner = `${PACKAGE}-${VERSION}/additional_resources/${INNER}.tar.gz`;
  run('tar', ['-xzf', path.join(folder, archive()), '-C', folder, inner]);
  run('tar', ['-xzf', path.join(folder, inner), '-C', folder, file]);
  const lines = readFileSync(path.join(folder, file), 'latin1').split(/\r?\n/u).filter(Boolean);
  return lines.map((line) => {
    const [id, rating, ...text] = line.split('\t');
    return [id, text.join(' '), Number(rating)];
  });
}

/** Fisher and Yates's shuffle, seeded, in place. */
export function shuffled(rows) {
  const random = seeded(SEED);
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  return rows;
}

/** Mulberry32. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function run(command, args) {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}
