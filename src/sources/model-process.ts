/** One process that runs models: start it, talk to it, end it with everything that it started. */
import { execFile, fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import {
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type CancellationToken,
} from 'vscode-jsonrpc/node';
import { UserError } from '../core/user-error';
import { SCRATCH_VARIABLE } from '../protocol/child';
import { listen, type Peer } from '../protocol/contract';
import { childEnvironment } from './child-environment';

export type ModelLog = (level: 'error' | 'warn' | 'info' | 'debug', message: string) => void;

/**
 * Megabytes of JavaScript that it may hold. Models are not in there, but vocabularies are: 262,144 tokens take
 * 40. A chat template that asks for ever more ends the process at this limit, and not the machine.
 */
const HEAP_MEGABYTES = 1024;

/**
 * How it is forked. In VS Code `execPath` is Electron, which acts as Node only with ELECTRON_RUN_AS_NODE. A
 * process group of its own lets the probe processes that node-llama-cpp starts be ended together with it.
 *
 * @param environment of this process; only part of it reaches it
 * @param scratch folder for its temporary files
 * @internal
 */
export function childForkOptions(
  nodePath: string | undefined,
  environment: NodeJS.ProcessEnv,
  scratch: string,
): ForkOptions {
  return {
    execPath: nodePath ?? process.execPath,
    execArgv: [`--max-old-space-size=${HEAP_MEGABYTES}`],
    env: { ...childEnvironment(environment), ELECTRON_RUN_AS_NODE: '1', [SCRATCH_VARIABLE]: scratch },
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  };
}

/** How long an ended process may take to be heard out. */
const LAST_WORDS_MS = 1000;

/** Why a process ended, in words. */
function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `it was ended by ${signal}`;
  return `it ended with code ${code ?? 'unknown'}`;
}

export class ModelProcess {
  private readonly child: ChildProcess;
  protected readonly peer: Peer;
  /** Settles once the process is gone, with the reason. Never rejects. */
  readonly exited: Promise<UserError>;

  /** @param entry its bundle */
  constructor(entry: string, nodePath: string | undefined, log: ModelLog) {
    // It makes it when it needs it, and removes it when we are gone; we do when it is.
    const scratch = path.join(os.tmpdir(), `prompt-confidence-${randomUUID()}`);
    this.child = fork(entry, [], childForkOptions(nodePath, process.env, scratch));
    const exited = new Promise<UserError>((resolve) => {
      this.child.once('exit', (code, signal) => {
        // What it said last may still be on its way, and decides what its end means.
        void this.lastWords().then(() => resolve(this.crash(exitReason(code, signal))));
      });
      this.child.once('error', ({ message }) => resolve(this.crash(`it could not be started: ${message}`)));
    });
    this.exited = exited.finally(() => rm(scratch, { recursive: true, force: true }));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => log('debug', text.trimEnd()));
    const connection = createMessageConnection(
      new IPCMessageReader(this.child),
      new IPCMessageWriter(this.child),
    );
    // A write into the channel of a process that is just dying; `exited` tells the story.
    connection.onError(([error]) => log('debug', `engine channel: ${error.message}`));
    this.peer = listen(connection, (error) => log('error', `engine channel: ${String(error)}`));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Sends a request that fails at once when the process dies, instead of waiting for an answer that never comes. */
  protected async request<T>(
    ask: (token: CancellationToken) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const cancellation = new CancellationTokenSource();
    const cancel = (): void => cancellation.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted === true) cancel();
    try {
      const gone = this.exited.then((error): never => {
        throw error;
      });
      return await Promise.race([ask(cancellation.token), gone]);
    } finally {
      signal?.removeEventListener('abort', cancel);
      cancellation.dispose();
    }
  }

  /** Settles when everything that the ended process said has arrived. */
  private async lastWords(): Promise<void> {
    const waiting = new AbortController();
    if (this.child.connected)
      await Promise.race([
        once(this.child, 'disconnect', { signal: waiting.signal }).catch(() => undefined),
        // Whatever holds its channel open must not hide that it is gone.
        sleep(LAST_WORDS_MS, undefined, { signal: waiting.signal }).catch(() => undefined),
      ]);
    waiting.abort();
    // A message is handed on a turn after it arrived.
    await nextTurn();
    await nextTurn();
  }

  /** What the end of the process means. */
  protected crash(reason: string): UserError {
    return new UserError('engine-crashed', `The model engine stopped: ${reason}.`);
  }

  /** Ends the process and everything that it started, without asking. Settles when it is gone. */
  async kill(): Promise<void> {
    const { pid } = this.child;
    if (pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return;
    if (process.platform === 'win32') {
      execFile('taskkill', ['/pid', String(pid), '/T', '/F'], () => undefined);
    } else {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        this.child.kill('SIGKILL');
      }
    }
    await this.exited;
    this.peer.dispose();
  }
}
