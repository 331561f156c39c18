/**
 * Waits for what no event tells: what another process does, what an editor shows. A test that can wait for an event
 * or move a clock does that instead.
 */
import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 50;

export interface Wait {
  /** Where it happens in a folder: looks at once when something in there changes, and all the same every 50 ms. */
  readonly folder?: string | undefined;
  /** What there was in its place when the wait was in vain. */
  readonly instead?: (() => string) | undefined;
  readonly deadlineMs?: number | undefined;
}

/**
 * @param what completes the sentence "in vain waited until …"
 * @param found undefined as long as it has not happened
 * @throws what `found` throws, or after the deadline an Error that says what was waited for
 */
export async function until<T>(
  what: string,
  found: () => T | undefined | Promise<T | undefined>,
  { folder, instead = () => '', deadlineMs = 60_000 }: Wait = {},
): Promise<T> {
  const end = Date.now() + deadlineMs;
  let onChange = (): void => undefined;
  const watcher = folder === undefined ? undefined : watch(folder, () => onChange());
  try {
    for (;;) {
      // Before it looks, or it would miss what changes meanwhile.
      const changed = new Promise<void>((resolve) => (onChange = resolve));
      const value = await found();
      if (value !== undefined) return value;
      if (Date.now() > end) throw new Error(`in vain waited until ${what} ${instead()}`.trimEnd());
      await Promise.race([changed, sleep(LOOK_MS)]);
    }
  } finally {
    watcher?.close();
  }
}

/** Waits for what an event of ours tells: looks at once, and again at each event. */
export async function untilEvent(
  onEvent: (listener: () => void) => { dispose(): unknown },
  hasHappened: () => boolean,
): Promise<void> {
  if (hasHappened()) return;
  let resolve = (): void => undefined;
  const happened = new Promise<void>((done) => (resolve = done));
  const subscription = onEvent(() => {
    if (hasHappened()) resolve();
  });
  await happened;
  subscription.dispose();
}

/** An event that a test fires itself. */
export class TestEvent {
  private readonly listeners = new Set<() => void>();

  readonly on = (listener: () => void): { dispose(): unknown } => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };

  fire(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Waits for a file of a folder by its name. */
export async function untilFile(
  what: string,
  folder: string,
  isWanted: (name: string) => boolean,
): Promise<string> {
  return until(what, async () => (await readdir(folder)).find(isWanted), { folder });
}

/** Waits for the end of a process that is nobody's child here. */
export async function untilGone(pid: number): Promise<void> {
  await until(`process ${pid} is gone`, () => !isAlive(pid) || undefined);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
