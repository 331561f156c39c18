/**
 * What is taken from the real VS Code and committed: `npm run tour` makes the README's pictures of the calibration
 * panel; `node scripts/tour.mjs walkthrough` the pictures of the walkthrough; `node scripts/tour.mjs themes` the
 * colours that the tests of the pages are run in.
 *
 *   node scripts/tour.mjs [readme|walkthrough|themes] [folder]
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fetchModel } from './fetch-model.mjs';
import { setUpChromium, setUpVSCodeServer } from './setup.mjs';
import { makeTestHome } from '../test/support/test-home.mjs';

/** Where each tour puts what it brings home. */
const FOLDERS = {
  readme: 'docs/images',
  walkthrough: 'media/walkthrough',
  themes: 'test/fixtures/themes',
};

const root = path.resolve(import.meta.dirname, '..');
const [name = 'readme', folder = FOLDERS[name]] = process.argv.slice(2);
if (!Object.hasOwn(FOLDERS, name)) throw new Error(`no tour "${name}": ${Object.keys(FOLDERS).join(', ')}`);
// Pictures show the same models on every machine.
const { home, model } = await makeTestHome(root, await fetchModel());
const env = {
  ...process.env,
  PROMPT_CONFIDENCE_HOME: home,
  PROMPT_CONFIDENCE_TEST_MODEL: model,
  PROMPT_CONFIDENCE_ROOT: root,
  PROMPT_CONFIDENCE_CHROMIUM: await setUpChromium(),
  PROMPT_CONFIDENCE_VSCODE_SERVER: (await setUpVSCodeServer()).folder,
  PROMPT_CONFIDENCE_TOUR: path.resolve(root, folder),
};
for (const args of [['esbuild.mjs', '--tests'], [`dist-test/tour/${name}.tour.cjs`]]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
