/** Kills the command line, or its engine, at a moment, and runs it again until the table is whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { partAt } from '../../src/store/tables/work-place';
import { seededRandom } from '../../src/core/random';
import { CLI } from './paths';
import { withoutSeconds } from './score-meta';
import { until } from './until';

export type Victim = 'engine' | 'command line';

/** A table, and what comes of it where nobody is killed. */
export interface KillRange {
  readonly folder: string;
  readonly arguments: readonly string[];
  /** Of a run that nobody kills; the meta without its seconds. */
  readonly whole: Buffer;
  readonly meta: string;
  readonly ms: number;
}

/** For what hangs: a model on a slow machine takes its time. */
const SCORED_MS = 200_000;

/**
 * @param rows of the table; the more, the more moments there are to kill at
 * @param model the options that choose it
 */
export async function prepare(rows: number, model: readonly string[] = ['--gpu', 'off']): Promise<KillRange> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pc-kill-'));
  const random = seededRandom(5);
  const words = 'slow brilliant dull long charming clumsy film story ending cast and but not very'.split(' ');
  const text = (): string =>
    Array.from(
      { length: 1 + Math.floor(random() * 20) },
      () => words[Math.floor(random() * words.length)],
    ).join(' ');
  const lines = Array.from({ length: rows }, (_, i) =>
    i % 30 === 7 ? `${i},\n` : `${i},"${text()}, ""${i}"""\n`,
  );
  writeFileSync(path.join(folder, 'in.csv'), `id,text\n${lines.join('')}`);
  const args = ['score', 'in.csv', ...model, '--threads', '1'];
  const started = performance.now();
  const code = await ended(start(folder, [...args, '--out', 'whole.csv']));
  if (code !== 0) throw new Error(`scoring without a kill ended with code ${code}`);
  return {
    folder,
    arguments: args,
    whole: readFileSync(path.join(folder, 'whole.csv')),
    meta: withoutSeconds(readFileSync(path.join(folder, 'whole.csv.meta.json'), 'utf8')),
    ms: performance.now() - started,
  };
}

export interface Killed {
  readonly out: Buffer;
  readonly meta: string;
  /** Files of the run that should not be there at its end. */
  readonly left: readonly string[];
  /** What was there when the victim was dead. */
  readonly had: 'nothing' | 'a part' | 'the whole';
  readonly runs: number;
}

/** When to kill: settles at that moment of a run towards the table `out`. */
export type Moment = (out: string, range: KillRange) => Promise<void>;

/** When this share of the bytes of the whole table is written. */
export function whenWritten(share: number): Moment {
  return (out, { whole }) => untilWritten(out, share * whole.length);
}

/**
 * By the clock, as a share of the time of a whole run. A kill comes at any moment, also where nothing shows from
 * outside how far the run is: that moment is the test, and nothing is awaited by it.
 */
export function whenPassed(share: number): Moment {
  return (_, { ms }) => sleep(share * ms, undefined, { ref: false });
}

/** Waits until a table that is being scored has so many bytes, or is whole. */
async function untilWritten(out: string, bytes: number): Promise<void> {
  const isWritten = (): boolean => {
    const written = statSync(partAt('work', out), { throwIfNoEntry: false });
    return existsSync(out) || (written !== undefined && written.size >= bytes);
  };
  await until(`${out} has ${Math.ceil(bytes)} bytes`, () => isWritten() || undefined, {
    folder: path.dirname(out),
    deadlineMs: SCORED_MS,
  });
}

export async function scoreDespiteKill(
  range: KillRange,
  victim: Victim,
  moment: Moment,
  name: string,
): Promise<Killed> {
  const { folder, arguments: args } = range;
  const out = path.join(folder, name);
  const child = start(folder, [...args, '--out', name]);
  const end = ended(child);
  await Promise.race([moment(out, range), end]);
  if (child.exitCode === null && child.signalCode === null)
    kill(victim === 'engine' ? engineOf(child) : child.pid);
  let code = await end;
  const had = existsSync(out) ? 'the whole' : existsSync(partAt('work', out)) ? 'a part' : 'nothing';
  let runs = 1;
  for (; code !== 0 && !existsSync(out); runs++) {
    if (runs > 5) throw new Error(`${name} is not whole after ${runs} runs`);
    code = await ended(start(folder, [...args, '--out', name]));
  }
  return {
    out: readFileSync(out),
    meta: withoutSeconds(readFileSync(`${out}.meta.json`, 'utf8')),
    left: readdirSync(folder).filter(
      (file) => file.replace(/^\./u, '').startsWith(name) && ![name, `${name}.meta.json`].includes(file),
    ),
    had,
    runs,
  };
}

function start(folder: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [CLI, ...args], { cwd: folder, stdio: 'ignore' });
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/** The engine is the only child of the command line (Linux). */
function engineOf(child: ChildProcess): number | undefined {
  const { pid } = child;
  if (pid === undefined) return undefined;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return Number(children[0]) || undefined;
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended a moment before.
  }
}
