/**
 * The one cache outside the checkout: models, the VS Code of the tests, fixtures.
 * src/store has the same definition in TypeScript; a unit test may compare them.
 */
import os from 'node:os';
import path from 'node:path';

/** PROMPT_CONFIDENCE_HOME, else `prompt-confidence` in the platform's cache folder of this user. */
export function cacheHome(env = process.env, platform = process.platform, home = os.homedir()) {
  if (env.PROMPT_CONFIDENCE_HOME) return path.resolve(env.PROMPT_CONFIDENCE_HOME);
  return path.join(userCache(env, platform, home), 'prompt-confidence');
}

function userCache(env, platform, home) {
  if (platform === 'win32') return env.LOCALAPPDATA || path.join(home, 'AppData', 'Local');
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches');
  return env.XDG_CACHE_HOME || path.join(home, '.cache');
}
