/**
 * Runs the host tests in a real VS Code and writes their counts.
 *
 *   node test/host/run.mjs <result file> [--bench]
 *
 * Where VS Code can be downloaded, PROMPT_CONFIDENCE_TEST_VSCODE=download uses that one instead of the server.
 */
import { runTests } from '@vscode/test-electron';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const compiled = path.join(root, 'dist-test', 'host');
const [resultFile, flag] = process.argv.slice(2);
const download = process.env.PROMPT_CONFIDENCE_TEST_VSCODE === 'download';

/** test-electron always turns workspace trust off; the launcher gets this to turn it on again. */
const suites =
  flag === '--bench'
    ? [{ name: 'bench', args: [] }]
    : [
        { name: 'trusted', args: [] },
        { name: 'restricted', args: ['--enable-workspace-trust'] },
      ];

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const durations = [];
for (const suite of suites) {
  const restricted = path.join(compiled, 'restricted');
  if (suite.name === 'restricted' && !existsSync(restricted)) continue;
  if (suite.name === 'restricted' && download) {
    console.log('restricted: skipped, test-electron cannot start VS Code with workspace trust');
    total.skipped += readdirSync(restricted).length;
    continue;
  }
  const counts = await runSuite(suite);
  for (const key of Object.keys(total)) total[key] += counts[key];
  failures.push(...counts.failures);
  durations.push(...counts.durations);
}
const slowest = durations.sort((a, b) => b.seconds - a.seconds).slice(0, 40);
writeFileSync(resultFile, JSON.stringify({ ...total, failures, slowest }, null, 2));
process.exit(total.failed > 0 ? 1 : 0);

/** One start of VS Code on a fresh copy of the sample workspace, with fresh user data. */
async function runSuite({ name, args }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-host-'));
  const workspace = path.join(folder, 'sample');
  // Without its classifiers and calibrators: the tests bring their own, and begin with the built-in ones.
  const filter = (file) => path.basename(file) !== '.prompt-confidence';
  cpSync(path.join(root, 'sample'), workspace, { recursive: true, filter });
  const countsFile = path.join(folder, 'counts.json');
  const executable = download
    ? {}
    : { vscodeExecutablePath: process.execPath, launchArgs: [path.join(compiled, 'launcher.cjs')] };
  let failure;
  try {
    await runTests({
      ...executable,
      extensionDevelopmentPath: root,
      extensionTestsPath: path.join(compiled, 'index.cjs'),
      launchArgs: [
        ...(executable.launchArgs ?? []),
        workspace,
        `--user-data-dir=${path.join(folder, 'user-data')}`,
        ...args,
      ],
      extensionTestsEnv: {
        PROMPT_CONFIDENCE_ROOT: root,
        PROMPT_CONFIDENCE_HOST_SUITE: name,
        PROMPT_CONFIDENCE_HOST_RESULT: countsFile,
      },
    });
  } catch (error) {
    failure = error;
  }
  try {
    const counts = JSON.parse(readFileSync(countsFile, 'utf8'));
    if (failure === undefined || counts.failed > 0) return counts;
    const said = `${name}: the tests passed, but VS Code did not end well: ${failure.message}`;
    return { ...counts, failed: 1, failures: [said] };
  } catch {
    const said = `${name}: VS Code ended before the tests did; see test-results/host-workbench.log`;
    return { passed: 0, failed: 1, skipped: 0, failures: [said], durations: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
