/**
 * A cache for tests and benchmarks: its list of models holds the test's model alone, whatever models the person's own list
 * has. What set-up installed is shared with the person's cache, and the model is the same file on the disk.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { cacheHome } from '../../scripts/cache-home.mjs';
import { fetchModel, TEST_MODEL } from '../../scripts/fetch-model.mjs';

/** Folders of the cache that set-up writes. */
const SHARED = ['fixtures', 'logs', 'peers', 'vscode-test'];

/**
 * Makes it anew, one for each checkout, and removes it when this process ends.
 *
 * @param model path of the test's model; without it the list is empty
 * @returns the folder for PROMPT_CONFIDENCE_HOME, and the path of the model in it
 */
export async function makeTestHome(root, model, own = cacheHome()) {
  const checkout = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const home = path.join(own, 'test-homes', checkout);
  const remove = () => rmSync(home, { recursive: true, force: true });
  remove();
  process.on('exit', remove);
  const models = path.join(home, 'models');
  mkdirSync(models, { recursive: true });
  for (const name of SHARED) {
    mkdirSync(path.join(own, name), { recursive: true });
    symlinkSync(path.join(own, name), path.join(home, name), 'junction');
  }
  if (model === undefined) return { home, model };
  const copy = path.join(models, TEST_MODEL.file);
  try {
    linkSync(model, copy);
  } catch {
    // The cache's folder of models may be a link onto another disk.
    copyFileSync(model, copy);
  }
  // Finds it, and remembers its hash.
  return { home, model: await fetchModel({ folder: models }) };
}
