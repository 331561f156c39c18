import assert from 'node:assert/strict';
import { wakeable } from '../../src/wake';

describe('what stands in for the rest of the extension', () => {
  const setUp = (load: () => Promise<() => string>) => {
    const log: string[] = [];
    const wake = wakeable({
      standIn: () => {
        log.push('stands in');
        return { dispose: () => log.push('is gone') };
      },
      load,
      tell: (error) => log.push(`told: ${String(error)}`),
    });
    return { log, wake };
  };

  it('goes before the rest starts, which is once', async () => {
    let starts = 0;
    const { log, wake } = setUp(() => Promise.resolve(() => `start ${++starts}`));
    assert.deepEqual(await Promise.all([wake(), wake()]), ['start 1', 'start 1']);
    assert.equal(await wake(), 'start 1');
    assert.deepEqual(log, ['stands in', 'is gone']);
  });

  it('stays where the code of the rest cannot be read, says why, and tries again', async () => {
    let isThere = false;
    const { log, wake } = setUp(() =>
      isThere ? Promise.resolve(() => 'started') : Promise.reject(new Error('no such file')),
    );
    await assert.rejects(wake(), /no such file/);
    assert.deepEqual(log, ['stands in', 'told: Error: no such file']);
    isThere = true;
    assert.equal(await wake(), 'started');
  });

  it('is back where the rest does not start, says why, and tries again', async () => {
    let isBroken = true;
    const { log, wake } = setUp(() =>
      Promise.resolve(() => {
        if (isBroken) throw new Error('it broke');
        return 'started';
      }),
    );
    await assert.rejects(wake(), /it broke/);
    assert.deepEqual(log, ['stands in', 'is gone', 'stands in', 'told: Error: it broke']);
    isBroken = false;
    assert.equal(await wake(), 'started');
    assert.deepEqual(log.slice(4), ['is gone']);
  });
});
