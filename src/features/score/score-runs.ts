/** Tables that are scored in the editor: shows each job and how it ended, and resumes it. */
import path from 'node:path';
import { COMMANDS, CONTEXT_KEYS } from '../../protocol/manifest';
import * as vscode from 'vscode';
import type { Job, JobContext, JobKind } from '../../app/jobs/job';
import { JobMeter, shareOf } from '../../app/jobs/progress';
import { type ScoreChoice, scoringKind, unfinishedScoring } from '../../app/jobs/scoring';
import { type ScoreOrder, scoreTable } from '../../app/score-table';
import { progressInWords } from '../../core/words/progress';
import { scoredInWords } from '../../core/words/scored';
import { ClassifierCalibrator, RAW_LABELS } from '../../app/classifier-calibrator';
import { reportCalibratorError } from '../../editor/calibrator-problem';
import { CalibratorError, explained } from '../../editor/calibrators';
import { checkPlace } from '../../editor/place';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { bucketsFor } from '../../editor/settings';
import { stepDone } from '../../editor/walkthrough';
import { endInWords, type Scored } from './end';

interface Ended extends Scored {
  /** Whether the table has true labels, so that it can be compared with others. */
  readonly isLabelled: boolean;
}

/** Milliseconds between looks at a paused run, which other programs may resume. */
const LOOK_MS = 2000;

export class ScoreRuns implements vscode.Disposable {
  readonly kind: JobKind<ScoreChoice, Ended>;
  private readonly subscription: { dispose(): void };
  private isShownRunning = false;
  /** Aborted when the window closes. */
  private readonly closing = new AbortController();

  constructor(private readonly services: Services) {
    this.kind = scoringKind({
      run: (choice, context) => this.score(choice, context),
      folders: writableFolders,
    });
    this.subscription = services.jobs.onDidChange(() => this.showRunning());
  }

  /** Pauses what is running. It can be resumed later, also in another window. */
  pause(): void {
    for (const job of this.running()) job.pause();
  }

  dispose(): void {
    this.subscription.dispose();
    this.closing.abort();
    this.pause();
  }

  /**
   * Scores a table, or resumes it, and tells how it ended. Settles when the person has answered.
   *
   * @param compareWith tables with the same rows that it is compared with at its end
   */
  async run(choice: ScoreChoice, compareWith: readonly vscode.Uri[] = []): Promise<void> {
    const { jobs, work } = this.services;
    let job: Job<ScoreChoice, Ended>;
    try {
      job = jobs.start(this.kind, choice);
    } catch (error) {
      return reportError(this.services, error);
    }
    await work.follow(job);
    const end = await job.ended;
    switch (end.state) {
      case 'finished':
        stepDone('score');
        return this.tellEnd(choice, end.result, compareWith);
      case 'paused':
        return this.tellPause(choice, job.progress === undefined ? 0 : shareOf(job.progress));
      case 'failed':
        return this.tellFailure(choice, end.error);
      case 'cancelled':
        return;
    }
  }

  /** Goes on with a run that was paused. It may run or have ended since somebody was offered to. */
  async resume(choice: ScoreChoice): Promise<void> {
    const isRunning = this.running().some(({ output }) => output === choice.out);
    const left = isRunning ? undefined : await unfinishedScoring(choice.out);
    if (left !== undefined) return this.run(choice);
    const name = path.basename(choice.out);
    const said = isRunning ? `${name} is being scored.` : `${name} is no longer unfinished.`;
    await this.services.dialogs.tell('info', said);
  }

