/**
 * What fine-tuning is worth: the figures of docs/fine-tuning.md, all of them what the command line prints.
 *
 *   node scripts/fine-tuning.mjs                            every run, about two hours on two cores
 *   node scripts/fine-tuning.mjs --only practice,reviews    some of them
 *   node scripts/fine-tuning.mjs --rows 200                 on fewer rows, to see that it works: nothing is published
 *
 * A run on all rows leaves its numbers in docs/fine-tuning, so that another machine goes on with the next one; a run that is
 * to be done again is deleted there first. What is interrupted resumes from fixtures/fine-tuning of the cache. The document
 * is written once every run is there.
 */
import { parse } from 'csv-parse/sync';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { cacheHome } from './cache-home.mjs';
import { CHAT_MODEL, fetchModel } from './fetch-model.mjs';
import { setUpTraining } from './peers.mjs';
import { reviews } from './reviews.mjs';
import { say } from './setup.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');
const CLI = path.join(ROOT, 'dist', 'cli.mjs');
const DOCUMENT = path.join(ROOT, 'docs', 'fine-tuning.md');
const REVIEWS = 1000;
const THRESHOLD = 0.9;

/** Base models get the built-in classifier with its examples; it is tuned without them. */
const RUNS = {
  practice: { title: 'The practice set', rows: practice, model: 'base', loss: 'label', slice: 'kind' },
  reviews: { title: '1,000 film reviews', rows: filmReviews, model: 'base', loss: 'label' },
  'reviews-confidence-aware': {
    title: 'The same reviews, taught when to be unsure',
    ...{ rows: filmReviews, model: 'base', loss: 'confidence-aware' },
  },
  'reviews-chat': {
    title: 'The same reviews with a model that has a chat template',
    ...{ rows: filmReviews, model: 'chat', loss: 'label' },
  },
};

const { values } = parseArgs({ options: { only: { type: 'string' }, rows: { type: 'string' } } });
const chosen = values.only?.split(',') ?? Object.keys(RUNS);
const limit = values.rows === undefined ? undefined : Number(values.rows);
const home = path.join(cacheHome(), 'fixtures', limit === undefined ? 'fine-tuning' : `fine-tuning-${limit}`);

const python = await setUpTraining();
const models = {
  base: await fetchModel(),
  chat: await fetchModel({ folder: path.join(cacheHome(), 'test-models'), model: CHAT_MODEL }),
};
for (const name of chosen) {
  if (RUNS[name] === undefined)
    throw new Error(`unknown: ${name}; there are ${Object.keys(RUNS).join(', ')}`);
  process.stdout.write(`${section(name, result(name))}\n`);
}
const isWhole = limit === undefined && Object.keys(RUNS).every((name) => existsSync(resultFile(name)));
if (isWhole) publish();
else say('the document is left as it is: not every run was done on all rows');

function resultFile(name) {
  return limit === undefined
    ? path.join(ROOT, 'docs', 'fine-tuning', `${name}.json`)
    : path.join(home, name, 'result.json');
}

/** What a run gave, done now unless it is there. */
function result(name) {
  const file = resultFile(name);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const { rows, model, loss, slice } = RUNS[name];
  const folder = path.join(home, name);
  const adapters = path.join(folder, '.prompt-confidence', 'adapters');
  mkdirSync(adapters, { recursive: true });
  const table = path.join(folder, 'labelled.csv');
  if (!existsSync(table))
    writeFileSync(
      table,
      rows(folder)
        .slice(0, limit && limit + 1)
        .join(''),
    );
  const began = Date.now();
  const tuned = JSON.parse(
    cli(folder, [
      ...['tune', table, '--classifier', 'sentiment', '--without-examples', '--loss', loss, '--force'],
      ...['--out', path.join(adapters, `${name}.gguf`), '--model', models[model], '--gpu', 'off'],
      ...['--python', python, '--json'],
    ]),
  );
  const { base, tuned: own } = tuned.tables;
  const compared = JSON.parse(
    cli(folder, [
      ...['compare', base, own, '--names', 'base,tuned', '--threshold', String(THRESHOLD), '--json'],
      ...(slice === undefined ? [] : ['--slice', slice]),
    ]),
  );
  const dropout = JSON.parse(
    cli(folder, ['evaluate', tuned.dropoutTable, '--scores', 'mc-dropout', '--json']),
  );
  const found = {
    seconds: Math.round((Date.now() - began) / 1000),
    proof: tuned.tuning.proof,
    curve: tuned.tuning.curve,
    settings: tuned.tuning.settings,
    stages: compared.stages.map(({ stage, runs }) => ({
      stage,
      runs: runs.map(({ evaluation: { ece, mce, auroc }, high: { rows, accuracy, errors } }) => ({
        evaluation: { ece, mce, auroc },
        high: { rows, accuracy, errors },
      })),
    })),
    slices: compared.slices.map(({ column, slices }) => ({
      column,
      slices: slices.map(({ name, rows, runs }) => ({
        ...{ name, rows },
        runs: runs.map(({ evaluation: { accuracy, meanConfidence } }) => ({
          evaluation: { accuracy, meanConfidence },
        })),
      })),
    })),
    small: slice === undefined ? [] : smallSlices(slice, compared.slices, [base, own]),
    dropoutAuroc: dropout.auroc,
  };
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, `${JSON.stringify(found, null, 1)}\n`);
  renameSync(`${file}.tmp`, file);
  return found;
}

