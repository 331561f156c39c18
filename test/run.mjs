/**
 * `npm test`: every check of the project from a fresh clone, set-up included; `npm run test:long`: what takes too
 * long for that.
 * Ends with one line `N passed, N failed` (`, N skipped` where some could not run).
 *
 *   node test/run.mjs [--long] [--only stage,stage]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CHAT_MODEL, fetchModel } from '../scripts/fetch-model.mjs';
import { cacheHome } from '../scripts/cache-home.mjs';
import { findEncoders, setUpEncoders } from '../scripts/encoders.mjs';
import { findTraining, setUpLlamaCppPython, setUpNginx, setUpTraining } from '../scripts/peers.mjs';
import { Unavailable, setUpChromium, setUpSoftwareGpu, setUpVSCodeServer } from '../scripts/setup.mjs';
import { makeTestHome } from './support/test-home.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { long: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const results = path.join(root, 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const npx = (name, ...args) => [process.execPath, [path.join(root, 'node_modules', name), ...args]];
/** @param timeout of one test, in ms: for what hangs; machines are slow, and no test measures time with it */
/** @param part "1/2" for the first half of the test files; all of them without it */
const mocha = (suite, { timeout, part, needs = [], first = [], variables = {} }) => ({
  name: part === undefined ? suite : `${suite} ${part}`,
  counts: true,
  needs,
  variables,
  commands: [
    ...first,
    [
      process.execPath,
      [
        'test/support/mocha-run.mjs',
        suite,
        resultFile(part === undefined ? suite : `${suite} ${part}`),
        '--timeout',
        String(timeout),
        ...(part === undefined ? [] : ['--part', part]),
      ],
    ],
  ],
});
const check = (name, ...commands) => ({ name, needs: [], commands });

/** What set-up provides: how, and the variable by which the tests find it. */
const PROVIDED = {
  chromium: { variable: 'PROMPT_CONFIDENCE_CHROMIUM', provide: setUpChromium },
  llamaCppPython: { variable: 'PROMPT_CONFIDENCE_LLAMA_CPP_PYTHON', provide: setUpLlamaCppPython },
  nginx: { variable: 'PROMPT_CONFIDENCE_NGINX', provide: setUpNginx },
  /** Not among the person's models: they did not ask for it. */
  chatModel: {
    variable: 'PROMPT_CONFIDENCE_CHAT_MODEL',
    provide: () => fetchModel({ folder: path.join(cacheHome(), 'test-models'), model: CHAT_MODEL }),
  },
  model: { variable: 'PROMPT_CONFIDENCE_TEST_MODEL', provide: () => fetchModel() },
  softwareGpu: { variable: 'PROMPT_CONFIDENCE_VULKAN_DRIVER', provide: setUpSoftwareGpu },
  training: {
    variable: 'PROMPT_CONFIDENCE_TRAINING_PYTHON',
    provide: values.long ? setUpTraining : findTraining,
  },
  encoders: {
    variable: 'PROMPT_CONFIDENCE_ENCODERS',
    provide: values.long ? setUpEncoders : findEncoders,
  },
  server: {
    variable: 'PROMPT_CONFIDENCE_VSCODE_SERVER',
    provide: async () => (await setUpVSCodeServer()).folder,
  },
};
const downloadsVSCode = process.env.PROMPT_CONFIDENCE_TEST_VSCODE === 'download';

/**
 * In order; a stage with `counts` reports its own numbers, any other counts as one test. The stages of a list run two at
 * a time, as they come: stages that keep about one core busy, and none that drives processes against each other in real
 * time.
 */
const usual = [
  check('build', [process.execPath, ['esbuild.mjs', '--tests']]),
  [
    {
      name: 'host',
      counts: true,
      needs: downloadsVSCode ? ['model'] : ['chromium', 'server', 'model'],
      commands: [[process.execPath, ['test/host/run.mjs', resultFile('host')]]],
    },
    mocha('webview', { timeout: 180_000, needs: ['chromium'] }),
    mocha('unit', { timeout: 120_000, part: '1/2' }),
    mocha('unit', { timeout: 120_000, part: '2/2' }),
    check('lint', ['npm', ['run', '--silent', 'lint']]),
    mocha('training', { timeout: 300_000, needs: ['training'] }),
    check(
      'types',
      ...['core', 'json', 'page'].map((name) =>
        npx('typescript/bin/tsc', '-p', name === 'json' ? 'tsconfig.json' : `tsconfig.${name}.json`),
      ),
    ),
  ],
  mocha('engine', { timeout: 300_000, needs: ['model', 'chatModel'] }),
  mocha('encoder', { timeout: 120_000 }),
  mocha('encoder-real', { timeout: 120_000, needs: ['encoders'] }),
  mocha('e2e', { timeout: 300_000, needs: ['chromium', 'server', 'model'] }),
  mocha('packaged', {
    timeout: 240_000,
    needs: ['model'],
    first: [[process.execPath, ['scripts/package.mjs']]],
  }),
];

