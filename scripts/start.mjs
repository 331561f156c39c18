/**
 * `npm start`: from a fresh clone to a first classification, then the extension in VS Code.
 *
 *   npm start [-- --headless]     --headless: stop after the classification
 *
 * Node built-ins only: it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fetchModel, TEST_MODEL } from './fetch-model.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST_NODE = [20, 19];
/** Its classifier names a calibrator for the model of the first run. */
const SAMPLE = path.join(root, 'sample');
const FIRST_TEXTS = ['I love this movie!', 'Best worst thing ever'];
const MORE_TEXTS = [
  'Even the popcorn was bored.',
  'Not bad at all.',
  'He has made worse. I cannot remember when.',
];
const WITH = ['--classifier', 'sentiment', '--model', TEST_MODEL.file];

/** Why the first run ended, for the person who started it. */
class StartError extends Error {}

const steps = [
  ['Node.js', checkNode],
  ['Dependencies', installDependencies],
  ['Build', build],
  ['Model', fetchTestModel],
  ['First classification', classify],
];

async function main() {
  const headless = readArguments();
  for (const [index, [name, step]] of steps.entries()) {
    console.log(`\n[${index + 1}/${steps.length}] ${name}`);
    await step();
  }
  if (!headless) openEditor();
}

function readArguments() {
  try {
    return parseArgs({ options: { headless: { type: 'boolean', default: false } } }).values.headless;
  } catch (error) {
    throw new StartError(`${error.message}\nUsage: npm start [-- --headless]`, { cause: error });
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const wanted = OLDEST_NODE.join('.');
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new StartError(`This is Node.js ${process.versions.node}; ${wanted} or newer is needed.`);
  }
  console.log(`${process.versions.node} (${wanted} or newer is needed)`);
}

function installDependencies() {
  if (isInstalled()) {
    console.log('node_modules is up to date.');
    return;
  }
  // npm is a .cmd on Windows, which Node only starts through a shell; the arguments are constants.
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund'],
    'npm ci failed; see above. Check the network and try again.',
    {
      shell: process.platform === 'win32',
    },
  );
}

/** npm writes node_modules/.package-lock.json at the end of an installation. */
function isInstalled() {
  const installed = statSync(path.join(root, 'node_modules', '.package-lock.json'), {
    throwIfNoEntry: false,
  });
  return (
    installed !== undefined && installed.mtimeMs >= statSync(path.join(root, 'package-lock.json')).mtimeMs
  );
}

function build() {
  run(process.execPath, ['esbuild.mjs'], 'The build failed; see above.');
  console.log('dist/ is built.');
}

async function fetchTestModel() {
  try {
    console.log(await fetchModel());
  } catch (error) {
    throw new StartError(error.message, { cause: error });
  }
  console.log(`Licence: Gemma Terms of Use, ${TEST_MODEL.licenceUrl}`);
}

function classify() {
  const args = ['classify', ...FIRST_TEXTS, ...WITH, '--top', '10'];
  const shown = args.map((argument) => (/[\s!]/u.test(argument) ? `'${argument}'` : argument)).join(' ');
  console.log(`In the folder sample: node ../dist/cli.mjs ${shown}\n`);
  const failure = 'The first classification failed; see above.';
  const options = { cwd: SAMPLE };
  run(process.execPath, ['../dist/cli.mjs', ...args], failure, options);
  const all = ['classify', ...FIRST_TEXTS, ...MORE_TEXTS, ...WITH, '--json'];
  const { stdout } = run(process.execPath, ['../dist/cli.mjs', ...all], failure, {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  const answer = JSON.parse(stdout);
  // The sample is the person's to change: its classifier may name no calibrator any more.
  if (answer.calibrator !== undefined) console.log(sideBySide(answer));
}

/** As the command line writes it: never rounded up to where a bucket begins, nor to 100%. */
function percent(confidence) {
  const tenths = Math.round(1000 * confidence);
  if (tenths >= 1000) return '> 99.9%';
  const reaches = [0.5, 0.7, 0.9].some((bound) => confidence < bound && tenths >= 1000 * bound);
  return `${((reaches ? tenths - 1 : tenths) / 10).toFixed(1)}%`;
}

/** Raw and calibrated, why they differ, and what to do next. */
function sideBySide({ results, calibrator }) {
  const answer = ({ label, confidence }) => `${label} ${percent(confidence)}`;
  const rows = [
    ['text', 'raw', 'calibrated'],
    ...results.map((result) => [result.text, answer(result), answer(result.calibrated)]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('   ')}`);
  const said = results.filter(({ label }) => label === results[0].label).length;
  return [
    '',
    ...lines.map((line) => line.trimEnd()),
    '',
    `Why they differ: this small model answers "${results[0].label}" to ${said} of these ${results.length} texts. ` +
      `The calibrator ${calibrator.file} has learned from labelled texts how often each of its answers is right.`,
    'It holds for texts like those. For others it has to be measured.',
    'Next: open the folder sample in VS Code, select a line of reviews.txt, and run "Classify Selection". ' +
      'Then run "Score CSV…" on sentences.csv, and see in the calibration panel how far the confidence holds there.',
  ].join('\n');
}

function openEditor() {
  const code = findCode();
  if (code !== undefined) {
    console.log('\nOpening VS Code with the extension and the sample folder.');
    const options = { stdio: 'inherit', shell: process.platform === 'win32' };
    const quote = (text) => (process.platform === 'win32' ? `"${text}"` : text);
    const args = [quote(`--extensionDevelopmentPath=${root}`), quote(SAMPLE)];
    if (spawnSync(quote(code), args, options).status === 0) return;
    console.log('VS Code did not start.');
  }
  console.log(
    [
      '',
      'To see the extension in VS Code, do one of the following:',
      '  - open this folder in VS Code and press F5;',
      "  - install VS Code's `code` command (Command Palette: Shell Command: Install 'code' command in PATH)",
      '    and run npm start again;',
      '  - npm run package, then "Extensions: Install from VSIX..." in VS Code.',
    ].join('\n'),
  );
}

/** The `code` command on PATH; undefined where there is none. */
function findCode() {
  const names = process.platform === 'win32' ? ['code.cmd'] : ['code'];
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => existsSync(file));
}

function run(file, args, failure, options = {}) {
  const result = spawnSync(file, args, { cwd: root, stdio: 'inherit', ...options });
  const { status, signal, error } = result;
  if (error) throw new StartError(`${failure} (${error.message})`, { cause: error });
  if (status !== 0) throw new StartError(`${failure} (${signal ?? `exit status ${status}`})`);
  return result;
}

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof StartError ? error.message : error.stack}`);
  process.exitCode = 1;
}
