import assert from 'node:assert/strict';
import path from 'node:path';
import * as z from 'zod';
import { SCRATCH_VARIABLE } from '../../../src/protocol/child';
import { EngineClient } from '../../../src/sources/engine-client';
import { childForkOptions } from '../../../src/sources/model-process';
import { ROOT } from '../../support/paths';

const CANARY = 'canary-4f1d';

/** Where people and programs keep secrets, and what would change the process itself. */
const NOT_FOR_THE_ENGINE = [
  'ANTHROPIC_API_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AZURE_CLIENT_SECRET',
  'CUDA_LICENSE_KEY',
  'DATABASE_URL',
  'DYLD_INSERT_LIBRARIES',
  'GH_TOKEN',
  'GITHUB_TOKEN',
  'HF_TOKEN',
  'HTTPS_PROXY',
  'LD_PRELOAD',
  'LLAMA_API_KEY',
  'LLAMA_ARG_API_KEY_FILE',
  'NODE_EXTRA_CA_CERTS',
  'NPM_TOKEN',
  'OPENAI_API_KEY',
  'PROMPT_CONFIDENCE_API_KEY',
  'SSH_AUTH_SOCK',
  'VSCODE_GIT_ASKPASS_NODE',
  'VSCODE_IPC_HOOK_CLI',
  'XDG_SESSION_TOKEN',
  'npm_config__auth',
];

describe('the fork of the engine', () => {
  // The test host is plain Node, so a mistake here would show only in a real Electron.
  it('runs Electron as Node, with nothing of the parent that would break it', () => {
    const options = childForkOptions(undefined, { NODE_OPTIONS: '--inspect', PATH: '/bin' }, '/tmp/s');
    assert.equal(options.execPath, process.execPath);
    assert.deepEqual(options.execArgv, ['--max-old-space-size=1024']);
    assert.deepEqual(options.env, { PATH: '/bin', ELECTRON_RUN_AS_NODE: '1', [SCRATCH_VARIABLE]: '/tmp/s' });
  });

  it('runs under another Node where the settings name one', () => {
    assert.equal(childForkOptions('/opt/node', {}, '').execPath, '/opt/node');
  });

  it('passes on what Node, llama.cpp and drivers need, as Windows spells it too', () => {
    const environment = {
      Path: 'C:\\Windows',
      SystemRoot: 'C:\\Windows',
      'ProgramFiles(x86)': 'C:\\Program Files (x86)',
      LOCALAPPDATA: 'C:\\Users\\a',
      HOME: '/home/a',
      LC_ALL: 'C',
      LD_LIBRARY_PATH: '/lib',
      XDG_CACHE_HOME: '/home/a/.cache',
      CUDA_VISIBLE_DEVICES: '0',
      VK_DRIVER_FILES: '/etc/vulkan/a.json',
      GGML_VK_VISIBLE_DEVICES: '0',
      NODE_LLAMA_CPP_GPU: 'false',
      OMP_NUM_THREADS: '2',
    };
    assert.deepEqual(childForkOptions(undefined, environment, '/tmp/s').env, {
      ...environment,
      ELECTRON_RUN_AS_NODE: '1',
      [SCRATCH_VARIABLE]: '/tmp/s',
    });
  });

  it('gives no key or token of the person to the process', async () => {
    const before = { ...process.env };
    for (const name of NOT_FOR_THE_ENGINE) process.env[name] = CANARY;
    const said: string[] = [];
    const client = new EngineClient({
      enginePath: path.join(ROOT, 'dist-test', 'support', 'stand-in-engine.cjs'),
      log: (_, message) => said.push(message),
    });
    try {
      await client.use({ modelPath: 'environment.gguf', gpu: 'off', gpuLayers: 'auto', threads: 0 });
      await client.load();
    } finally {
      for (const name of NOT_FOR_THE_ENGINE) {
        const value = before[name];
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
      await client.dispose();
    }
    const [environment] = said.filter((message) => message.startsWith('{'));
    const reached = z.record(z.string(), z.string()).parse(JSON.parse(environment ?? ''));
    assert.deepEqual(
      Object.keys(reached).filter((name) => reached[name] === CANARY),
      [],
    );
    assert.equal(reached.PATH, process.env.PATH);
  });
});
