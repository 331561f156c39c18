/** Kills the command line, or its engine, at a moment, and runs it again until the table is whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { seededRandom } from '../../src/core/random';
import { CLI } from './paths';
import { withoutSeconds } from './score-meta';

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

const ROWS = 100;

export async function prepare(): Promise<KillRange> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pc-kill-'));
  const random = seededRandom(5);
  const words = 'slow brilliant dull long charming clumsy film story ending cast and but not very'.split(' ');
  const text = (): string =>
    Array.from(
      { length: 1 + Math.floor(random() * 20) },
      () => words[Math.floor(random() * words.length)],
    ).join(' ');
  const rows = Array.from({ length: ROWS }, (_, i) =>
    i % 30 === 7 ? `${i},\n` : `${i},"${text()}, ""${i}"""\n`,
  );
  writeFileSync(path.join(folder, 'in.csv'), `id,text\n${rows.join('')}`);
  const args = ['score', 'in.csv', '--gpu', 'off', '--threads', '1'];
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

/** @param share when to kill, as a share of the time of a whole run */
export async function scoreDespiteKill(
  { folder, arguments: args, ms }: KillRange,
  victim: Victim,
  share: number,
  name: string,
): Promise<Killed> {
  const out = path.join(folder, name);
  const child = start(folder, [...args, '--out', name]);
  const timer = setTimeout(() => kill(victim === 'engine' ? engineOf(child) : child.pid), share * ms);
  let code = await ended(child);
  clearTimeout(timer);
  const had = existsSync(out) ? 'the whole' : existsSync(`${out}.part.json`) ? 'a part' : 'nothing';
  let runs = 1;
  for (; code !== 0 && !(existsSync(out) && !existsSync(`${out}.part.json`)); runs++) {
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
