/**
 * Work that a person waits for. It is shown when it takes long, it can be cancelled, and the result view shows it too.
 */
import * as vscode from 'vscode';
import type { Job } from '../app/jobs/job';
import { shareOf } from '../app/jobs/progress';
import { cancelledError } from '../core/user-error';
import { withProgress } from './dialogs';
import { loadingInWords } from '../core/words/progress';
import type { EngineClient, EngineState } from '../sources/engine-client';

/** Milliseconds. Faster work shows no notification. */
const NOTIFY_AFTER_MS = 500;

export interface WorkHandle {
  readonly signal: AbortSignal;
  /** Reports the progress: "12 of 340", and a share from 0 to 1. */
  readonly report: (message: string, fraction: number) => void;
}

interface Step {
  readonly message: string;
  /** Share from 0 to 1; undefined if unknown. */
  readonly fraction: number | undefined;
}

interface Running {
  readonly title: string;
  readonly stop: () => void;
  isLong: boolean;
  step: Step | undefined;
}

export class Work implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly running: Running[] = [];

  /** Fires when the work in progress changed. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly engine: EngineClient) {}

  /** The work that has run for more than a moment, in words; undefined for none. */
  get current(): string | undefined {
    const entry = this.running.findLast((candidate) => candidate.isLong);
    if (entry === undefined) return undefined;
    return entry.step === undefined ? `${entry.title}…` : `${entry.title}: ${entry.step.message}`;
  }

  /** Cancels all work in progress; jobs are paused. */
  cancel(): void {
    for (const { stop } of this.running) stop();
  }

  dispose(): void {
    this.changed.dispose();
  }

  /**
   * Runs a task. If it still runs after half a second, a notification with a Cancel button appears. It also shows
   * what the engine does while it starts.
   *
   * @param title "Classifying reviews.txt": a verb, no full stop
   * @throws the errors of the task; UserError `cancelled`
   */
  async run<T>(title: string, task: (handle: WorkHandle) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const result = await this.show(
      title,
      () => controller.abort(),
      (report) => task({ signal: controller.signal, report }),
    );
    if (controller.signal.aborted) throw cancelledError();
    return result;
  }

  /** Shows a job until it ends, as `run` does; the Cancel button pauses it. */
  async follow(job: Job): Promise<void> {
    await this.show(
      `${job.title} (Cancel pauses it)`,
      () => job.pause(),
      async (report) => {
        const subscription = job.onDidChange(() => {
          if (job.progress !== undefined) report(job.progress.words, shareOf(job.progress));
        });
        await job.ended;
        subscription.dispose();
      },
    );
  }

  private async show<T>(
    title: string,
    stop: () => void,
    task: (report: WorkHandle['report']) => Promise<T>,
  ): Promise<T> {
    const entry: Running = { title, stop, isLong: false, step: engineStep(this.engine.state) };
    const steps = new vscode.EventEmitter<Step>();
    const setStep = (step: Step): void => {
      entry.step = step;
      steps.fire(step);
      if (entry.isLong) this.changed.fire();
    };
    const engineSubscription = this.engine.onStateChange((state) => {
      const step = engineStep(state);
      if (step !== undefined) setStep(step);
    });
    this.running.push(entry);
    const work = task((message, fraction) => setStep({ message, fraction }));
    let notification: NodeJS.Timeout | undefined;
    try {
      notification = setTimeout(() => {
        entry.isLong = true;
        this.changed.fire();
        void notify(entry, work, steps.event);
      }, NOTIFY_AFTER_MS);
      return await work;
    } finally {
      clearTimeout(notification);
      engineSubscription.dispose();
      steps.dispose();
      this.running.splice(this.running.indexOf(entry), 1);
      if (entry.isLong) this.changed.fire();
    }
  }
}

/** The step of a starting engine. */
function engineStep(state: EngineState): Step | undefined {
  if (state.kind !== 'starting') return undefined;
  const { phase, fraction } = state.progress;
  return { message: loadingInWords(state.progress), fraction: phase === 'loading' ? fraction : undefined };
}

async function notify(entry: Running, work: Promise<unknown>, steps: vscode.Event<Step>): Promise<void> {
  await withProgress(
    { location: vscode.ProgressLocation.Notification, title: entry.title, cancellable: true },
    async (report, token) => {
      let percent = 0;
      const show = (step: Step | undefined): void => {
        if (step === undefined) return;
        const now = (step.fraction ?? 0) * 100;
        // The bar cannot go back: the step after loading the model starts where loading ended.
        report(step.message, Math.max(0, now - percent));
        percent = Math.max(percent, now);
      };
      show(entry.step);
      const subscriptions = [steps(show), token.onCancellationRequested(entry.stop)];
      try {
        await work.catch(() => undefined);
      } finally {
        for (const subscription of subscriptions) subscription.dispose();
      }
    },
  );
}
