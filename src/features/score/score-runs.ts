/** Tables that are being scored: each with its notification, its end, and its way on after a pause. */
import path from 'node:path';
import { COMMANDS, CONTEXT_KEYS } from '../../protocol/manifest';
import * as vscode from 'vscode';
import { type ScoredTable, type ScoreOrder, scoreTable } from '../../app/score-table';
import { RowRate } from '../../core/row-rate';
import { UserError } from '../../core/user-error';
import { rowsInWords } from '../../core/words/progress';
import { rowsOf, type ScoreRun, type Shard } from '../../store/tables/score-run';
import {
  discardUnfinished,
  readUnfinished,
  whileAlone,
  type Unfinished,
} from '../../store/tables/scored-file';
import { reportCalibratorError } from '../../workspace/calibrator-problem';
import { CalibratorError, explained } from '../../workspace/calibrators';
import { reportError } from '../../workspace/report-error';
import type { Services } from '../../workspace/services';
import { readBuckets } from '../../workspace/settings';
import type { WorkHandle } from '../../workspace/work';
import { endInWords, type Scored } from './end';

/** What a person chose to score. */
export interface ScoreChoice {
  /** Absolute path of the table to score. */
  readonly source: string;
  /** Absolute path of the scored copy. */
  readonly out: string;
  /** By name: its file is read when the run begins or goes on. */
  readonly classifier: string;
  readonly textColumn: string;
  readonly shard?: Shard | undefined;
  /** Raw scores, whatever calibrator the classifier names. */
  readonly leaveRaw: boolean;
}

interface Ended extends Scored {
  /** Whether the table says what is right, so that the calibration panel can show something. */
  readonly labelled: boolean;
}

export class ScoreRuns implements vscode.Disposable {
  private readonly running = new Set<AbortController>();

  constructor(private readonly services: Services) {}

  /** Stops what is running; it can go on later, in another window too. */
  pause(): void {
    for (const controller of this.running) controller.abort();
  }

  dispose(): void {
    this.pause();
  }

  /** Scores a table, or goes on with it, and says how it ended. Settles when that is said and answered. */
  async run(choice: ScoreChoice): Promise<void> {
    let scored: Ended;
    try {
      scored = await this.whileShown(choice);
    } catch (error) {
      await this.tellStop(choice, error);
      return;
    }
    await this.tellEnd(choice, scored);
  }

  private async whileShown(choice: ScoreChoice): Promise<Ended> {
    const controller = new AbortController();
    this.running.add(controller);
    this.showRunning();
    try {
      return await this.services.work.run(`Scoring ${path.basename(choice.source)}`, (handle) =>
        this.score(choice, { ...handle, signal: AbortSignal.any([handle.signal, controller.signal]) }),
      );
    } finally {
      this.running.delete(controller);
      this.showRunning();
    }
  }

  private async score(choice: ScoreChoice, { report: tell, signal }: WorkHandle): Promise<Ended> {
    const { classifiers, calibrators, sources } = this.services;
    const entry = await classifiers.find(choice.classifier);
    const { classifier } = entry;
    const checked = choice.leaveRaw ? undefined : await calibrators.checked(entry);
    const rate = new RowRate();
    const order: ScoreOrder = {
      ...choice,
      classifier,
      calibrator: checked?.calibrator,
      buckets: readBuckets(vscode.Uri.file(choice.source)).buckets,
    };
    const scoring = (): Promise<ScoredTable> =>
      scoreTable(sources, order, {
        signal,
        onProgress: (progress, total) => {
          rate.add(progress.rows, performance.now());
          tell(rowsInWords(progress.rows, total, rate.perSecond), total === 0 ? 1 : progress.rows / total);
        },
      });
    const { report, warnings, header } = await (checked === undefined
      ? scoring()
      : explained(checked.named, classifier, scoring));
    return {
      report,
      by: checked?.named.by,
      doubts: warnings.map(({ message }) => message),
      labelled: header.some((column) => /^(label|y_true)$/iu.test(column.trim())),
    };
  }

  private async tellStop(choice: ScoreChoice, error: unknown): Promise<void> {
    const again = (): Promise<void> => this.run(choice);
    if (error instanceof CalibratorError)
      return reportCalibratorError(this.services, error, (leaveRaw) => this.run({ ...choice, leaveRaw }));
    const left = await readUnfinished(choice.out).catch(() => undefined);
    if (!(error instanceof UserError && error.code === 'cancelled'))
      return reportError(this.services, error, left === undefined ? {} : { retry: again });
    if (left === undefined) return;
    const answer = await this.services.prompts.tell(
      'info',
      `Paused: ${howFar(left)} of ${path.basename(choice.out)} are scored.`,
      ['Resume', 'Discard'],
    );
    if (answer === 'Resume') await again();
    if (answer === 'Discard') await whileAlone(choice.out, () => discardUnfinished(choice.out));
  }

  private async tellEnd({ out }: ScoreChoice, scored: Ended): Promise<void> {
    const { labelled } = scored;
    const { severity, message } = endInWords(out, scored);
    const action = labelled ? 'Open Calibration Panel' : 'Open Table';
    if ((await this.services.prompts.tell(severity, message, [action])) !== action) return;
    const command = labelled ? COMMANDS.openCalibration : 'vscode.open';
    await vscode.commands.executeCommand(command, vscode.Uri.file(out));
  }

  private showRunning(): void {
    void vscode.commands.executeCommand('setContext', CONTEXT_KEYS.scoring, this.running.size > 0);
  }
}

/** "1,200 of 5,000 rows (24%)" */
export function howFar({ done, run }: Unfinished): string {
  return rowsInWords(done.rows, rowsOf(run.source.rows, run.shard), undefined);
}

/** How a run that was cut short goes on: raw where it was begun so, whatever its classifier names now. */
export function choiceOf(out: string, source: string, run: ScoreRun): ScoreChoice {
  const { classifier, textColumn, shard, calibrator } = run;
  return { source, out, classifier, textColumn, shard, leaveRaw: calibrator === null };
}
