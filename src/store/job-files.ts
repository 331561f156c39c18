/**
 * The files of jobs in jobs/ of the person's cache. What a repository holds beside a table is never taken for the state
 * or the lock of a job.
 */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type * as z from 'zod';
import { jsonOf } from '../core/data/json';
import { writeFileAtomic } from './atomic';
import { cacheFolder } from './cache-home';
import { namesIn } from './folders';
import { withLockOrRefuse } from './lock';
import { readSmall } from './read-regular';

const ID_LENGTH = 32;

export interface JobFiles {
  /** KIND-ID.json: everything that is needed to find the job and to resume it. */
  readonly state: string;
  /** KIND-ID.log: what the job's program prints, where it has one. */
  readonly log: string;
  /** ID.lock: named after the output alone, because two kinds must not write the same file either. */
  readonly lock: string;
}

/**
 * The files of a job.
 *
 * @param kind name of the kind of job
 * @param output path of what the job writes; it need not exist
 * @param home absolute path of jobs/
 */
export function jobFiles(kind: string, output: string, home: string = cacheFolder('jobs')): JobFiles {
  const id = outputId(output);
  const name = path.join(home, `${kind}-${id}`);
  return { state: `${name}.json`, log: `${name}.log`, lock: path.join(home, `${id}.lock`) };
}

/**
 * What names the things of a job in the cache. It is made from the real path of the output: a folder that has become a link
 * to another one has other jobs.
 *
 * @param output path of what the job writes; it need not exist
 */
export function outputId(output: string): string {
  const file = path.resolve(output);
  const real = path.join(realFolder(path.dirname(file)), path.basename(file));
  return createHash('sha256').update(real).digest('hex').slice(0, ID_LENGTH);
}

/** What is missing of a folder, its job makes: the path must not change by that. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    const outer = path.dirname(folder);
    return outer === folder ? folder : path.join(realFolder(outer), path.basename(folder));
  }
}

/** The states of all jobs of a kind; absolute paths. */
export async function jobStates(kind: string, home: string = cacheFolder('jobs')): Promise<string[]> {
  const isState = new RegExp(`^(.+)-[0-9a-f]{${ID_LENGTH}}\\.json$`, 'u');
  return (await namesIn(home))
    .filter((name) => isState.exec(name)?.[1] === kind)
    .sort()
    .map((name) => path.join(home, name));
}

/** Undefined where there is none, or none that we can read. */
export async function readJobState<State>(
  file: string,
  schema: z.ZodType<State>,
): Promise<State | undefined> {
  const text = await readSmall(file);
  return text && schema.safeParse(jsonOf(text.toString())).data;
}

export async function writeJobState(file: string, state: object): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(state, null, 2)}\n`);
}

/**
 * Runs `action` while nobody else works on the job. It does not wait.
 *
 * @throws `busy` if somebody does
 */
export async function withJobLock<T>(
  { lock }: Pick<JobFiles, 'lock'>,
  busy: Error,
  action: () => Promise<T>,
): Promise<T> {
  await mkdir(path.dirname(lock), { recursive: true });
  return withLockOrRefuse(lock, action, busy);
}
