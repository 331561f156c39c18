/**
 * An external program that does long work and reports progress on its standard output, one JSON document a line:
 *
 *     {"type": "progress", "done": 120, "total": 3000, "words": "epoch 1 of 3"}
 *     {"type": "point", "value": {...}}
 *     {"type": "log", "message": "loading the model"}
 *     {"type": "result", "value": {...}}
 *     {"type": "failure", "message": "Why it cannot go on, in a sentence."}
 *
 * Everything else on its standard output goes to the log, as its standard error does. The program leaves checkpoints
 * and resumes from them when it is started again in the same way. It is asked to end by SIGTERM (not on Windows) and by
 * the end of its standard input, which also ends when we are gone: a program that reads it never outlives us.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { jsonOf } from '../../core/data/json';
import { UserError } from '../../core/user-error';
import { type Line, linesOf } from './lines';
import { endLeftovers, signalTree } from './process-tree';

export interface Program {
  /** The executable and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Absolute path of the working folder. */
  readonly cwd: string;
}

const progressSchema = z.object({
  type: z.literal('progress'),
  done: z.number().min(0),
  total: z.number().positive(),
  /** What it is doing. */
  words: z.string(),
});
const messageSchema = z.discriminatedUnion('type', [
  progressSchema,
  z.object({ type: z.literal('point'), value: z.unknown() }),
  z.object({ type: z.literal('log'), message: z.string() }),
  z.object({ type: z.literal('result'), value: z.unknown() }),
  z.object({ type: z.literal('failure'), message: z.string() }),
]);

export type ProgramProgress = Omit<z.infer<typeof progressSchema>, 'type'>;

