/**
 * A lock between processes, held while the shared cache is filled.
 *
 * Ours, not a package: it is one file, and the scripts that run before `npm ci` must speak it too
 * (scripts/fetch-model.mjs). The lock is a file created with O_EXCL that names its holder; the holder touches it
 * every few seconds. It is abandoned when its process is gone from this machine, or when a waiter has itself
 * watched it stand untouched for a minute: no two clocks are compared, and a laptop that slept takes nothing away.
 *
 * Clearing an abandoned lock is not atomic: should three processes meet within the same millisecond after a
 * crash, two may enter. What the lock guards therefore stays correct without it (verified files, renamed into
 * place); the lock saves the double work.
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm, utimes } from 'node:fs/promises';
import os from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { checkOutputs, errorCode, lookAt } from './atomic';
import { readSmall } from './read-regular';

const POLL_MS = 100;
const HEARTBEAT_MS = 5_000;
const ABANDONED_MS = 60_000;
/** After this time, a lock without a holder's name was left by a process that was killed while creating it. */
const NAMELESS_MS = 2_000;

const Holder = z.object({ pid: z.number().int().positive(), host: z.string(), token: z.string() });
type Holder = z.infer<typeof Holder>;

export interface LockOptions {
  /** Ends the wait (not the action) with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called once if another process holds the lock. */
  readonly onWait?: (() => void) | undefined;
  /** What the wait is measured by. */
  readonly clock?: Clock | undefined;
}

/** Time, as far as a lock needs it. */
interface Clock {
  /** Milliseconds since a moment that stays the same. */
  now(): number;
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** Stands still while the machine sleeps. */
const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
};

/**
 * Runs `action` while no other process (or other call in this one) holds the lock file `file`.
 *
 * @throws UserError not-a-file: something else has the name of the lock; the signal's reason; what `action` throws
 */
export async function withLock<T>(
  file: string,
  action: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const holder: Holder = { pid: process.pid, host: os.hostname(), token: randomBytes(8).toString('hex') };
  await acquire(file, holder, options);
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A failed touch is not worth failing the action: the lock is only respected for less long.
    utimes(file, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await action();
  } finally {
    clearInterval(heartbeat);
    if ((await readHolder(file))?.token === holder.token) await rm(file, { force: true });
  }
}

/**
 * As `withLock`, but does not wait.
 *
 * @throws `busy` if another process holds the lock
 */
export async function withLockOrRefuse<T>(file: string, action: () => Promise<T>, busy: Error): Promise<T> {
  const taken = new AbortController();
  return withLock(file, action, { signal: taken.signal, onWait: () => taken.abort(busy) });
}

/**
 * Whether somebody holds the lock file `file`, this process included. It takes no lock, so it keeps nobody away.
 * A holder on another machine counts, because its process cannot be looked up.
 */
export async function isHeld(file: string): Promise<boolean> {
  const holder = await readHolder(file);
  return holder !== undefined && !isGone(holder);
}

async function acquire(file: string, holder: Holder, options: LockOptions): Promise<void> {
  const { signal, clock = SYSTEM_CLOCK } = options;
  let waiting = false;
  let seen = { touched: Number.NaN, since: clock.now() };
  // Whatever lies there, each turn ends with a look at the signal and a sleep.
  while (!(await tryCreate(file, holder))) {
    const touched = await lastTouched(file);
    if (touched !== undefined) {
      if (touched !== seen.touched) seen = { touched, since: clock.now() };
      const other = await readHolder(file);
      const patience = other === undefined ? NAMELESS_MS : ABANDONED_MS;
      if (clock.now() - seen.since >= patience || isGone(other)) await clearAway(file, touched);
      else if (other !== undefined && !waiting) {
        waiting = true;
        options.onWait?.();
      }
    }
    signal?.throwIfAborted();
    await clock.sleep(POLL_MS, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

async function tryCreate(file: string, holder: Holder): Promise<boolean> {
  const handle = await open(file, 'wx').catch((error: unknown) => {
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  try {
    await handle.writeFile(JSON.stringify(holder));
    return true;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Moves the lock aside before deleting it, so that one that was renewed meanwhile is not deleted unseen. */
async function clearAway(file: string, touched: number): Promise<void> {
  if ((await lastTouched(file)) !== touched) return;
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  await rm(aside, { force: true });
}

function isGone(holder: Holder | undefined): boolean {
  if (holder?.host !== os.hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return Holder.parse(JSON.parse((await readSmall(file))?.toString() ?? ''));
  } catch {
    // Gone, or just being written.
    return undefined;
  }
}

/**
 * Modification time in milliseconds, or undefined when the lock has just been released.
 *
 * @throws UserError not-a-file
 */
async function lastTouched(file: string): Promise<number | undefined> {
  await checkOutputs(file);
  return (await lookAt(file))?.mtimeMs;
}
