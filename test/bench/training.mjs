/**
 * `npm run bench:training`: the trainer beside plain peft with transformers' Trainer, on 1,000 film reviews: the same
 * batch, threads, dtype, rows and logits, no evaluation, no checkpoint. They take turns, each time in a new process.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fetchModel } from '../../scripts/fetch-model.mjs';
import { setUpTraining } from '../../scripts/peers.mjs';
import { reviews } from '../../scripts/reviews.mjs';
import { makeTestHome } from '../support/test-home.mjs';

const ROWS = 1000;
const ROUNDS = 3;
const STEPS = 6;

const root = path.resolve(import.meta.dirname, '../..');
const python = await setUpTraining();
const { home, model } = await makeTestHome(root, await fetchModel());
const table = path.join(home, 'reviews.csv');
writeFileSync(
  table,
  [['id', 'text', 'label'], ...reviews().slice(0, ROWS)]
    .map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`)
    .join(''),
);
// A run that was begun and paused: an estimate keeps no rows.
const tuning = spawn(
  process.execPath,
  [
    ...[path.join(root, 'dist', 'cli.mjs'), 'tune', table, '--classifier', 'sentiment', '--without-examples'],
    ...['--model', model, '--gpu', 'off', '--python', python, '--out', path.join(home, 'bench.gguf')],
  ],
  {
    env: { ...process.env, PROMPT_CONFIDENCE_HOME: home },
    stdio: ['ignore', 'inherit', 'pipe'],
  },
);
tuning.stderr.on('data', (said) => {
  process.stderr.write(said);
  if (String(said).includes('epoch')) tuning.kill('SIGINT');
});
await once(tuning, 'exit');
const runs = path.join(home, 'training', 'runs');
const input = path.join(runs, readdirSync(runs)[0], 'input.jsonl');

const found = { ours: [], plain: [] };
for (let round = 0; round < ROUNDS; round++)
  for (const name of Object.keys(found)) {
    const said = execFileSync(
      python,
      [path.join(root, 'test', 'bench', 'training_contender.py'), name, input, String(STEPS)],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, PYTHONPATH: path.join(root, 'training'), HF_HUB_OFFLINE: '1' },
      },
    );
    found[name].push(JSON.parse(said.trim().split('\n').at(-1)));
  }

const median = (values) => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
console.log(
  `${os.availableParallelism()} cores, load ${os.loadavg()[0].toFixed(1)}, ${ROUNDS} rounds of ${STEPS} steps`,
);
for (const [name, all] of Object.entries(found)) {
  const seconds = all.map(({ secondsPerHundred }) => secondsPerHundred);
  const memory = median(all.map(({ peakBytes }) => peakBytes)) / 1e9;
  console.log(
    `${name}: ${median(seconds).toFixed(1)} s for 100 examples (${seconds.map((value) => value.toFixed(1)).join(', ')}), ${memory.toFixed(1)} GB`,
  );
}
const ratios = found.plain.map((plain, at) => plain.secondsPerHundred / found.ours[at].secondsPerHundred);
console.log(`plain / ours, median of the rounds: ${median(ratios).toFixed(2)} (goal 1 or more)`);
const rest = 1 - median(found.ours.map(({ share }) => share));
console.log(`ours, neither forward nor backward pass: ${(100 * rest).toFixed(1)}% (goal below 10%)`);
