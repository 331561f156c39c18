import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { UserError } from '../../../../src/core/user-error';
import { Refusal, retryAfterMs } from '../../../../src/sources/endpoint/http';
import { Pace } from '../../../../src/sources/endpoint/pace';
import { FakeClock } from '../../../support/fake-clock';

describe('the pace of an endpoint', () => {
  let clock: FakeClock;
  beforeEach(() => (clock = new FakeClock()));

  const paceOf = (requestsPerMinute: number | null = null, random = (): number => 0.5): Pace =>
    new Pace({ requestsPerMinute, clock, random });
  const busy = (afterMs: number | null = null, overloaded = true): Refusal =>
    new Refusal(new UserError('endpoint-busy', 'Busy.'), { afterMs, overloaded }, 'unknown');
  const answerAfter = (ms: number) => (): Promise<void> => {
    clock.advance(ms);
    return Promise.resolve();
  };
  /** Fails so often, then works. */
  const failing = (failures: number, refusal: () => Refusal) => {
    let tries = 0;
    return {
      run: () => (tries++ < failures ? Promise.reject(refusal()) : Promise.resolve('done')),
      tries: () => tries,
    };
  };

  it('tries again with exponential waits, spread at random', async () => {
    const work = failing(4, () => busy(null, false));
    assert.equal(await paceOf().run(work.run, undefined), 'done');
    assert.deepEqual(clock.sleeps, [250, 500, 1000, 2000]);
  });

  it('gives the last refusal up after six further tries', async () => {
    const work = failing(99, () => busy(null, false));
    await assert.rejects(paceOf().run(work.run, undefined), /Busy/);
    assert.equal(work.tries(), 7);
  });

  it('waits as long as the server asks', async () => {
    const work = failing(1, () => busy(7000));
    await paceOf().run(work.run, undefined);
    assert.equal(clock.sleeps[0], 7000);
  });

  it('does not wait for hours', async () => {
    const work = failing(1, () => busy(3_600_000));
    await assert.rejects(paceOf().run(work.run, undefined), /asks you to wait 60 minutes/);
    assert.equal(work.tries(), 1);
  });

  it('has one deadline over all tries of a request', async () => {
    const left: number[] = [];
    const slow = (rest: number): Promise<never> => {
      left.push(rest);
      clock.advance(8 * 60_000);
      return Promise.reject(busy(60_000, false));
    };
    const begin = clock.now();
    await assert.rejects(paceOf().run(slow, undefined), /Busy/);
    assert.deepEqual(
      left.map((ms) => Math.round(ms / 60_000)),
      [30, 21, 12, 3],
    );
    assert.ok(clock.now() - begin <= 40 * 60_000);
  });

  it('has that deadline where a busy server answers others meanwhile', async () => {
    const pace = paceOf();
    const never = pace.run(() => {
      clock.advance(60_000);
      return Promise.reject(busy(1000));
    }, undefined);
    const others = (async () => {
      for (let i = 0; i < 100; i++) await pace.run(answerAfter(1000), undefined);
    })();
    await assert.rejects(never, /Busy/);
    await others;
  });

  it('does not try again where that cannot help', async () => {
    const work = failing(
      1,
      () => new Refusal(new UserError('endpoint-key', 'Wrong key.'), null, 'every-text'),
    );
    await assert.rejects(paceOf().run(work.run, undefined), /Wrong key/);
    assert.equal(work.tries(), 1);
  });

  it('keeps to the requests a minute', async () => {
    const pace = paceOf(60);
    const starts: number[] = [];
    const begin = clock.now();
    await Promise.all(
      Array.from({ length: 5 }, () =>
        pace.run(() => {
          starts.push(clock.now() - begin);
          return Promise.resolve();
        }, undefined),
      ),
    );
    assert.deepEqual(
      starts.sort((a, b) => a - b),
      [0, 1000, 2000, 3000, 4000],
    );
  });

  it('asks for more at once while the server keeps up, and for half after a refusal', async () => {
    const pace = paceOf();
    const before = pace.concurrency;
    for (let i = 0; i < 200; i++) await pace.run(answerAfter(10), undefined);
    assert.ok(pace.concurrency > 2 * before);
    const high = pace.concurrency;
    await pace.run(failing(1, () => busy(10)).run, undefined);
    assert.equal(pace.concurrency, Math.floor(high / 2));
  });

  it('asks for less at once where answers take longer and longer', async () => {
    const pace = paceOf();
    const before = pace.concurrency;
    await pace.run(answerAfter(10), undefined);
    for (let i = 0; i < 30; i++) await pace.run(answerAfter(100), undefined);
    assert.ok(pace.concurrency < before);
  });

  it('halves once for a storm of refusals, not to nothing', async () => {
    const pace = paceOf();
    for (let i = 0; i < 200; i++) await pace.run(answerAfter(10), undefined);
    const high = pace.concurrency;
    let refused = 0;
    await Promise.all(
      Array.from({ length: high }, () => {
        let isFirst = true;
        return pace.run(() => {
          if (!isFirst) return Promise.resolve();
          isFirst = false;
          refused++;
          return Promise.reject(busy(100));
        }, undefined);
      }),
    );
    assert.equal(refused, high);
    assert.ok(pace.concurrency >= Math.floor(high / 2), `${pace.concurrency} after ${high}`);
  });

  it('never runs more at once than it says', async () => {
    const pace = paceOf();
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 50 }, () =>
        pace.run(async () => {
          most = Math.max(most, ++running);
          assert.ok(running <= pace.concurrency);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
        }, undefined),
      ),
    );
    assert.ok(most >= 4);
  });

  it('lets go of what is cancelled, waiting or not', async () => {
    const pace = paceOf();
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const held = Array.from({ length: 20 }, () =>
      pace.run(
        () =>
          new Promise((_, reject) =>
            controller.signal.addEventListener('abort', () =>
              reject(new UserError('cancelled', 'Cancelled.')),
            ),
          ),
        controller.signal,
      ),
    );
    controller.abort();
    for (const result of await Promise.allSettled(held))
      assert.ok(result.status === 'rejected' && (result.reason as UserError).code === 'cancelled');
    assert.equal(await pace.run(() => Promise.resolve('free'), undefined), 'free');
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);
  const of = (headers: Record<string, string>): number | null => retryAfterMs(new Headers(headers), now);

  it('is seconds or a date', () => {
    assert.equal(of({ 'retry-after': '12' }), 12_000);
    assert.equal(of({ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }), 30_000);
    assert.equal(of({ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }), 0);
    assert.equal(of({ 'retry-after-ms': '250', 'retry-after': '1' }), 250);
  });

  it('is nothing where it makes no sense', () => {
    assert.equal(of({}), null);
    assert.equal(of({ 'retry-after': 'soon' }), null);
  });
});
