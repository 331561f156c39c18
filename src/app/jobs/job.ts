/** Long work that can be paused, resumed and found again: the interface of a kind of job, and one run of a job. */
import { cancelledError, UserError } from '../../core/user-error';
import type { JobProgress } from './progress';

/** Interrupted: a kill or a reload ended the run, and the job was found later. */
export type JobState = 'running' | 'paused' | 'finished' | 'failed' | 'cancelled' | 'interrupted';

/** What a job is given while it runs. */
export interface JobContext {
  /** Ends the run, which leaves a checkpoint; its reason is a UserError `cancelled`. */
  readonly signal: AbortSignal;
  readonly report: (progress: JobProgress) => void;
  /** Adds a line to the log of the surface. */
  readonly log: (line: string) => void;
}

/** A job that is not running here and can be resumed. */
export interface Unfinished<Order> {
  readonly order: Order;
  readonly state: Extract<JobState, 'paused' | 'failed' | 'interrupted'>;
  /** How far it is: "1,200 of 5,000 rows (24%)". */
  readonly words: string;
  /** True while another window or a command line runs it. */
  readonly isElsewhere: boolean;
}

/**
 * One kind of job.
 *
 * @template Order plain JSON: everything that is needed to start the job again
 */
export interface JobKind<Order, Result> {
  readonly name: string;
  /** "Scoring reviews.csv": a verb, no full stop. */
  readonly title: (order: Order) => string;
  /** Absolute path of what the job writes. No two jobs write the same file at once. */
  readonly output: (order: Order) => string;
  /** Absolute path of the job's own log; undefined where it writes to that of the surface. */
  readonly logFile: (order: Order) => string | undefined;
  /**
   * Runs the job from its checkpoint if there is one, and holds the lock of its output meanwhile.
   *
   * @throws UserError cancelled: after the signal
   */
  readonly run: (order: Order, context: JobContext) => Promise<Result>;
  /**
   * Finds jobs that other windows, the command line or killed processes left unfinished.
   *
   * @param folder absolute path: only jobs whose output lies in it; undefined for every place that the kind knows
   */
  readonly unfinished: (folder: string | undefined) => Promise<readonly Unfinished<Order>[]>;
  /** Deletes the checkpoint, under the lock of the output. */
  readonly discard: (order: Order) => Promise<void>;
}

export type JobEnd<Result> =
  | { readonly state: 'finished'; readonly result: Result }
  | { readonly state: 'paused' }
  | { readonly state: 'cancelled' }
  | { readonly state: 'failed'; readonly error: unknown };

export function jobId<Order, Result>(kind: JobKind<Order, Result>, order: Order): string {
  return `${kind.name}:${kind.output(order)}`;
}

/** What a kind does for one order. */
interface Work<Result> {
  readonly run: (signal: AbortSignal, report: JobContext['report']) => Promise<Result>;
  readonly discard: () => Promise<void>;
  readonly log: JobContext['log'];
}

/** One run of a job. It starts when it is constructed. */
export class Job<Order = unknown, Result = unknown> {
  readonly id: string;
  /** Name of the kind. */
  readonly kind: string;
  readonly title: string;
  readonly output: string;
  readonly logFile: string | undefined;
  /** Never rejects. */
  readonly ended: Promise<JobEnd<Result>>;
  private readonly controller = new AbortController();
  private readonly listeners = new Set<() => void>();
  private isGivenUp = false;
  private currentState: JobState = 'running';
  private currentProgress: JobProgress | undefined;

  constructor(
    kind: JobKind<Order, Result>,
    readonly order: Order,
    log: (line: string) => void,
  ) {
    this.id = jobId(kind, order);
    this.kind = kind.name;
    this.title = kind.title(order);
    this.output = kind.output(order);
    this.logFile = kind.logFile(order);
    const tell = (line: string): void => log(`${this.title}: ${line}`);
    this.ended = this.run({
      run: (signal, report) => kind.run(order, { signal, report, log: tell }),
      discard: () => kind.discard(order),
      log: tell,
    });
  }

  get state(): JobState {
    return this.currentState;
  }

  /** Undefined until the job has reported something. */
  get progress(): JobProgress | undefined {
    return this.currentProgress;
  }

  /** Calls the listener after each change of state or progress. */
  onDidChange(listener: () => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  /** Ends the run; its checkpoint stays. */
  pause(): void {
    this.controller.abort(cancelledError());
  }

  /** Ends the run and deletes its checkpoint. */
  cancel(): void {
    this.isGivenUp = true;
    this.pause();
  }

  private async run(work: Work<Result>): Promise<JobEnd<Result>> {
    work.log(`began, writing ${this.output}`);
    const end = await this.endOf(work);
    work.log(end.state === 'failed' ? `failed: ${messageOf(end.error)}` : end.state);
    this.currentState = end.state;
    this.changed();
    return end;
  }

  private async endOf({ run, discard }: Work<Result>): Promise<JobEnd<Result>> {
    try {
      const report = (progress: JobProgress): void => {
        this.currentProgress = progress;
        this.changed();
      };
      return { state: 'finished', result: await run(this.controller.signal, report) };
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'cancelled')) return { state: 'failed', error };
    }
    if (!this.isGivenUp) return { state: 'paused' };
    try {
      await discard();
      return { state: 'cancelled' };
    } catch (error) {
      return { state: 'failed', error };
    }
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
