import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { CLI, ROOT } from '../../support/paths';

/** Makes a command deaf to the first signal, as one that hangs would be. */
const DEAF = 'AbortController.prototype.abort=()=>process.send("deaf")';
/** Computes for ever where metrics are computed, as it may seem on a huge table. */
const BUSY = 'Math.log=Math.exp=()=>{process.send("busy");for(;;);}';

describe('the command line that is interrupted', () => {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });
  let server: Server;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
  });

  function start(args: readonly string[], preload = ''): ChildProcess {
    const given = preload === '' ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
    child = spawn(process.execPath, [...given, CLI, ...args], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    return child;
  }
  const classify = (): string[] => {
    const { port } = server.address() as AddressInfo;
    const endpoint = ['--endpoint', `http://127.0.0.1:${port}/v1`, '--endpoint-model', 'm', '--api', 'chat'];
    return ['classify', 'text', ...endpoint];
  };

  it('ends in order at the first signal, though a server never answers', async () => {
    const asked = once(server, 'request');
    const ended = once(start(classify()), 'exit');
    await asked;
    child?.kill('SIGINT');
    assert.deepEqual(await ended, [2, null]);
  });

  for (const [first, second] of [
    ['SIGINT', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ] as const)
    it(`ends at ${second} after a ${first} that it did not obey`, async () => {
      const asked = once(server, 'request');
      const ended = once(start(classify(), DEAF), 'exit');
      await asked;
      const deaf = once(child ?? assert.fail(), 'message');
      child?.kill(first);
      assert.deepEqual((await deaf)[0], 'deaf');
      child?.kill(second);
      // A shell shows it as the status 130 or 143.
      assert.deepEqual(await ended, [null, second]);
    });

  it('ends at the first signal while it computes', async () => {
    const running = start(['evaluate', path.join(ROOT, 'docs', 'real-data', 'reviews.csv')], BUSY);
    const ended = once(running, 'exit');
    await once(running, 'message');
    running.kill('SIGINT');
    assert.deepEqual(await ended, [null, 'SIGINT']);
  });
});
