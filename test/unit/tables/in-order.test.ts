import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inOrder } from '../../../src/store/tables/in-order';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    await Promise.resolve();
    yield i;
  }
}

describe('work whose results are dealt with in order', () => {
  it('keeps to the order and to both limits, whatever ends first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        async (scheduler, count, atOnce, most) => {
          const dealt: number[] = [];
          let working = 0;
          let begun = 0;
          let mostWorking = 0;
          let mostLeft = 0;
          await scheduler.waitFor(
            inOrder(numbers(count), {
              work: async (item) => {
                mostWorking = Math.max(mostWorking, ++working);
                mostLeft = Math.max(mostLeft, ++begun - dealt.length);
                await scheduler.schedule(Promise.resolve(), String(item));
                working--;
                return item;
              },
              deal: async (item) => {
                await scheduler.schedule(Promise.resolve(), `deal ${item}`);
                dealt.push(item);
              },
              atOnce: () => atOnce,
              most,
              signal: undefined,
            }),
          );
          assert.deepEqual(
            dealt,
            Array.from({ length: count }, (_, i) => i),
          );
          const expected = Math.min(atOnce, most, count);
          assert.equal(mostWorking, expected);
          assert.ok(mostLeft <= most);
        },
      ),
    );
  });

  it('ends with the first failure, once nothing is dealt with any more', async () => {
    for (const failing of ['work', 'deal', 'items'] as const) {
      const dealt: number[] = [];
      let dealing = false;
      let aborted = 0;
      async function* items(): AsyncGenerator<number> {
        yield* numbers(3);
        if (failing === 'items') throw new Error('no items');
        yield* numbers(100);
      }
      const done = inOrder(items(), {
        work: (item, signal) =>
          new Promise<number>((resolve, reject) => {
            if (item === 0) setImmediate(() => resolve(0));
            else if (failing === 'work' && item === 2) setImmediate(() => reject(new Error('no work')));
            else signal.addEventListener('abort', () => reject(new Error(`cancelled ${++aborted}`)));
          }),
        deal: async (item) => {
          dealing = true;
          await new Promise((resolve) => setImmediate(resolve));
          if (failing === 'deal') throw new Error('no deal');
          dealt.push(item);
          dealing = false;
        },
        atOnce: () => 3,
        most: 10,
        signal: undefined,
      });
      await assert.rejects(done, { message: `no ${failing}` });
      assert.ok(aborted > 0);
      if (failing === 'deal') assert.deepEqual(dealt, []);
      else assert.deepEqual([dealt, dealing], [[0], false]);
    }
  });
});
