/**
 * `npm run tour`: makes the README's pictures of the calibration panel in the real VS Code.
 *
 *   node scripts/tour.mjs [folder]        docs/images where none is given
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setUpChromium, setUpVSCodeServer } from './setup.mjs';

const root = path.resolve(import.meta.dirname, '..');
const env = {
  ...process.env,
  PROMPT_CONFIDENCE_ROOT: root,
  PROMPT_CONFIDENCE_CHROMIUM: await setUpChromium(),
  PROMPT_CONFIDENCE_VSCODE_SERVER: (await setUpVSCodeServer()).folder,
  PROMPT_CONFIDENCE_TOUR: path.resolve(process.argv[2] ?? path.join(root, 'docs', 'images')),
};
for (const args of [['esbuild.mjs', '--tests'], ['dist-test/tour/readme.tour.cjs']]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
