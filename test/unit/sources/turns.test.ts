import assert from 'node:assert/strict';
import { setImmediate as tick } from 'node:timers/promises';
import fc from 'fast-check';
import { Turns } from '../../../src/sources/turns';

describe('turns at the engine', () => {
  it('never let two models in at once, and let everybody in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 20 }), async (keys) => {
        const turns = new Turns();
        const inside: string[] = [];
        let served = 0;
        await Promise.all(
          keys.map((key) =>
            turns.take(key, undefined, async () => {
              inside.push(key);
              assert.equal(new Set(inside).size, 1);
              await tick();
              inside.splice(inside.indexOf(key), 1);
              served++;
            }),
          ),
        );
        assert.equal(served, keys.length);
      }),
    );
  });

  it('go on after work that failed', async () => {
    const turns = new Turns();
    const failed = turns.take('a', undefined, () => Promise.reject(new Error('broken')));
    const next = turns.take('b', undefined, () => Promise.resolve('done'));
    await assert.rejects(failed, /broken/);
    assert.equal(await next, 'done');
  });

  it('are given up at once by who cancels while waiting, and cost nobody else theirs', async () => {
    const turns = new Turns();
    let finish: () => void = () => undefined;
    const first = turns.take('a', undefined, () => new Promise<void>((resolve) => (finish = resolve)));
    const cancel = new AbortController();
    let ran = false;
    const second = turns.take('b', cancel.signal, () => {
      ran = true;
      return Promise.resolve();
    });
    const third = turns.take('a', undefined, () => Promise.resolve('third'));
    cancel.abort();
    await assert.rejects(second, { code: 'cancelled' });
    finish();
    await first;
    assert.equal(await third, 'third');
    assert.equal(ran, false);
  });
});
