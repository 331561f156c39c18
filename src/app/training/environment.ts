/**
 * The Python environment of the trainer: a virtual environment in the cache, made from a lock of exact versions with pip's
 * ordinary client, so that pip's own configuration and mirrors hold. Nothing is installed anywhere else.
 */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { jsonOf } from '../../core/data/json';
import { UserError } from '../../core/user-error';
import { errorCode, writeFileAtomic } from '../../store/atomic';
import { withLock } from '../../store/lock';
import { readSmall } from '../../store/read-regular';
import { signalTree } from '../jobs/process-tree';

/** Bytes that must be free before it is installed: the packages as they are loaded and as they lie there. */
const ROOM_BYTES = 3e9;

/** The oldest Python that the packages of the lock run under. */
const PYTHON = { major: 3, minor: 10 };

export interface EnvironmentPlace {
  /** training/ of the program: the package and its locks; absolute. */
  readonly program: string;
  /** training/ of the cache; absolute. */
  readonly cache: string;
}

export interface InstallOptions {
  /** A Python that is on this machine; empty for the one that is found. */
  readonly python: string;
  /** Further arguments for pip: another index for a smaller build of torch, for example. */
  readonly pipArguments: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (words: string) => void;
}

/** What would be installed, to be shown before a person agrees. */
export interface InstallPlan {
  /** Absolute; the environment. */
  readonly folder: string;
  /** "torch 2.13.0", … */
  readonly packages: readonly string[];
  readonly freeBytes: number;
}

/** The lock of this platform. */
function lockFile({ program }: EnvironmentPlace): string {
  return path.join(program, 'lock', `${process.platform}-${process.arch}.txt`);
}

function environmentFolder({ cache }: EnvironmentPlace): string {
  return path.join(cache, 'environment');
}

function pythonOf(folder: string): string {
  return process.platform === 'win32'
    ? path.join(folder, 'Scripts', 'python.exe')
    : path.join(folder, 'bin', 'python');
}

async function readLock(place: EnvironmentPlace): Promise<string> {
  try {
    return await readFile(lockFile(place), 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new UserError(
      'training-environment',
      `Models cannot be tuned on this platform (${process.platform} ${process.arch}) yet.`,
      { cause: error },
    );
  }
}

/** Names the lock and the arguments that an environment was made with: another one is made anew. */
function stamp(lock: string, pipArguments: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([lock, pipArguments]))
    .digest('hex');
}

/**
 * The Python of the environment; undefined while there is none that is complete and of this version.
 *
 * @throws UserError training-environment: there is no lock for this platform
 */
async function environmentPython(
  place: EnvironmentPlace,
  pipArguments: readonly string[],
): Promise<string | undefined> {
  const folder = environmentFolder(place);
  const wanted = stamp(await readLock(place), pipArguments);
  const found = await readSmall(path.join(folder, 'complete'));
  return found?.toString() === wanted ? pythonOf(folder) : undefined;
}

/** Packages that do the work, and that a Python must have to train; the others come with them. */
const MAIN_PACKAGES = ['torch', 'transformers', 'peft', 'gguf', 'numpy'] as const;

/**
 * A Python that can train: the one that a person named, if it has the packages in the versions of the lock, else that of
 * the environment; undefined while there is neither.
 *
 * @throws UserError training-environment: there is no lock for this platform, or no Python where one was named
 */
export async function trainerPython(
  place: EnvironmentPlace,
  { python, pipArguments }: Pick<InstallOptions, 'python' | 'pipArguments'>,
): Promise<string | undefined> {
  const lock = await readLock(place);
  if (python !== '') {
    if (await hasPackages(python, lock)) return python;
    if ((await versionOf(python)) === undefined)
      throw new UserError('training-environment', `${python} is no Python that runs. Name another one.`);
  }
  return environmentPython(place, pipArguments);
}

/** Whether a Python has the main packages of a lock, whatever build of them. */
async function hasPackages(python: string, lock: string): Promise<boolean> {
  const names = JSON.stringify(MAIN_PACKAGES);
  const code = `import json; from importlib.metadata import version; print(json.dumps([version(n) for n in ${names}]))`;
  const printed = await printedBy(python, code);
  const found = z.array(z.string()).safeParse(jsonOf(printed ?? '')).data;
  return (
    found !== undefined &&
    MAIN_PACKAGES.every((name, at) => lock.includes(`\n${name}==${(found[at] ?? '').split('+')[0] ?? ''}\n`))
  );
}