const long = [
  check('build', [process.execPath, ['esbuild.mjs', '--tests']]),
  mocha('long', { timeout: 1_800_000, needs: ['model', 'softwareGpu', 'chromium', 'server'] }),
  mocha('webview', {
    timeout: 180_000,
    needs: ['chromium'],
    variables: { PROMPT_CONFIDENCE_ALL_THEMES: '1' },
  }),
  mocha('encoder-real', {
    timeout: 600_000,
    needs: ['encoders'],
    variables: { PROMPT_CONFIDENCE_ALL_ENCODERS: '1' },
  }),
  mocha('training', { timeout: 300_000, needs: ['training'] }),
  mocha('training-long', { timeout: 3_600_000, needs: ['training', 'model', 'chatModel'] }),
  mocha('peers', { timeout: 300_000, needs: ['model', 'llamaCppPython', 'nginx'] }),
];
const stages = values.long ? long : usual;

function resultFile(suite) {
  return path.join(results, `${suite.replace('/', '-of-')}.json`);
}

const only = values.only?.split(',');
const isChosen = ({ name }) => only === undefined || only.includes(name.split(' ')[0]);
/** Every step as its stages: one of them has the machine to itself. */
const steps = stages
  .map((entry) => (Array.isArray(entry) ? entry : [entry]).filter(isChosen))
  .filter((step) => step.length > 0);
const total = { passed: 0, failed: 0, skipped: 0 };
/** What failed, a line each, so that the end of the output says it. */
const failures = [];
const env = { ...process.env, PROMPT_CONFIDENCE_ROOT: root };

/** What could not be provided, and why: the stages that need it are skipped. */
const missing = new Map();
await stage('setup', async (say) => {
  let ok = true;
  for (const need of new Set(steps.flat().flatMap((entry) => entry.needs))) {
    const { variable, provide } = PROVIDED[need];
    try {
      env[variable] = await provide();
    } catch (error) {
      missing.set(need, error.message);
      say(`${error.message}\n`);
      // Lacking something that only its owner can install is no failure; failing to install it is.
      if (!(error instanceof Unavailable)) ok = false;
    }
  }
  const { home, model } = await makeTestHome(root, env[PROVIDED.model.variable]);
  env.PROMPT_CONFIDENCE_HOME = home;
  if (model !== undefined) env[PROVIDED.model.variable] = model;
  total[ok ? 'passed' : 'failed']++;
  if (!ok) failures.push('setup: not everything could be installed');
  return ok;
});

for (const step of steps) {
  const isAlone = step.length === 1;
  if (!isAlone) process.stdout.write(`\n== ${step.map(({ name }) => name).join(', ')}, two at a time\n`);
  const waiting = [...step];
  const oks = await Promise.all([runAll(waiting, isAlone), runAll(waiting, isAlone)]);
  // Without a build nothing else can run.
  if (oks.includes(false) && step[0].name === 'build') break;
}

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
if (failures.length > 0) process.stdout.write(`\nfailed:\n${failures.map((line) => `- ${line}\n`).join('')}`);
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Runs what is waiting, one after another; whether all of it went well. */
async function runAll(waiting, isAlone) {
  let allOk = true;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { name, needs, commands, counts, variables = {} } = next;
    const lacking = needs.find((need) => missing.has(need));
    if (lacking !== undefined) {
      process.stdout.write(`\n== ${name} skipped: ${missing.get(lacking)}\n`);
      total.skipped++;
      continue;
    }
    const ok = await stage(
      name,
      (say) => runCommands(commands, variables, isAlone ? undefined : say),
      isAlone,
    );
    const counted = counts ? readCounts(name) : { passed: ok ? 1 : 0, failed: 0, skipped: 0, failures: [] };
    // What failed without a failing test (or with no test at all) is a failure of its own.
    if (!ok && counted.failed === 0) {
      counted.failed = 1;
      counted.failures.push('it ended with an error');
    }
    failures.push(...counted.failures.map((failure) => `${name}: ${failure}`));
    for (const key of Object.keys(total)) total[key] += counted[key];
    allOk &&= ok;
  }
  return allOk;
}

/** Announces a stage, runs it and tells how it went: as it goes, or all of it at its end where it is not alone. */
async function stage(name, run, isAlone = true) {
  let held = '';
  const say = (text) => {
    if (isAlone) process.stdout.write(text);
    else held += text;
  };
  const started = Date.now();
  say(`\n== ${name}\n`);
  const ok = await run(say);
  const seconds = Math.round((Date.now() - started) / 1000);
  say(`== ${name} ${ok ? 'ok' : 'FAILED'} in ${seconds} s\n`);
  process.stdout.write(held);
  return ok;
}

/** @param say takes what the commands print; without it they print onto the terminal themselves */
async function runCommands(commands, variables, say) {
  for (const [file, args] of commands) {
    const output = say === undefined ? 'inherit' : 'pipe';
    const child = spawn(file, args, {
      cwd: root,
      stdio: ['inherit', output, output],
      env: { ...env, ...variables },
    });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', say);
    const [code] = await once(child, 'close');
    if (code !== 0) return false;
  }
  return true;
}

function readCounts(name) {
  try {
    return JSON.parse(readFileSync(resultFile(name), 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0, failures: [] };
  }
}
