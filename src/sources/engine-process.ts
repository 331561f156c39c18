/** One engine process: start it, talk to it, end it with everything that it started. */
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
import { listen, type Peer, type Remote } from '../protocol/contract';
import {
  ENGINE_CONTRACT,
  SCRATCH_VARIABLE,
  type EngineOptions,
  type LoadProgress,
  type ModelInfo,
  type Preparation,
  type PreparationStep,
  type PromptParams,
  type PromptResult,
  type SampleParams,
  type SampleResult,
  type ScoreParams,
  type ScoreResult,
  type TokensParams,
  type TokensResult,
} from '../protocol/engine';
import { engineEnvironment } from './engine-environment';

export type EngineLog = (level: 'error' | 'warn' | 'info' | 'debug', message: string) => void;

/**
 * Megabytes of JavaScript that the engine may hold. Models are not in there, but vocabularies are: 262,144 tokens take
 * 40. A chat template that asks for ever more ends its engine at this limit, and not the machine.
 */
const HEAP_MEGABYTES = 1024;

/**
 * How the engine is forked. In VS Code `execPath` is Electron, which acts as Node only with ELECTRON_RUN_AS_NODE. A
 * process group of its own lets the probe processes that node-llama-cpp starts be ended together with it.
 *
 * @param environment of this process; only part of it reaches the engine
 * @param scratch folder for the engine's temporary files
 * @internal
 */
export function engineForkOptions(
  nodePath: string | undefined,
  environment: NodeJS.ProcessEnv,
  scratch: string,
): ForkOptions {
  return {
    execPath: nodePath ?? process.execPath,
    execArgv: [`--max-old-space-size=${HEAP_MEGABYTES}`],
    env: { ...engineEnvironment(environment), ELECTRON_RUN_AS_NODE: '1', [SCRATCH_VARIABLE]: scratch },
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

export class EngineProcess {
  private readonly child: ChildProcess;
  private readonly peer: Peer;
  private readonly engine: Remote<typeof ENGINE_CONTRACT.engine>;
  private onProgress: (progress: LoadProgress) => void = () => undefined;
  private step: PreparationStep | null = null;
  private stepClock: NodeJS.Timeout | undefined;
  private slowStep: UserError | undefined;
  /** Settles once the process is gone, with the reason. Never rejects. */
  readonly exited: Promise<UserError>;

  /**
   * @param stepMs milliseconds that each step of the preparation may take before the process is ended. `template`: for
   *   all prompts of a request together, up to {@link PROMPTS_TOGETHER}
   */
  constructor(
    enginePath: string,
    nodePath: string | undefined,
    private readonly stepMs: Readonly<Record<PreparationStep, number>>,
    log: EngineLog,
  ) {
    // The engine makes it when it needs it, and removes it when we are gone; we do when the engine is.
    const scratch = path.join(os.tmpdir(), `prompt-confidence-${randomUUID()}`);
    this.child = fork(enginePath, [], engineForkOptions(nodePath, process.env, scratch));
    const exited = new Promise<UserError>((resolve) => {
      this.child.once('exit', (code, signal) => {
        // What it said last may still be on its way, and decides what its end means.
        void this.lastWords().then(() => resolve(this.slowStep ?? this.crash(exitReason(code, signal))));
      });
      this.child.once('error', ({ message }) => resolve(this.crash(`it could not be started: ${message}`)));
    });
    this.exited = exited.finally(() => {
      clearTimeout(this.stepClock);
      return rm(scratch, { recursive: true, force: true });
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => log('debug', text.trimEnd()));
    const connection = createMessageConnection(
      new IPCMessageReader(this.child),
      new IPCMessageWriter(this.child),
    );
    // A write into the channel of a process that is just dying; `exited` tells the story.
    connection.onError(([error]) => log('debug', `engine channel: ${error.message}`));
    this.peer = listen(connection, (error) => log('error', `engine channel: ${String(error)}`));
    this.engine = this.peer.remote(ENGINE_CONTRACT.engine);
    this.peer.serve(ENGINE_CONTRACT.host, {
      log: ({ level, message }) => log(level, message),
      loadProgress: (progress) => this.onProgress(progress),
      preparing: (preparation) => this.enter(preparation),
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  async load(options: EngineOptions, onProgress: (progress: LoadProgress) => void): Promise<ModelInfo> {
    this.onProgress = onProgress;
    try {
      return await this.request(() => this.engine.load(options));
    } finally {
      // A report that arrives after the model is loaded must not make it look unloaded, or start its clock again.
      this.onProgress = () => undefined;
    }
  }

  score(params: ScoreParams, signal: AbortSignal | undefined): Promise<ScoreResult> {
    return this.request((token) => this.engine.score(params, token), signal);
  }

  sample(params: SampleParams, signal: AbortSignal | undefined): Promise<SampleResult> {
    return this.request((token) => this.engine.sample(params, token), signal);
  }

  prompt(params: PromptParams, signal: AbortSignal | undefined): Promise<PromptResult> {
    return this.request((token) => this.engine.prompt(params, token), signal);
  }

  tokens(params: TokensParams, signal: AbortSignal | undefined): Promise<TokensResult> {
    return this.request((token) => this.engine.tokens(params, token), signal);
  }

  /** Sends a request that fails at once when the process dies, instead of waiting for an answer that never comes. */
  private async request<T>(ask: (token: CancellationToken) => Promise<T>, signal?: AbortSignal): Promise<T> {
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

  /** Starts the clock of a step that the engine cannot end by itself: it may block the engine's only thread. */
  private enter(preparation: Preparation): void {
    clearTimeout(this.stepClock);
    const { step } = preparation;
    this.step = step;
    if (step === null) return;
    const ms = this.stepMs[step] + (step === 'template' ? msForMore(preparation.prompts) : 0);
    const left = step === 'template' ? Math.max(0, ms - preparation.spentMs) : ms;
    this.stepClock = setTimeout(() => {
      this.slowStep = tooSlow(step, Math.round(ms / 1000));
      void this.kill();
    }, left);
  }

  /** A template that takes all memory is the model's fault, and no crash that counts against other models. */
  private crash(reason: string): UserError {
    return this.step === 'template'
      ? new UserError(
          'chat-template',
          `The chat template of this model cannot be used: the model engine stopped (${reason}). Set "prompt" to "completion" in the classifier.`,
        )
      : new UserError('engine-crashed', `The model engine stopped: ${reason}.`);
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

/** Prompts of one request that share the time of a template; each further one adds to it. */
const PROMPTS_TOGETHER = 100;
/** Milliseconds for each further prompt: on a machine that is busy, an honest template takes 13 for rendering and tokens. */
const MORE_PROMPT_MS = 50;

function msForMore(prompts: number): number {
  return MORE_PROMPT_MS * Math.max(0, prompts - PROMPTS_TOGETHER);
}

function tooSlow(step: PreparationStep, seconds: number): UserError {
  switch (step) {
    case 'template':
      return new UserError(
        'chat-template-slow',
        `The chat template of this model took more than ${seconds} seconds, so the model engine was stopped. Set "prompt" to "completion" in the classifier, or choose another model.`,
      );
    case 'context':
      return new UserError(
        'engine-timeout',
        `The model was not ready for this classifier within ${seconds} seconds, so its engine was stopped. Use fewer or shorter examples, or a smaller model.`,
      );
  }
}
