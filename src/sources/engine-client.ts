/**
 * The engine as the rest of the program sees it: it starts with the first request and is watched, restarted and unloaded
 * when nobody needs it. Whatever happens to the process, the caller gets an answer or a clear error.
 */
import path from 'node:path';
import { UserError } from '../core/user-error';
import type {
  EngineOptions,
  LoadProgress,
  ModelInfo,
  PromptParams,
  PromptResult,
  SampleParams,
  SampleResult,
  ScoreParams,
  ScoreResult,
  TokensParams,
  TokensResult,
} from '../protocol/engine';
import { abortable } from './abortable';
import { EngineProcess, type EngineLog } from './engine-process';

export type EngineState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly progress: LoadProgress }
  | { readonly kind: 'ready'; readonly model: ModelInfo; readonly pending: number }
  | { readonly kind: 'failed'; readonly error: Error };

export interface EngineClientOptions {
  /** dist/engine.mjs */
  readonly enginePath: string;
  /** Another Node to run the engine under; by default the one that runs this code. */
  readonly nodePath?: string | undefined;
  readonly log: EngineLog;
  /** Milliseconds without a request after which the model is unloaded; 0 for never. */
  readonly idleMs?: number;
  /** Milliseconds that one text may take, and what is prepared before the first text of a classifier. */
  readonly textTimeoutMs?: number;
  /** Milliseconds that the chat template of a model may take for one request, tokens and plan included: real ones take a few. */
  readonly templateTimeoutMs?: number;
  /** Milliseconds that a GPU backend may take to start before the CPU is used instead. */
  readonly gpuDeadlineMs?: number;
  /** See {@link LOAD_STALL_MS}. */
  readonly loadStallMs?: number;
}

/**
 * Milliseconds that loading may go without progress. A file that is mapped into memory is read in one step without
 * any: half an hour is 100 GB at 60 MB/s.
 */
const LOAD_STALL_MS = 30 * 60_000;

const TEXT_TIMEOUT_MS = 120_000;
const TEMPLATE_TIMEOUT_MS = 5_000;

/** More crashes than this within {@link CRASH_WINDOW_MS} and the engine stays down until it is restarted by hand. */
const CRASH_BUDGET = 3;
const CRASH_WINDOW_MS = 10 * 60_000;

/** The options that may change while the client exists. */
export type EngineClientSettings = Pick<EngineClientOptions, 'nodePath' | 'idleMs'>;

interface Running {
  readonly process: EngineProcess;
  /** The Node that it was started under. */
  readonly nodePath: string | undefined;
  readonly model: Promise<ModelInfo>;
  /** Settles, and never rejects, when the engine has finished all earlier requests: it works in order. */
  idle: Promise<unknown>;
}

export class EngineClient {
  private model: EngineOptions | undefined;
  private running: Running | undefined;
  private current: EngineState = { kind: 'stopped' };
  private readonly listeners = new Set<(state: EngineState) => void>();
  private readonly crashes: number[] = [];
  private pending = 0;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(private options: EngineClientOptions) {}

  /** Applies changed settings: the idle time at once, another Node with the next request. */
  configure(settings: EngineClientSettings): void {
    this.options = { ...this.options, ...settings };
    clearTimeout(this.idleTimer);
    if (this.current.kind === 'ready') this.waitForIdle();
  }

  get state(): EngineState {
    return this.current;
  }

  /** Process id of the engine while there is one: for tests, and for the memory shown in the status. */
  get pid(): number | undefined {
    return this.running?.process.pid;
  }

  /** The model file that is used, loaded or not. */
  get modelPath(): string | undefined {
    return this.model?.modelPath;
  }

