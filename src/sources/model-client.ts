/**
 * A process with a model as the rest of the program sees it: it starts with the first request and is watched, restarted
 * and unloaded when nobody needs it. Whatever happens to the process, the caller gets an answer or a clear error.
 */
import { UserError } from '../core/user-error';
import type { LoadProgress } from '../protocol/child';
import { abortable } from './abortable';
import type { ModelLog, ModelProcess } from './model-process';

export type ModelState<Info> =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly progress: LoadProgress }
  | { readonly kind: 'ready'; readonly model: Info; readonly pending: number }
  | { readonly kind: 'failed'; readonly error: Error };

export interface ModelClientOptions {
  /** Another Node to run the process under; by default the one that runs this code. */
  readonly nodePath?: string | undefined;
  readonly log: ModelLog;
  /** Milliseconds without a request after which the model is unloaded; 0 for never. */
  readonly idleMs?: number;
  /** Milliseconds that one text may take, and what is prepared before the first text of a classifier. */
  readonly textTimeoutMs?: number;
  /** See {@link LOAD_STALL_MS}. */
  readonly loadStallMs?: number;
}

/**
 * Milliseconds that loading may go without progress. A file that is mapped into memory is read in one step without
 * any: half an hour is 100 GB at 60 MB/s.
 */
export const LOAD_STALL_MS = 30 * 60_000;

export const TEXT_TIMEOUT_MS = 120_000;

/** Of a timer, which fires at once where it is asked for more. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** More crashes than this within {@link CRASH_WINDOW_MS} and the engine stays down until it is restarted by hand. */
const CRASH_BUDGET = 3;
const CRASH_WINDOW_MS = 10 * 60_000;

/** The options that may change while the client exists. */
export type ModelClientSettings = Pick<ModelClientOptions, 'nodePath' | 'idleMs'>;

/** How a model is loaded, as far as every kind of process knows it. */
interface LoadOptions {
  readonly modelPath: string;
}

interface Running<Info, Process> {
  readonly process: Process;
  /** The Node that it was started under. */
  readonly nodePath: string | undefined;
  readonly model: Promise<Info>;
  /** Settles, and never rejects, when the process has finished all earlier requests: it works in order. */
  idle: Promise<unknown>;
}

export abstract class ModelClient<Load extends LoadOptions, Info, Process extends ModelProcess> {
  private model: Load | undefined;
  private running: Running<Info, Process> | undefined;
  private current: ModelState<Info> = { kind: 'stopped' };
  private readonly listeners = new Set<(state: ModelState<Info>) => void>();
  private readonly crashes: number[] = [];
  private pending = 0;
  private idleTimer: NodeJS.Timeout | undefined;

  protected constructor(private options: ModelClientOptions) {}

  /** Starts the process, without a model. */
  protected abstract spawn(nodePath: string | undefined): Process;

  /** Loads a model into a process that has just been started. */
  protected abstract loadInto(process: Process, load: Load): Promise<Info>;

  /** What a person can try where the process crashes again and again. */
  protected abstract readonly lastResort: string;

  /** Applies changed settings: the idle time at once, another Node with the next request. */
  configure(settings: ModelClientSettings): void {
    this.options = { ...this.options, ...settings };
    clearTimeout(this.idleTimer);
    if (this.current.kind === 'ready') this.waitForIdle();
  }

  get state(): ModelState<Info> {
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

  onStateChange(listener: (state: ModelState<Info>) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  isUsing(model: Load): boolean {
    return JSON.stringify(model) === JSON.stringify(this.model);
  }

  /** Whether a request for this model would find an engine that has it loaded, or is just loading it. */
  isRunning(model: Load): boolean {
    return this.isUsing(model) && this.running !== undefined && this.isUpToDate(this.running);
  }

  /** Sets the model to use from now on. A running engine with another one, or under another Node, is stopped. */
  async use(model: Load): Promise<void> {
    if (this.isUsing(model) && (this.running === undefined || this.isUpToDate(this.running))) return;
    this.model = model;
    await this.stop();
  }

  /** Loads the model unless it is loaded. */
  async load(signal?: AbortSignal): Promise<Info> {
    return abortable(this.start().model, signal);
  }

  /** @param decodes texts to evaluate, each as often as it is */
  protected async request<T>(
    ask: (process: Process) => Promise<T>,
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

  private isUpToDate(running: Running<Info, Process>): boolean {
    return running.nodePath === this.options.nodePath;
  }

  private start(): Running<Info, Process> {
    if (this.running !== undefined) return this.running;
    const { model } = this;
    if (model === undefined)
      throw new UserError('no-model', 'No model is chosen yet. Choose one, or download the recommended one.');
    const now = Date.now();
    while (this.crashes.length > 0 && now - (this.crashes[0] ?? 0) > CRASH_WINDOW_MS) this.crashes.shift();
    if (this.crashes.length >= CRASH_BUDGET)
      throw new UserError(
        'engine-down',
        `The model engine crashed ${this.crashes.length} times in ${CRASH_WINDOW_MS / 60_000} minutes and is not restarted automatically. ${this.lastResort}`,
      );
    return this.launch(model);
  }

  /** Starts a process and loads the model into it. */
  protected launch(load: Load): Running<Info, Process> {
    this.publish({ kind: 'starting', progress: { phase: 'probing', fraction: 0 } });
    const { nodePath } = this.options;
    const process = this.spawn(nodePath);
    let loaded = false;
    const running: Running<Info, Process> = {
      process,
      nodePath,
      model: this.loadInto(process, load),
      idle: Promise.resolve(),
    };
    this.running = running;
    running.model.then(
      (info) => {
        loaded = true;
        if (!this.isCurrent(process)) return;
        this.publishReady(info);
        this.waitForIdle();
      },
      (error: unknown) => {
        if (!this.isCurrent(process)) return;
        // The process is of no use without its model: the next request starts a fresh one.
        this.running = undefined;
        if (isCrash(error)) this.crashes.push(Date.now());
        this.publish({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
        void process.kill();
      },
    );
    void process.exited.then((error) => {
      // Before the model is there, its own error says more, and may lead to a second try.
      if (!this.isCurrent(process) || !loaded) return;
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
  private limited<T>(running: Running<Info, Process>, work: Promise<T>, decodes: number): Promise<T> {
    const limit = Math.min(
      LONGEST_TIMEOUT_MS,
      (this.options.textTimeoutMs ?? TEXT_TIMEOUT_MS) * Math.max(1, decodes),
    );
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

  /** Whether requests go to this process: it was neither stopped nor replaced. */
  protected isCurrent(process: Process): boolean {
    return this.running?.process === process;
  }

  private publishReady(model: Info): void {
    this.publish({ kind: 'ready', model, pending: this.pending });
  }

  protected publish(state: ModelState<Info>): void {
    this.current = state;
    for (const listener of this.listeners) listener(state);
  }
}

export function isCrash(error: unknown): boolean {
  return error instanceof UserError && error.code === 'engine-crashed';
}

export function stopped(): UserError {
  return new UserError('engine-stopped', 'The model engine was stopped.');
}
