/**
 * Jobs that an external program does. The program writes its own checkpoints. What we need to find the job again
 * is in jobs/ of the cache (`store/job-files.ts`).
 */
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { UserError } from '../../core/user-error';
import { workInWords } from '../../core/words/progress';
import {
  jobFiles,
  type JobFiles,
  jobStates,
  readJobState,
  withJobLock,
  writeJobState,
} from '../../store/job-files';
import { isHeld } from '../../store/lock';
import type { JobContext, JobKind, Unfinished } from './job';
import { endOrphan, startOfProcess } from './process-tree';
import { type Program, type ProgramOptions, type ProgramProgress, runProgram } from './program';
import { JobMeter } from './progress';

/**
 * Describes the jobs of one kind of program.
 *
 * @template Found what the program gives
 * @template Result what is made of it
 */
export interface ProcessJob<Order, Found, Result> {
  /** Name of the kind; part of file names. */
  readonly name: string;
  readonly order: z.ZodType<Order>;
  readonly result: z.ZodType<Found>;
  readonly title: (order: Order) => string;
  /** Absolute path. */
  readonly output: (order: Order) => string;
  /** The program that begins the work, and resumes it from its own checkpoint. */
  readonly program: (order: Order) => Promise<Program>;
  /** See `ProgramOptions`. */
  readonly silenceMs?: number;
  /** Called with each point of the program. */
  readonly onPoint?: (order: Order, value: unknown) => void;
  /** What is done with the program's result. If it is interrupted, the program is asked for its result again. */
  readonly finish: (order: Order, found: Found, context: JobContext) => Promise<Result>;
  /** Deletes the program's checkpoints. */
  readonly discard: (order: Order) => Promise<void>;
}

export interface ProcessHome {
  /** Absolute path of jobs/ in the cache; made when first written to. */
  readonly folder: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly grace?: ProgramOptions['grace'];
}

const stateSchema = z.object({
  schema: z.literal(1),
  order: z.unknown(),
  /** Running: also where a kill kept us from saying how it ended. */
  state: z.enum(['running', 'paused', 'failed']),
  /** The program, while it runs. Process ids mean nothing on another host, which may share the cache. */
  program: z.object({ host: z.string(), pid: z.int().positive(), started: z.string() }).nullable(),
  progress: z.object({ done: z.number(), total: z.number(), words: z.string() }).nullable(),
});
type State = z.infer<typeof stateSchema>;

/** Milliseconds between two states that differ by their progress alone. */
const SAVE_MS = 1000;

/**
 * If the program outlived us (the window was killed, and the program does not read its standard input), it is
 * ended before the job is resumed or discarded: its standard output is lost, so its progress could not be shown,
 * and little is lost since its checkpoint.
 */
export function processKind<Order, Found, Result>(
  job: ProcessJob<Order, Found, Result>,
  home: ProcessHome,
): JobKind<Order, Result> {
  const files = (order: Order): JobFiles => jobFiles(job.name, job.output(order), home.folder);
  const alone = <T>(order: Order, action: () => Promise<T>): Promise<T> => {
    const busy = new UserError(
      'job-running',
      `${job.title(order)} is running in another window or on the command line.`,
    );
    return withJobLock(files(order), busy, action);
  };
  return {
    name: job.name,
    title: job.title,
    output: job.output,
    logFile: (order) => files(order).log,
    run: (order, context) => alone(order, () => run(job, home, { order, files: files(order), context })),
    unfinished: async (folder) => {
      const found = await Promise.all(
        (await jobStates(job.name, home.folder)).map((state) => unfinishedProcess(job, state, files)),
      );
      return found
        .filter((left) => left !== undefined)
        .filter(({ order }) => folder === undefined || path.dirname(job.output(order)) === folder);
    },
    discard: (order) =>
      alone(order, async () => {
        const { state, log } = files(order);
        await endLeft(await readJobState(state, stateSchema));
        await job.discard(order);
        await rm(state, { force: true });
        await rm(log, { force: true });
      }),
  };
}

interface Run<Order> {
  readonly order: Order;
  readonly files: JobFiles;
  readonly context: JobContext;
}

/** Only while the lock is held. */
async function run<Order, Found, Result>(
  job: ProcessJob<Order, Found, Result>,
  { now, grace }: ProcessHome,
  { order, files, context }: Run<Order>,
): Promise<Result> {
  const { signal, report, log } = context;
  const left = await readJobState(files.state, stateSchema);
  await endLeft(left, signal);
  if (left === undefined) await rm(files.log, { force: true });
  let state: State = {
    schema: 1,
    order,
    state: 'running',
    program: null,
    progress: left?.progress ?? null,
  };
  let saved = now();
  const save = async (change: Partial<State>): Promise<void> => {
    state = { ...state, ...change };
    saved = now();
    await writeJobState(files.state, state);
  };
  const meter = new JobMeter(now);
  const onProgress = async (progress: ProgramProgress): Promise<void> => {
    const { done, total, words } = progress;
    state = { ...state, progress };
    if (now() - saved >= SAVE_MS) await save({});
    report(meter.at(done, total, (...counts) => workInWords(words, ...counts)));
  };
  const onStart = async (pid: number): Promise<void> => {
    log(`process ${pid} started; its log is ${files.log}`);
    const started = await startOfProcess(pid);
    await save({ program: started === undefined ? null : { host: os.hostname(), pid, started } });
  };
  try {
    await save({});
    const value = await runProgram(await job.program(order), {
      logFile: files.log,
      signal,
      onStart,
      onProgress,
      onPoint: (point) => job.onPoint?.(order, point),
      silenceMs: job.silenceMs,
      ...(grace === undefined ? {} : { grace }),
    });
    await save({ program: null });
    const result = await job.finish(order, foundOf(job, value), context);
    await rm(files.state, { force: true });
    return result;
  } catch (error) {
    // A state that cannot be saved must not hide why the program ended: the job is found as an interrupted one.
    await save({ state: signal.aborted ? 'paused' : 'failed', program: null }).catch((reason: unknown) =>
      log(`its state was not saved: ${String(reason)}`),
    );
    throw error;
  }
}

/** @throws UserError program-failed */
function foundOf<Found>(job: { readonly result: z.ZodType<Found> }, value: unknown): Found {
  const parsed = job.result.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError('program-failed', `The program gave an unexpected result.`, {
    cause: parsed.error,
  });
}

async function unfinishedProcess<Order>(
  job: { readonly order: z.ZodType<Order> },
  file: string,
  files: (order: Order) => JobFiles,
): Promise<Unfinished<Order> | undefined> {
  const state = await readJobState(file, stateSchema);
  const order = job.order.safeParse(state?.order);
  if (state === undefined || !order.success) return undefined;
  const { progress } = state;
  const isElsewhere = await isHeld(files(order.data).lock);
  return {
    order: order.data,
    // Running without anybody who holds the lock: killed.
    state: isElsewhere || state.state === 'running' ? 'interrupted' : state.state,
    words:
      progress === null ? 'nothing is done yet' : workInWords(progress.words, progress.done, progress.total),
    isElsewhere,
  };
}

async function endLeft(state: State | undefined, signal?: AbortSignal): Promise<void> {
  if (state?.program?.host === os.hostname()) await endOrphan(state.program, signal);
}