  onStateChange(listener: (state: EngineState) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  isUsing(model: EngineOptions): boolean {
    return JSON.stringify(model) === JSON.stringify(this.model);
  }

  /** Whether a request for this model would find an engine that has it loaded, or is just loading it. */
  isRunning(model: EngineOptions): boolean {
    return this.isUsing(model) && this.running !== undefined && this.isUpToDate(this.running);
  }

  /** Sets the model to use from now on. A running engine with another one, or under another Node, is stopped. */
  async use(model: EngineOptions): Promise<void> {
    if (this.isUsing(model) && (this.running === undefined || this.isUpToDate(this.running))) return;
    this.model = model;
    await this.stop();
  }

  /** Loads the model unless it is loaded. */
  async load(signal?: AbortSignal): Promise<ModelInfo> {
    return abortable(this.start().model, signal);
  }

  /**
   * Scores texts, in order.
   *
   * @throws UserError `no-model`, `engine-crashed`, `engine-timeout`, `engine-down`, `chat-template`, `chat-template-slow`,
   * `cancelled`, and what loading says
   */
  async score(params: ScoreParams, signal?: AbortSignal): Promise<ScoreResult> {
    return this.request((engine) => engine.score(params, signal), params.texts.length, signal);
  }

  /**
   * Samples answers to texts, in order.
   *
   * @throws UserError as `score`
   */
  async sample(params: SampleParams, signal?: AbortSignal): Promise<SampleResult> {
    const { prompts, texts } = params;
    return this.request((engine) => engine.sample(params, signal), prompts.length * texts.length, signal);
  }

  /**
   * What the model gets for a text.
   *
   * @throws UserError as `score`
   */
  async prompt(params: PromptParams, signal?: AbortSignal): Promise<PromptResult> {
    return this.request((engine) => engine.prompt(params, signal), 1, signal);
  }

  /**
   * The tokens of prompts, and how their answers are read.
   *
   * @throws UserError as `score`
   */
  async tokens(params: TokensParams, signal?: AbortSignal): Promise<TokensResult> {
    return this.request((engine) => engine.tokens(params, signal), 1, signal);
  }

  /** @param decodes texts to evaluate, each as often as it is */
  private async request<T>(
    ask: (engine: EngineProcess) => Promise<T>,
    decodes: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    this.pending++;
    clearTimeout(this.idleTimer);
    try {
      const model = await this.load(signal);
      // Not the process that the load began with: where its GPU hung, another one took over.
      const { running } = this;
      if (running === undefined) throw stopped();
      this.publishReady(model);
      return await abortable(this.limited(running, ask(running.process), decodes), signal);
    } finally {
      this.pending--;
      const { state } = this;
      if (state.kind === 'ready') this.publishReady(state.model);
      this.waitForIdle();
    }
  }

  /** Ends the engine; what was in flight fails. The next request starts a new one. */
  async stop(): Promise<void> {
    clearTimeout(this.idleTimer);
    const { running } = this;
    this.running = undefined;
    this.publish({ kind: 'stopped' });
    await running?.process.kill();
  }

  /** Like stop, and forgets earlier crashes: a restart by hand gets a full budget again. */
  async reset(): Promise<void> {
    this.crashes.length = 0;
    await this.stop();
  }

  async dispose(): Promise<void> {
    this.listeners.clear();
    await this.stop();
  }

  private isUpToDate(running: Running): boolean {
    return running.nodePath === this.options.nodePath;
  }

  private start(): Running {
    if (this.running !== undefined) return this.running;
    const { model } = this;
    if (model === undefined)
      throw new UserError('no-model', 'No model is chosen yet. Choose one, or download the recommended one.');
    const now = Date.now();
    while (this.crashes.length > 0 && now - (this.crashes[0] ?? 0) > CRASH_WINDOW_MS) this.crashes.shift();
    if (this.crashes.length >= CRASH_BUDGET)
      throw new UserError(
        'engine-down',
        `The model engine crashed ${this.crashes.length} times in ${CRASH_WINDOW_MS / 60_000} minutes and is not restarted automatically. Try another model, or turn the GPU off.`,
      );
    return this.launch(model);
  }

  /** Starts a process and loads the model into it. A GPU that hangs or crashes the start is left out of a second try. */
  private launch(options: EngineOptions): Running {
    this.publish({ kind: 'starting', progress: { phase: 'probing', fraction: 0 } });
    const { enginePath, nodePath, log } = this.options;
    const template = this.options.templateTimeoutMs ?? TEMPLATE_TIMEOUT_MS;
    const context = this.options.textTimeoutMs ?? TEXT_TIMEOUT_MS;
    const process = new EngineProcess(enginePath, nodePath, { template, context }, log);
    const isCurrent = (): boolean => this.running?.process === process;
    let loaded = false;
    const giveUpGpu = async (reason: string): Promise<ModelInfo> => {
      this.options.log('warn', `${reason} Starting again on the CPU.`);
      await process.kill();
      if (!isCurrent()) throw stopped();
      return this.launch({ ...options, gpu: 'off', fallback: reason }).model;
    };

    const load = async (): Promise<ModelInfo> => {
      let clock: NodeJS.Timeout | undefined;
      let restart: (phase: LoadProgress['phase']) => void = () => undefined;
      const silent = new Promise<'GPU' | 'load'>((resolve) => {
        restart = (phase) => {
          clearTimeout(clock);
          clock =
            phase === 'probing' && options.gpu !== 'off'
              ? setTimeout(() => resolve('GPU'), this.options.gpuDeadlineMs ?? 30_000)
              : setTimeout(() => resolve('load'), this.options.loadStallMs ?? LOAD_STALL_MS);
        };
      });
      restart('probing');
      const loading = process.load(options, (progress) => {
        restart(progress.phase);
        if (isCurrent()) this.publish({ kind: 'starting', progress });
      });
      // Where it is given up, the request dies with the process that is about to be ended.
      loading.catch(() => undefined);
      try {
        const result = await Promise.race([loading, silent]);
        if (result === 'GPU') return await giveUpGpu('The GPU did not answer in time.');
        if (result === 'load') throw stalled(options);
        return result;
      } catch (error) {
        if (isCrash(error) && options.gpu !== 'off' && isCurrent())
          return await giveUpGpu('The GPU backend crashed.');
        throw error;
      } finally {
        clearTimeout(clock);
      }
    };

    const running: Running = { process, nodePath, model: load(), idle: Promise.resolve() };
    this.running = running;
    running.model.then(
      (info) => {
        loaded = true;
        if (!isCurrent()) return;
        this.publishReady(info);
        this.waitForIdle();
      },
      (error: unknown) => {
        if (!isCurrent()) return;
        // The process is of no use without its model: the next request starts a fresh one.
        this.running = undefined;
        if (isCrash(error)) this.crashes.push(Date.now());
        this.publish({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
        void process.kill();
      },
    );
    void process.exited.then((error) => {
      // Before the model is there, its own error says more, and may lead to a second try.
      if (!isCurrent() || !loaded) return;
      this.running = undefined;
      if (isCrash(error)) this.crashes.push(Date.now());
      this.options.log('error', error.message);
      this.publish({ kind: 'failed', error });
    });
    return running;
  }

  /**
   * Ends an engine that takes longer than any text should: it hangs, and all later requests would wait forever.
   * The clock runs while the engine works on this request, not while it is busy with earlier ones. It keeps running if
   * the caller leaves, because a hanging engine blocks everybody.
   */
  private limited<T>(running: Running, work: Promise<T>, decodes: number): Promise<T> {
    const limit = (this.options.textTimeoutMs ?? TEXT_TIMEOUT_MS) * Math.max(1, decodes);
    const before = running.idle;
    const done = work.catch(() => undefined);
    running.idle = done;
    return new Promise((resolve, reject) => {
      work.then(resolve, reject);
      void before.then(() => {
        const clock = setTimeout(() => {
          reject(
            new UserError(
              'engine-timeout',
              `The model did not answer within ${Math.round(limit / 1000)} seconds, so its engine was stopped.`,
            ),
          );
          if (this.running === running) void this.stop();
        }, limit);
        void done.then(() => clearTimeout(clock));
      });
    });
  }

  private waitForIdle(): void {
    const idleMs = this.options.idleMs ?? 0;
    if (idleMs === 0 || this.pending > 0 || this.running === undefined) return;
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => {
      this.options.log('info', 'The model was not used for a while and is unloaded.');
      void this.stop();
    }, idleMs);
    // An idle model must not keep a command line alive.
    this.idleTimer.unref();
  }

  private publishReady(model: ModelInfo): void {
    this.publish({ kind: 'ready', model, pending: this.pending });
  }

  private publish(state: EngineState): void {
    this.current = state;
    for (const listener of this.listeners) listener(state);
  }
}

function isCrash(error: unknown): boolean {
  return error instanceof UserError && error.code === 'engine-crashed';
}

function stopped(): UserError {
  return new UserError('engine-stopped', 'The model engine was stopped.');
}

function stalled({ modelPath, gpu }: EngineOptions): UserError {
  const advice =
    gpu === 'off' ? 'Move the file to a faster disk' : 'Move the file to a faster disk, turn the GPU off';
  return new UserError(
    'engine-timeout',
    `Loading ${path.basename(modelPath)} made no progress, so the engine was stopped. ${advice}, or try again.`,
  );
}
