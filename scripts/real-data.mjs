/**
 * Real text rated by people, scored by the bundled classifier: the numbers behind docs/real-data.md.
 *
 *   node scripts/real-data.mjs           scores the reviews if docs/real-data/reviews.csv is not there, then reports
 *   node scripts/real-data.mjs --score   scores them again
 *
 * The reviews come with the source distribution of vaderSentiment 3.3.2 (Hutto & Gilbert 2014). Their text stays in
 * the cache; what is kept here are ids, labels and scores. Needs python3 with pip for the download, and a model.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheHome } from './cache-home.mjs';
import { calibrated, cli, crossFitted, crossFittedTable } from './cross-fitted.mjs';
import { reviews, SEED, shuffled, VERSION } from './reviews.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const TABLE = path.join(ROOT, 'docs', 'real-data', 'reviews.csv');
const FIXTURES = path.join(cacheHome(), 'fixtures');
const ROWS = 2000;
/** Share of the positive reviews in the sample of a rare label. */
const RARE = 0.1;

if (process.argv.includes('--score') || !existsSync(TABLE)) score();

writeFileSync(path.join(ROOT, 'docs', 'real-data.md'), report());

/** Draws the sample, scores it and keeps the numbers. */
function score() {
  const folder = path.join(FIXTURES, 'reviews');
  mkdirSync(folder, { recursive: true });
  const texts = path.join(folder, 'texts.csv');
  const scored = path.join(folder, 'scored.csv');
  writeFileSync(texts, csv([['id', 'text', 'label'], ...reviews().slice(0, ROWS)]));
  cli(['score', texts, '--out', scored, '--force', '--classifier', 'sentiment', '--gpu', 'off']);
  mkdirSync(path.dirname(TABLE), { recursive: true });
  writeFileSync(TABLE, withoutColumns(readFileSync(scored, 'utf8'), ['text', 'score_error']));
  writeFileSync(`${TABLE}.meta.json`, readFileSync(`${scored}.meta.json`));
}

function csv(rows) {
  return rows.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`).join('');
}

/** The page: everything on it is what the command line prints. */
function report() {
  const scratch = mkdtempSync(path.join(tmpdir(), 'real-data-'));
  try {
    const rare = path.join(scratch, 'rare.csv');
    writeFileSync(rare, rarePositives(readFileSync(TABLE, 'utf8')));
    copyFileSync(`${TABLE}.meta.json`, `${rare}.meta.json`);
    return page(results(TABLE, scratch), results(rare, scratch));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Every negative row, and so many positive ones, drawn with the seed, that they are one in ten. */
function rarePositives(text) {
  const [header, ...rows] = text.trimEnd().split('\n');
  const label = (row) => cells(row)[cells(header).indexOf('label')];
  const negative = rows.filter((row) => label(row) === 'negative');
  const positive = shuffled(rows.filter((row) => label(row) === 'positive'));
  const kept = positive.slice(0, Math.round((negative.length * RARE) / (1 - RARE)));
  return [header, ...negative, ...kept].map((row) => `${row}\n`).join('');
}

/** Raw, and every calibrator that the recommendation compares, cross-fitted; the prior taken out; and the recommendation. */
function results(table, scratch) {
  const found = crossFitted(table, scratch);
  const inTen = JSON.parse(cli(['evaluate', table, '--json', '--bins', '10']));
  const shares = found.raw.labelMetrics.perLabel
    .map(({ label, support }) => `${label}=${support / found.raw.n}`)
    .join(',');
  const withPrior = (which) => calibrated(table, scratch, 'prior-batch', '--shares', which);
  return {
    ...found,
    eceInTen: inTen.ece,
    methods: [
      ['prior-batch, uniform', withPrior('uniform')],
      ['prior-batch, true shares', withPrior(shares)],
      ...found.methods,
    ],
  };
}

function page(all, rare) {
  const share = (value) => `${(100 * value).toFixed(1)}%`;
  const [[, { after: batch }]] = all.methods;
  return `# Real data: the numbers on film reviews

Written by \`node scripts/real-data.mjs\`. ${all.raw.n.toLocaleString('en-US')} film-review snippets rated by people
(Hutto & Gilbert 2014, from the source distribution of vaderSentiment ${VERSION}; positive: mean rating above .5,
negative: below −.5; reviews in between are left out), drawn with seed ${SEED}. Seed and prompt were fixed before anything
was scored. The built-in classifier \`sentiment\` scored them (a base model of 270M parameters, four examples in the prompt)
on a CPU with 2 cores and 24 GiB. The [scores](real-data/reviews.csv) are here; the texts may not be redistributed.

Raw is the table as it is. Everything below it is **cross-fitted**: each row is calibrated by a fit that did not see
it. Intervals are 95%; those of ECE are approximate. "ECE if calibrated" is the mean ECE that a perfectly calibrated model
would show on the same confidences. Its p is the share of such models that would
show at least the ECE seen here. Brier and NLL are of the label distribution. Terms are in the [glossary](glossary.md).

## The sample

${shareOf(all.raw, 'positive', share)} of the reviews are positive; always answering the commoner label is correct in
${share(majority(all.raw))} of rows.

${crossFittedTable(all)}

${all.recommendation.reason}

This project began with 300 reviews, the same model and the same prompt. Their raw accuracy was .507 at a mean
confidence of .767, with an ECE in 10 bins of .271. Here it is ${cell(all.raw.accuracy)} at ${cell(all.raw.meanConfidence)}, with ${cell(all.eceInTen)}.
After removing the prior it was .863 at .620; here it is ${cell(batch.accuracy)} at ${cell(batch.meanConfidence)}.

## One in ten positive

All ${count(rare.raw, 'negative').toLocaleString('en-US')} negative reviews of the sample and ${count(rare.raw, 'positive')} of its positive ones. Always
answering "negative" is correct in ${share(majority(rare.raw))} of rows.

${crossFittedTable(rare)}

${rare.recommendation.reason}
`;
}

/** Three decimals, without the leading zero where that is all there is before the point. */
function cell({ value }) {
  return value.toFixed(3).replace(/^0/u, '');
}

function count({ labelMetrics }, label) {
  return labelMetrics.perLabel.find((entry) => entry.label === label).support;
}

function shareOf(evaluation, label, share) {
  return share(count(evaluation, label) / evaluation.n);
}

function majority({ n, labelMetrics }) {
  return Math.max(...labelMetrics.perLabel.map(({ support }) => support)) / n;
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