/** @throws UserError training-environment */
export async function planEnvironment(place: EnvironmentPlace): Promise<InstallPlan> {
  const lock = await readLock(place);
  await mkdir(place.cache, { recursive: true });
  const { bavail, bsize } = await statfs(place.cache);
  return {
    folder: environmentFolder(place),
    packages: lock
      .split('\n')
      .filter((line) => /^[\w.-]+==/u.test(line))
      .map((line) => line.trim().replace('==', ' ')),
    freeBytes: bavail * bsize,
  };
}

/**
 * Makes the environment unless it is there. Two who ask at once make one.
 *
 * @returns its Python
 * @throws UserError training-environment: no Python, no room, or what pip said; cancelled
 */
export async function installEnvironment(place: EnvironmentPlace, options: InstallOptions): Promise<string> {
  const { python: wanted, pipArguments, signal, onProgress } = options;
  const { folder, freeBytes } = await planEnvironment(place);
  return withLock(
    `${folder}.lock`,
    async () => {
      const there = await environmentPython(place, pipArguments);
      if (there !== undefined) return there;
      if (freeBytes < ROOM_BYTES)
        throw new UserError(
          'training-environment',
          `There is not enough room in ${place.cache}: ${(freeBytes / 1e9).toFixed(1)} GB are free, and the trainer needs at least ${ROOM_BYTES / 1e9} GB. Free some space.`,
        );
      const python = await findPython(wanted);
      // Left by an installation that was killed, or of another version.
      await rm(folder, { recursive: true, force: true });
      const log = path.join(place.cache, 'environment.log');
      await rm(log, { force: true });
      onProgress('making a Python environment');
      await run([python, '-m', 'venv', folder], log, signal);
      onProgress('installing torch and what it needs');
      const own = pythonOf(folder);
      const pip = [own, '-m', 'pip', 'install', '--no-input', '-r', lockFile(place), ...pipArguments];
      await run(pip, log, signal);
      await writeFileAtomic(path.join(folder, 'complete'), stamp(await readLock(place), pipArguments));
      return own;
    },
    { signal, onWait: () => onProgress('waiting for another installation') },
  );
}

/** Deletes the environment. */
export async function removeEnvironment(place: EnvironmentPlace): Promise<void> {
  const folder = environmentFolder(place);
  await withLock(`${folder}.lock`, () => rm(folder, { recursive: true, force: true }));
}

/** @throws UserError training-environment */
async function findPython(wanted: string): Promise<string> {
  const names = wanted === '' ? ['python3', 'python'] : [wanted];
  const found: string[] = [];
  for (const name of names) {
    const version = await versionOf(name);
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major === PYTHON.major && minor >= PYTHON.minor) return name;
    found.push(`${name} is ${version}`);
  }
  const what = found.length === 0 ? `There is no ${names.join(' or ')} here` : found.join(', ');
  throw new UserError(
    'training-environment',
    `Tuning needs Python ${PYTHON.major}.${PYTHON.minor} or newer. ${what}. Install it, or name one.`,
  );
}

async function versionOf(python: string): Promise<string | undefined> {
  const printed = await printedBy(python, 'import sys; print("%d.%d" % sys.version_info[:2])');
  return printed !== undefined && /^\d+\.\d+$/u.test(printed) ? printed : undefined;
}

/** What a line of Python prints; undefined where it fails. */
function printedBy(python: string, code: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(python, ['-c', code], { timeout: 20_000, windowsHide: true }, (error, out) =>
      resolve(error === null ? out.trim() : undefined),
    );
  });
}

/** @throws UserError training-environment with the last line that the program said; cancelled */
async function run(argv: readonly string[], logFile: string, signal: AbortSignal | undefined): Promise<void> {
  const [file = '', ...args] = argv;
  const log = await open(logFile, 'a');
  try {
    const code = await new Promise<number | string>((resolve) => {
      const child = spawn(file, args, {
        detached: process.platform !== 'win32',
        windowsHide: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      const end = (): void => {
        if (child.pid !== undefined) signalTree(child.pid, 'SIGKILL');
      };
      signal?.addEventListener('abort', end);
      if (signal?.aborted === true) end();
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (status, by) => resolve(status ?? by ?? 1));
    });
    signal?.throwIfAborted();
    if (code === 0) return;
    throw new UserError(
      'training-environment',
      `The trainer's environment could not be made: ${await lastLine(logFile)} The whole log is ${logFile}.`,
    );
  } finally {
    await log.close();
  }
}

/** What pip says last is its reason. */
async function lastLine(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  const said = text
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('[notice]'));
  const line = (
    said.findLast((each) => each.startsWith('ERROR')) ??
    said.at(-1) ??
    'it gave no reason'
  ).slice(0, 500);
  return line.endsWith('.') ? line : `${line}.`;
}
