/**
 * The one cache outside the checkout, shared by extension, command line, `npm start` and tests.
 * scripts/cache-home.mjs holds the same definition for the scripts that run before anything is built.
 */
import os from 'node:os';
import path from 'node:path';

/**
 * PROMPT_CONFIDENCE_HOME, else `prompt-confidence` in the platform's cache folder of this user.
 *
 * @internal
 */
export function cacheHome(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = os.homedir(),
): string {
  if (env.PROMPT_CONFIDENCE_HOME) return path.resolve(env.PROMPT_CONFIDENCE_HOME);
  return path.join(userCache(env, platform, home), 'prompt-confidence');
}

/**
 * A subfolder of the cache: models, copies of adapters, the trainer's environment and its runs, notes on running engines, states and logs of jobs, the VS Code of the tests, or test
 * data.
 */
export function cacheFolder(
  name: 'models' | 'adapters' | 'training' | 'engines' | 'jobs' | 'vscode-test' | 'fixtures',
  home = cacheHome(),
): string {
  return path.join(home, name);
}

function userCache(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  // An empty variable counts as unset, hence || and not ??.
  /* eslint-disable @typescript-eslint/prefer-nullish-coalescing */
  if (platform === 'win32') return env.LOCALAPPDATA || path.join(home, 'AppData', 'Local');
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches');
  return env.XDG_CACHE_HOME || path.join(home, '.cache');
  /* eslint-enable @typescript-eslint/prefer-nullish-coalescing */
}
