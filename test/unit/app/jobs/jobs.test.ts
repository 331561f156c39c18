import assert from 'node:assert/strict';
import type { JobContext, JobKind } from '../../../../src/app/jobs/job';
import { Jobs } from '../../../../src/app/jobs/jobs';
import { JobMeter, shareOf } from '../../../../src/app/jobs/progress';
import { UserError } from '../../../../src/core/user-error';
import { progressInWords, workInWords } from '../../../../src/core/words/progress';

/** A kind whose runs a test ends. */
class Scripted implements JobKind<string, number> {
  readonly name = 'scripted';
  readonly discarded: string[] = [];
  left: readonly string[] = [];
  context: JobContext | undefined;
  finish: (result: number) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;

  readonly title = (order: string): string => `Doing ${order}`;
  readonly output = (order: string): string => `/out/${order}`;
  readonly logFile = (): undefined => undefined;
  readonly run = (_order: string, context: JobContext): Promise<number> => {
    this.context = context;
    return new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
    });
  };
  readonly unfinished = () =>
    Promise.resolve(
      this.left.map((order) => ({ order, state: 'interrupted' as const, words: 'half', isElsewhere: false })),
    );
  readonly discard = (order: string): Promise<void> => {
    this.discarded.push(order);
    return Promise.resolve();
  };
}

describe('jobs', () => {
  let kind: Scripted;
  let jobs: Jobs;
  let logged: string[];
  beforeEach(() => {
    kind = new Scripted();
    logged = [];
    jobs = new Jobs((line) => logged.push(line));
  });

  it('run, report and log, and are gone when they have ended', async () => {
    let changes = 0;
    const subscription = jobs.onDidChange(() => changes++);
    const job = jobs.start(kind, 'a');
    assert.deepEqual(
      [job.id, job.kind, job.title, job.state],
      ['scripted:/out/a', 'scripted', 'Doing a', 'running'],
    );
    assert.deepEqual(jobs.running, [job]);
    const progress = { done: 1, total: 2, words: 'half', timeLeft: undefined };
    kind.context?.report(progress);
    kind.context?.log('hm');
    assert.deepEqual(job.progress, progress);
    kind.finish(7);
    assert.deepEqual(await job.ended, { state: 'finished', result: 7 });
    assert.deepEqual([job.state, jobs.running.length], ['finished', 0]);
    assert.deepEqual(logged, ['Doing a: began, writing /out/a', 'Doing a: hm', 'Doing a: finished']);
    // Begun, reported, finished, gone.
    assert.equal(changes, 4);
    subscription.dispose();
  });

  it('are paused, which keeps what is done, or cancelled, which does not', async () => {
    const paused = jobs.start(kind, 'a');
    paused.pause();
    assert.deepEqual(await paused.ended, { state: 'paused' });
    assert.deepEqual(kind.discarded, []);
    const cancelled = jobs.start(kind, 'a');
    cancelled.cancel();
    assert.deepEqual(await cancelled.ended, { state: 'cancelled' });
    assert.deepEqual(kind.discarded, ['a']);
  });

  it('fail with what was thrown, and keep what is done', async () => {
    const error = new UserError('disk-full', 'The disk is full.');
    const job = jobs.start(kind, 'a');
    kind.fail(error);
    assert.deepEqual(await job.ended, { state: 'failed', error });
    assert.equal(logged.at(-1), 'Doing a: failed: The disk is full.');
    assert.deepEqual(kind.discarded, []);
  });

  it('that are left are found, unless they run here, and go through the surface that shows them', async () => {
    const resumed: string[] = [];
    jobs.register(kind, (order) => {
      resumed.push(order);
      return Promise.resolve();
    });
    kind.left = ['a', 'b'];
    jobs.start(kind, 'a');
    const [left, ...others] = await jobs.unfinished();
    assert.deepEqual(others, []);
    assert.deepEqual([left?.title, left?.words, left?.output], ['Doing b', 'half', '/out/b']);
    await left?.resume();
    await left?.discard();
    assert.deepEqual([resumed, kind.discarded], [['b'], ['b']]);
    await jobs.stop();
    assert.equal((await jobs.unfinished()).length, 2);
  });
});

describe('the progress of a job', () => {
  it('has a time left once there is a rate', () => {
    let now = 0;
    const meter = new JobMeter(() => now);
    assert.deepEqual(meter.at(0, 100, progressInWords), {
      done: 0,
      total: 100,
      words: '0 of 100 rows (0%)',
      timeLeft: undefined,
    });
    now = 2000;
    const progress = meter.at(20, 100, (...counts) => workInWords('epoch 1 of 3', ...counts));
    assert.deepEqual(progress, {
      done: 20,
      total: 100,
      words: 'epoch 1 of 3 (20%) · 8 s left',
      timeLeft: 8,
    });
    assert.equal(meter.at(100, 100, progressInWords).timeLeft, undefined);
  });

  it('is all of it where there is nothing to do', () => {
    assert.equal(shareOf({ done: 0, total: 0 }), 1);
    assert.equal(shareOf({ done: 1, total: 4 }), 0.25);
  });
});
