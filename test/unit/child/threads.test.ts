import assert from 'node:assert/strict';
import os from 'node:os';
import fc from 'fast-check';
import { threadCount } from '../../../src/child/threads';

describe('the number of threads', () => {
  const count = fc.integer({ min: 0, max: 512 });

  it('is at least one and never above what this process may use, whatever is asked for', () => {
    fc.assert(
      fc.property(
        count,
        count,
        fc.integer({ min: 1, max: 256 }),
        fc.double({ min: 0.1, max: 64, noNaN: true }),
        (wanted, physical, available, quota) => {
          const threads = threadCount(wanted, physical, available, quota);
          assert.ok(Number.isInteger(threads) && threads >= 1);
          assert.ok(threads <= available);
          assert.ok(threads <= Math.max(1, Math.floor(quota)));
          if (physical > 0) assert.ok(threads <= physical);
          if (wanted > 0) assert.ok(threads <= wanted);
        },
      ),
    );
  });

  it('is not more than the cores of this machine by default', () => {
    assert.ok(threadCount(0, 0) <= os.availableParallelism());
    assert.ok(threadCount(10_000, 10_000) <= os.availableParallelism());
  });

  it('respects the quota of a container', () => {
    assert.equal(threadCount(0, 16, 16, 2.5), 2);
    assert.equal(threadCount(0, 16, 16, 0.5), 1);
    assert.equal(threadCount(0, 16, 16, NaN), 16, 'a quota that cannot be read sets no limit');
  });
});