export interface ProgramOptions {
  /** Absolute path; lines are added to it. */
  readonly logFile: string;
  /** Ends the program with everything that it started. */
  readonly signal: AbortSignal;
  /** Called with the process id once the program runs. What the program says is told only after this settles. */
  readonly onStart: (pid: number) => Promise<void>;
  readonly onProgress: (progress: ProgramProgress) => Promise<void>;
  /** Called with what the program measures on its way; absent: nobody looks. */
  readonly onPoint?: ((value: unknown) => void) | undefined;
  /** Milliseconds without a line of output after which the program is taken for one that hangs; absent: it may be silent. */
  readonly silenceMs?: number | undefined;
  /** Settles when a program that was asked to end has had enough time. */
  readonly grace?: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * Longer lines are left out: what a program writes never fills our memory. A result with some numbers for each row of a
 * large table must fit.
 */
const LONGEST_LINE = 1 << 25;

/** Long enough to write a checkpoint of some hundred megabytes. */
const GRACE_MS = 10_000;

const tenSeconds = (signal: AbortSignal): Promise<unknown> =>
  sleep(GRACE_MS, undefined, { signal }).catch(() => undefined);

/**
 * Runs a program to its end.
 *
 * @returns the value of its last result
 * @throws UserError cancelled: after the signal; program-missing: it could not be started; program-failed: it ended
 *   with another code than 0 or without a result, said why it cannot go on, or hung
 */
export async function runProgram(program: Program, options: ProgramOptions): Promise<unknown> {
  const { signal, onStart, grace = tenSeconds } = options;
  const log = await open(options.logFile, 'a');
  try {
    signal.throwIfAborted();
    const child = start(program, log);
    const ended = endOf(child);
    const { pid, stdin, stdout } = child;
    if (pid === undefined || stdin === null || stdout === null)
      throw (await ended) ?? new Error('no process');
    const over = new AbortController();
    const broken = new AbortController();
    AbortSignal.any([signal, broken.signal]).addEventListener(
      'abort',
      () => {
        stdin.end();
        signalTree(pid, 'SIGTERM');
        void grace(over.signal).then(() => {
          if (child.exitCode === null && child.signalCode === null) signalTree(pid, 'SIGKILL');
        });
      },
      { signal: over.signal },
    );
    // A program that ends early closes its standard input.
    stdin.on('error', () => undefined);
    const watch = silenceWatch(options.silenceMs, () =>
      broken.abort(
        new UserError(
          'program-failed',
          `${program.argv[0]} said nothing for ${Math.round((options.silenceMs ?? 0) / 60_000)} minutes, so it was ended.`,
        ),
      ),
    );
    over.signal.addEventListener('abort', watch.stop);
    const output = new Output(log, options, watch.heard);
    const started = onStart(pid);
    // Opened at once: Node throws away what nobody has begun to read when a program ends.
    const reading = output.read(stdout.setEncoding('utf8'), started);
    for (const each of [started, reading]) each.catch((error: unknown) => broken.abort(error));
    const failure = await ended;
    endLeftovers(pid);
    // A slow disk is no reason to lose what the program said.
    await started.catch(() => undefined);
    // What has made itself independent of the group may hold the other end of the pipe.
    await Promise.race([reading.catch(() => undefined), grace(over.signal)]);
    over.abort();
    stdout.destroy();
    if (failure === undefined && output.result !== undefined) return output.result.value;
    signal.throwIfAborted();
    broken.signal.throwIfAborted();
    if (output.failure !== undefined) throw new UserError('program-failed', output.failure);
    throw failure ?? new UserError('program-failed', `${program.argv[0]} ended without a result.`);
  } finally {
    await log.close();
  }
}

function start({ argv: [file, ...args], env, cwd }: Program, log: FileHandle): ChildProcess {
  return spawn(file, args, {
    cwd,
    env,
    // A process group of its own, which can be ended together.
    detached: process.platform !== 'win32',
    windowsHide: true,
    // Standard error goes to the file without us, so that it arrives also when we are gone.
    stdio: ['pipe', 'pipe', log.fd],
  });
}

/** Settles when the process is gone, with what went wrong. Never rejects. */
function endOf(child: ChildProcess): Promise<UserError | undefined> {
  const [file] = child.spawnargs;
  return new Promise((resolve) => {
    child.once('error', (error) =>
      resolve(new UserError('program-missing', `${file} could not be started: ${error.message}.`)),
    );
    child.once('exit', (code, signal) => {
      const how = signal === null ? `with code ${code ?? 'unknown'}` : `by ${signal}`;
      resolve(code === 0 ? undefined : new UserError('program-failed', `${file} ended ${how}.`));
    });
  });
}

/** Calls `onSilence` once nothing was heard for so long. */
function silenceWatch(
  ms: number | undefined,
  onSilence: () => void,
): { readonly heard: () => void; readonly stop: () => void } {
  let clock: NodeJS.Timeout | undefined;
  const stop = (): void => clearTimeout(clock);
  const heard = (): void => {
    stop();
    if (ms !== undefined) clock = setTimeout(onSilence, ms);
  };
  heard();
  return { heard, stop };
}

/** What a program writes on its standard output. */
class Output {
  result: { readonly value: unknown } | undefined;
  failure: string | undefined;

  constructor(
    private readonly log: FileHandle,
    private readonly listener: Pick<ProgramOptions, 'onProgress' | 'onPoint'>,
    private readonly onLine: () => void,
  ) {}

  /** @param started settles before the first line is taken */
  async read(chunks: AsyncIterable<string>, started: Promise<void>): Promise<void> {
    for await (const line of linesOf(chunks, LONGEST_LINE)) {
      await started;
      await this.take(line);
    }
  }

  private async take(line: Line): Promise<void> {
    this.onLine();
    if (line.kind === 'too-long')
      return this.log.appendFile(`(A line of ${line.length} characters is left out.)\n`);
    const message = messageSchema.safeParse(jsonOf(line.text)).data;
    switch (message?.type) {
      case 'progress':
        return this.listener.onProgress(message);
      case 'point':
        this.listener.onPoint?.(message.value);
        return;
      case 'log':
        return this.log.appendFile(`${message.message}\n`);
      case 'result':
        this.result = message;
        return;
      case 'failure':
        this.failure = message.message;
        return this.log.appendFile(`${message.message}\n`);
      case undefined:
        return this.log.appendFile(`${line.text}\n`);
    }
  }
}
