import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder, cacheHome } from '../../../src/store/cache-home';
import { ROOT } from '../../support/paths';

describe('cacheHome', () => {
  it('is PROMPT_CONFIDENCE_HOME where set, else in the platform’s cache folder', () => {
    assert.equal(cacheHome({ PROMPT_CONFIDENCE_HOME: '/x/y' }, 'linux', '/home/me'), path.resolve('/x/y'));
    assert.equal(cacheHome({}, 'linux', '/home/me'), path.join('/home/me', '.cache', 'prompt-confidence'));
    assert.equal(cacheHome({ XDG_CACHE_HOME: '/c' }, 'linux', '/h'), path.join('/c', 'prompt-confidence'));
    assert.equal(
      cacheHome({ PROMPT_CONFIDENCE_HOME: '' }, 'darwin', '/Users/me'),
      path.join('/Users/me', 'Library', 'Caches', 'prompt-confidence'),
    );
    assert.equal(cacheFolder('models', '/c'), path.join('/c', 'models'));
  });

  it('is what the scripts use', async () => {
    // Not a literal, so that the bundler leaves it to Node.
    const script = pathToFileURL(path.join(ROOT, 'scripts', 'cache-home.mjs')).href;
    const scripts = (await import(script)) as { cacheHome: typeof cacheHome };
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      for (const env of [
        {},
        { PROMPT_CONFIDENCE_HOME: '/p' },
        { XDG_CACHE_HOME: '/c', LOCALAPPDATA: '/l' },
      ]) {
        assert.equal(scripts.cacheHome(env, platform, '/h'), cacheHome(env, platform, '/h'));
      }
    }
  });
});
