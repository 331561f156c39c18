import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { isHeld, withLock } from '../../../src/store/lock';
import { FakeClock } from '../../support/fake-clock';
import { temporaryFolder } from '../../support/temporary';

describe('withLock', () => {
  const folder = temporaryFolder();
  const file = () => path.join(folder(), 'x.lock');

  /** The process id of a process that has ended. */
  function deadPid(): number {
    return spawnSync(process.execPath, ['-e', '']).pid;
  }

  it('lets one in at a time and cleans up, also after a failure', async () => {
    let inside = 0;
    let waiting = 0;
    let open = (): void => undefined;
    const allWait = new Promise<void>((resolve) => (open = resolve));
    const visit = () =>
      withLock(
        file(),
        async () => {
          assert.equal(++inside, 1);
          await allWait;
          inside--;
        },
        { onWait: () => ++waiting === 3 && open() },
      );
    await Promise.all([visit(), visit(), visit(), visit()]);
    await assert.rejects(
      withLock(file(), () => Promise.reject(new Error('inside'))),
      /inside/,
    );
    assert.deepEqual(await readdir(folder()), []);
  });

  it('is held while somebody is inside, and not by a process that is gone', async () => {
    assert.equal(await isHeld(file()), false);
    await withLock(file(), async () => assert.equal(await isHeld(file()), true));
    assert.equal(await isHeld(file()), false);
    await writeFile(file(), JSON.stringify({ pid: deadPid(), host: os.hostname(), token: 't' }));
    assert.equal(await isHeld(file()), false);
  });

  it('takes over from a process that is gone', async () => {
    await writeFile(file(), JSON.stringify({ pid: deadPid(), host: os.hostname(), token: 't' }));
    assert.equal(await withLock(file(), () => Promise.resolve('in')), 'in');
  });

  it('takes over a lock that nobody touches any more, whoever held it', async () => {
    await writeFile(file(), JSON.stringify({ pid: process.pid, host: 'another-machine', token: 't' }));
    assert.equal(await withLock(file(), () => Promise.resolve('in'), { clock: new FakeClock() }), 'in');
  });

  it('waits for a living holder, says so, and stops waiting when told', async () => {
    await writeFile(file(), JSON.stringify({ pid: process.pid, host: os.hostname(), token: 't' }));
    const stop = new AbortController();
    const waited = withLock(file(), () => Promise.resolve('in'), {
      signal: stop.signal,
      onWait: () => setImmediate(() => stop.abort(new Error('enough'))),
    });
    await assert.rejects(waited, /enough/);
    assert.deepEqual(await readdir(folder()), ['x.lock']);
  });

  it('is taken over from a process that was killed before it could put its name in', async () => {
    await writeFile(file(), '');
    let waited = false;
    const result = await withLock(file(), () => Promise.resolve('done'), {
      onWait: () => (waited = true),
      clock: new FakeClock(),
    });
    assert.equal(result, 'done');
    assert.equal(waited, false, 'nobody holds it');
  });
});