/** Slices of too few rows for intervals: plain means over the rows that are held out. */
function smallSlices(column, shown, tables) {
  const known = new Set(shown.flatMap(({ slices }) => slices.map(({ name }) => name)));
  const held = tables.map((table) =>
    parse(readFileSync(table), { columns: true }).filter((row) => row.split === 'test'),
  );
  const names = new Set(held[0].map((row) => row[column]).filter((name) => !known.has(name)));
  return [...names].map((name) => {
    const runs = held.map((rows) => rows.filter((row) => row[column] === name));
    const mean = (rows, of) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
    return {
      name,
      rows: runs[0].length,
      runs: runs.map((rows) => ({
        accuracy: mean(rows, (row) => Number(row.predicted === row.label)),
        meanConfidence: mean(rows, (row) => Number(row.confidence)),
      })),
    };
  });
}

function cli(cwd, args) {
  return execFileSync(process.execPath, [CLI, ...args], {
    ...{ cwd, encoding: 'utf8', maxBuffer: 1 << 28 },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Lines of the table, with its header. */
function practice(folder) {
  const file = path.join(folder, 'practice.csv');
  cli(folder, ['practice-set', '--out', file, '--force']);
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => `${line}\n`);
}

function filmReviews() {
  const rows = [['id', 'text', 'label'], ...reviews().slice(0, REVIEWS)];
  return rows.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`);
}

function section(name, { seconds, proof, stages, slices, small, dropoutAuroc }) {
  const { title } = RUNS[name];
  const advice = proof.results[proof.chosen];
  return [
    `### ${title}`,
    `${proof.rows} rows are held out. Preparing, training and scoring took ${Math.round(seconds / 60)} minutes. Recommended: ${nameOf(advice)}.`,
    markdown(
      ['', 'accuracy', 'mean confidence', 'NLL', 'ECE', 'ECE if calibrated'],
      proof.results.map((each) => [
        nameOf(each),
        ...[each.accuracy, each.meanConfidence, each.nll, each.ece].map(withInterval),
        number(each.eceNull),
      ]),
    ),
    `At a confidence of ${THRESHOLD} or above, and after calibrators that were fitted on the validation rows:`,
    markdown(
      ['', '', 'ECE', 'MCE', 'predictions', 'accuracy of those', 'errors'],
      stages.flatMap(({ stage, runs }) =>
        runs.map(({ evaluation, high }, at) => [
          stage,
          at === 0 ? 'base' : 'tuned',
          withInterval(evaluation.ece),
          withInterval(evaluation.mce),
          String(high.rows),
          withInterval(high.accuracy),
          String(high.errors),
        ]),
      ),
    ),
    ...slices.map(({ column, slices: parts }) =>
      markdown(
        [
          column,
          'rows',
          'accuracy, base',
          'mean confidence, base',
          'accuracy, tuned',
          'mean confidence, tuned',
        ],
        [
          ...parts.map(({ name: part, rows, runs }) => [
            part,
            String(rows),
            ...runs.flatMap(({ evaluation }) => [
              withInterval(evaluation.accuracy),
              withInterval(evaluation.meanConfidence),
            ]),
          ]),
          ...small.map(({ name: part, rows, runs }) => [
            part,
            String(rows),
            ...runs.flatMap(({ accuracy, meanConfidence }) => [number(accuracy), number(meanConfidence)]),
          ]),
        ],
      ),
    ),
    `AUROC of the confidence against being right: ${withInterval(stages[0].runs[1].evaluation.auroc)} of the tuned model, ${withInterval(dropoutAuroc)} of the mean of ten passes with dropout.`,
  ].join('\n\n');
}

function nameOf({ model, calibrator }) {
  return calibrator === null ? model : `${model}, ${calibrator}`;
}

function number(value) {
  return value === null || value === undefined ? '–' : value.toFixed(3);
}

function withInterval({ value, low, high }) {
  return low === null ? number(value) : `${number(value)} (${number(low)} – ${number(high)})`;
}

function markdown(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Replaces the last part of the document. */
function publish() {
  const heading = '## Figures';
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before] = text.split(`\n${heading}\n`);
  const about = `Written by \`node scripts/fine-tuning.mjs\` on a CPU with ${os.availableParallelism()} cores and ${Math.round(os.totalmem() / 2 ** 30)} GiB. "base" is the classifier as it is, with its four examples; the tuned model is asked without them. Intervals are 95%. The minutes include what else the machine did.`;
  const parts = Object.keys(RUNS).map((name) => section(name, result(name)));
  writeFileSync(DOCUMENT, `${[before.trimEnd(), heading, about, ...parts].join('\n\n')}\n`);
  say(`${path.relative(ROOT, DOCUMENT)} is written`);
}
