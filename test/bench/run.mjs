/**
 * `npm run bench`: the figures of docs/performance.md in one run. Absolute numbers belong to the machine; the ratios do not.
 *
 *   npm run bench [-- --peers]    # --peers: also beside programs that others wrote, built and installed first
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fetchModel } from '../../scripts/fetch-model.mjs';
import { setUpChromium, setUpVSCodeServer } from '../../scripts/setup.mjs';
import { makeTestHome } from '../support/test-home.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const results = path.join(root, 'test-results');
mkdirSync(results, { recursive: true });

const { home, model } = await makeTestHome(root, await fetchModel());
const env = {
  ...process.env,
  PROMPT_CONFIDENCE_ROOT: root,
  PROMPT_CONFIDENCE_HOME: home,
  PROMPT_CONFIDENCE_TEST_MODEL: model,
};
const run = (args, more = {}) => {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, ...more },
  });
  if (status !== 0) process.exitCode = 1;
};

console.log(
  `${os.availableParallelism()} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
);
run(['esbuild.mjs', '--tests']);
run(['dist-test/bench/inference.bench.cjs', ...process.argv.slice(2).filter((flag) => flag === '--peers')]);
run(['dist-test/bench/rows.bench.cjs']);
run(['dist-test/bench/labels.bench.cjs']);
const vscode = {
  PROMPT_CONFIDENCE_CHROMIUM: await setUpChromium(),
  PROMPT_CONFIDENCE_VSCODE_SERVER: (await setUpVSCodeServer()).folder,
};
run(['dist-test/bench/panel.bench.cjs'], vscode);
run(['test/host/run.mjs', path.join(results, 'bench-host.json'), '--bench'], vscode);
