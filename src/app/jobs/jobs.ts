/** The jobs of one surface: those that run in it, and those that were left unfinished. */
import { UserError } from '../../core/user-error';
import { Job, jobId, type JobKind, type Unfinished } from './job';

/** A job that can be resumed, whatever its kind. */
export interface UnfinishedJob extends Omit<Unfinished<unknown>, 'order'> {
  /** Name of its kind. */
  readonly kind: string;
  readonly title: string;
  readonly output: string;
  readonly logFile: string | undefined;
  /** Settles when the job has ended again and the surface has reported it. */
  readonly resume: () => Promise<void>;
  readonly discard: () => Promise<void>;
}

export class Jobs {
  private readonly active = new Map<string, Job>();
  private readonly listeners = new Set<() => void>();
  /** One of each registered kind. */
  private readonly finders: (() => Promise<UnfinishedJob[]>)[] = [];

  /** @param log receives, line by line, the log of jobs that have no log file of their own */
  constructor(private readonly log: (line: string) => void) {}

  get running(): readonly Job[] {
    return [...this.active.values()];
  }

  /** Calls the listener after a job began, ended or reported. */
  onDidChange(listener: () => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  /**
   * Makes a kind known, so that its unfinished jobs are found.
   *
   * @param resume runs a job as the surface does: it shows the job's progress and result
   */
  register<Order, Result>(kind: JobKind<Order, Result>, resume: (order: Order) => Promise<void>): void {
    this.finders.push(async () =>
      (await this.unfinishedOf(kind)).map(({ order, state, words, isElsewhere }) => ({
        state,
        words,
        isElsewhere,
        kind: kind.name,
        title: kind.title(order),
        output: kind.output(order),
        logFile: kind.logFile(order),
        resume: () => resume(order),
        discard: () => kind.discard(order),
      })),
    );
  }

  /**
   * Starts a job, or resumes it if it has a checkpoint.
   *
   * @throws UserError job-running: it runs here already
   */
  start<Order, Result>(kind: JobKind<Order, Result>, order: Order): Job<Order, Result> {
    const id = jobId(kind, order);
    if (this.active.has(id))
      throw new UserError('job-running', `${kind.title(order)} is running. Wait for it, or pause it first.`);
    const job = new Job(kind, order, this.log);
    this.active.set(id, job);
    const subscription = job.onDidChange(() => this.changed());
    void job.ended.then(() => {
      subscription.dispose();
      this.active.delete(id);
      this.changed();
    });
    this.changed();
    return job;
  }

  /** Finds the jobs of every registered kind that do not run here and can be resumed. */
  async unfinished(): Promise<UnfinishedJob[]> {
    return (await Promise.all(this.finders.map((find) => find()))).flat();
  }

  /**
   * Finds the jobs of one kind that do not run here and can be resumed.
   *
   * @param folder absolute path: only jobs whose output lies in it
   */
  async unfinishedOf<Order, Result>(
    kind: JobKind<Order, Result>,
    folder?: string,
  ): Promise<Unfinished<Order>[]> {
    const found = await kind.unfinished(folder);
    return found.filter(({ order }) => !this.active.has(jobId(kind, order)));
  }

  /** Pauses every job. Settles when all have left their checkpoints. */
  async stop(): Promise<void> {
    for (const job of this.running) job.pause();
    await Promise.all(this.running.map((job) => job.ended));
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
