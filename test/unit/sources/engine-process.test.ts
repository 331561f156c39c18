import assert from 'node:assert/strict';
import { engineForkOptions } from '../../../src/sources/engine-process';

describe('the fork of the engine', () => {
  // The test host is plain Node, so a mistake here would show only in a real Electron.
  it('runs Electron as Node, with nothing of the parent that would break it', () => {
    const options = engineForkOptions(undefined, { NODE_OPTIONS: '--inspect', PATH: '/bin' });
    assert.equal(options.execPath, process.execPath);
    assert.deepEqual(options.execArgv, []);
    assert.deepEqual(options.env, { PATH: '/bin', ELECTRON_RUN_AS_NODE: '1' });
  });

  it('runs under another Node where the settings name one', () => {
    assert.equal(engineForkOptions('/opt/node', {}).execPath, '/opt/node');
  });

  it('does not change the environment that it was given', () => {
    const environment = { NODE_OPTIONS: '--inspect' };
    engineForkOptions(undefined, environment);
    assert.deepEqual(environment, { NODE_OPTIONS: '--inspect' });
  });
});
