/**
 * `npm test`: every check of the project from a fresh clone, set-up included.
 * Ends with one line `N passed, N failed` (`, N skipped` where some could not run).
 *
 *   node test/run.mjs [--long] [--only stage,stage]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { long: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const results = path.join(root, 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const npx = (name, ...args) => [process.execPath, [path.join(root, 'node_modules', name), ...args]];
const mocha = (suite, timeout = 20_000) => ({
  name: suite,
  counts: true,
  command: [
    process.execPath,
    ['test/support/mocha-run.mjs', suite, resultFile(suite), '--timeout', String(timeout)],
  ],
});
const check = (name, ...commands) => ({ name, commands });

/** In order; a stage with `counts` reports its own numbers, any other counts as one test. */
const stages = [
  check(
    'lint',
    npx('eslint/bin/eslint.js', '.'),
    npx('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  ),
  check(
    'types',
    ...['core', 'json', 'page'].map((name) =>
      npx('typescript/bin/tsc', '-p', name === 'json' ? 'tsconfig.json' : `tsconfig.${name}.json`),
    ),
  ),
  check('build', [process.execPath, ['esbuild.mjs', '--tests']]),
  mocha('unit'),
];

function resultFile(suite) {
  return path.join(results, `${suite}.json`);
}

const total = { passed: 0, failed: 0, skipped: 0 };
const only = values.only?.split(',');
for (const stage of stages) {
  if (only !== undefined && !only.includes(stage.name)) continue;
  const started = Date.now();
  process.stdout.write(`\n== ${stage.name}\n`);
  const ok = (stage.commands ?? [stage.command]).every(
    ([file, args]) =>
      spawnSync(file, args, {
        cwd: root,
        stdio: 'inherit',
        env: { ...process.env, PROMPT_CONFIDENCE_ROOT: root },
      }).status === 0,
  );
  const counts = stage.counts ? readCounts(stage.name) : undefined;
  total.passed += counts?.passed ?? (ok ? 1 : 0);
  total.failed += counts?.failed ?? (ok ? 0 : 1);
  total.skipped += counts?.skipped ?? 0;
  // A suite that died without a failing test (or with none at all) is a failure of its own.
  if (!ok && counts !== undefined && counts.failed === 0) total.failed++;
  process.stdout.write(
    `== ${stage.name} ${ok ? 'ok' : 'FAILED'} in ${Math.round((Date.now() - started) / 1000)} s\n`,
  );
  if (!ok && stage.name === 'build') break;
}

function readCounts(name) {
  try {
    return JSON.parse(readFileSync(resultFile(name), 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
