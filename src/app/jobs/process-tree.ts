/** A process and everything that it started: ended together, and recognised after our own process was restarted. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * Sends a signal to a process group, whose leader was started with `detached`. Windows has neither groups nor signals:
 * there `taskkill` ends the tree of a leader that still runs.
 */
export function signalTree(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    const force = signal === 'SIGKILL' ? ['/F'] : [];
    execFile('taskkill', ['/pid', String(pid), '/T', ...force], () => undefined);
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it is gone, or (EPERM on macOS) is ending.
  }
}

/** Ends what is still running after its leader ended. On Windows the leader's id may belong to another process then. */
export function endLeftovers(pid: number): void {
  if (process.platform !== 'win32') signalTree(pid, 'SIGKILL');
}

/**
 * When a process started, as an opaque text: id and start time together identify one process.
 *
 * @returns undefined where there is no such process, or its start cannot be read
 */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return linuxStart(await readFile(`/proc/${pid}/stat`, 'utf8'));
    const { stdout } =
      process.platform === 'win32'
        ? await execute('powershell.exe', [
            '-NoProfile',
            '-Command',
            `(Get-Process -Id ${pid}).StartTime.Ticks`,
          ])
        : await execute('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { ...process.env, LC_ALL: 'C' } });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * The 22nd field of /proc/PID/stat, in ticks since the machine was started; see proc_pid_stat(5). A zombie has ended.
 * The second field is the program's name, which may hold anything.
 */
function linuxStart(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** Identifies one process. */
export interface KnownProcess {
  readonly pid: number;
  /** The result of `startOfProcess`. */
  readonly started: string;
}

const POLL_MS = 50;

/**
 * Ends a tree that was left running, and waits until its leader is gone. It is not asked to end first:
 * its standard input is closed, and its checkpoint is valid at any moment.
 */
export async function endOrphan(
  { pid, started }: KnownProcess,
  signal: AbortSignal | undefined,
): Promise<void> {
  while ((await startOfProcess(pid)) === started) {
    signalTree(pid, 'SIGKILL');
    signal?.throwIfAborted();
    await sleep(POLL_MS);
  }
}