  private async score(choice: ScoreChoice, { report: tell, log, signal }: JobContext): Promise<Ended> {
    const { classifiers, calibrators, sources } = this.services;
    const entry = await classifiers.find(choice.classifier);
    const { classifier } = entry;
    const checked = choice.leaveRaw ? undefined : await calibrators.checked(entry);
    const calibrator = checked?.calibrator instanceof ClassifierCalibrator ? checked.calibrator : undefined;
    const meter = new JobMeter(() => performance.now());
    let isFirst = true;
    const onProgress = ({ rows }: { readonly rows: number }, total: number): void => {
      if (isFirst && rows > 0) log(`resumed after row ${rows.toLocaleString('en-US')}`);
      isFirst = false;
      tell(meter.at(rows, total, progressInWords));
    };
    await checkPlace(vscode.Uri.file(choice.out));
    const order: ScoreOrder = {
      ...choice,
      classifier,
      calibrator,
      buckets: bucketsFor(classifier, vscode.Uri.file(choice.source)),
    };
    const { report, warnings, isLabelled } = await explained(checked?.all ?? [], classifier, () =>
      scoreTable(sources, order, { signal, onProgress }),
    );
    const by = calibrator?.named.by;
    const said = checked !== undefined && calibrator === undefined ? [...warnings, RAW_LABELS] : warnings;
    log(scoredInWords(choice.out, report, by));
    return {
      report,
      by,
      doubts: said.map(({ message }) => message),
      isLabelled,
    };
  }

  private async tellPause(choice: ScoreChoice, share: number): Promise<void> {
    const left = await unfinishedScoring(choice.out);
    if (left === undefined) return;
    const gone = this.whenGone(choice.out);
    const answer = await this.services.dialogs.note(
      `Paused: ${left.words} of ${path.basename(choice.out)} are scored. The Home view lists it under Running, to resume or discard it. (Cancel closes this note.)`,
      'Resume',
      share,
      gone.signal,
    );
    gone.dispose();
    if (answer === 'Resume') await this.resume(choice);
  }

  /** The signal aborts once a paused run goes on or is discarded, here, in another window or on the command line. */
  private whenGone(out: string): { readonly signal: AbortSignal; readonly dispose: () => void } {
    const { jobs, log } = this.services;
    const controller = new AbortController();
    const look = async (): Promise<void> => {
      const left = await unfinishedScoring(out);
      if (left === undefined || left.isElsewhere) controller.abort();
    };
    const timer = setInterval(() => {
      look().catch((error: unknown) => log.error('a paused run', error));
    }, LOOK_MS);
    const subscription = jobs.onDidChange(() => {
      if (this.running().some(({ output }) => output === out)) controller.abort();
    });
    return {
      signal: AbortSignal.any([controller.signal, this.closing.signal]),
      dispose: () => {
        clearInterval(timer);
        subscription.dispose();
      },
    };
  }

  private async tellFailure(choice: ScoreChoice, error: unknown): Promise<void> {
    if (error instanceof CalibratorError)
      return reportCalibratorError(this.services, error, (leaveRaw) => this.run({ ...choice, leaveRaw }));
    const left = await unfinishedScoring(choice.out);
    await reportError(this.services, error, left === undefined ? {} : { retry: () => this.run(choice) });
  }

  private async tellEnd(
    { out }: ScoreChoice,
    scored: Ended,
    compareWith: readonly vscode.Uri[],
  ): Promise<void> {
    const { isLabelled } = scored;
    const { severity, message } = endInWords(out, scored);
    if (isLabelled && compareWith.length > 0) {
      void this.services.dialogs.tell(severity, message);
      const [first] = compareWith;
      const tables = [...compareWith, vscode.Uri.file(out)];
      await vscode.commands.executeCommand(COMMANDS.compareTables, first, tables);
      return;
    }
    // Without true labels it shows the predictions, and what to do next.
    const action = 'Open Calibration Panel';
    if ((await this.services.dialogs.tell(severity, message, [action])) !== action) return;
    await vscode.commands.executeCommand(COMMANDS.openCalibration, vscode.Uri.file(out));
  }

  private running(): readonly Job[] {
    return this.services.jobs.running.filter(({ kind }) => kind === this.kind.name);
  }

  private showRunning(): void {
    const isRunning = this.running().length > 0;
    if (isRunning === this.isShownRunning) return;
    this.isShownRunning = isRunning;
    void vscode.commands.executeCommand('setContext', CONTEXT_KEYS.scoring, isRunning);
  }
}

/** Those of a trusted workspace: resuming writes files. */
function writableFolders(): string[] {
  if (!vscode.workspace.isTrusted) return [];
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
}
