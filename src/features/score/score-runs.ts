/** Tables that are being scored: each with its notification, its end, and its way on after a pause. */
import path from 'node:path';
import * as vscode from 'vscode';
import { RowRate } from '../../core/row-rate';
import { labelNames } from '../../core/calibration/compatibility';
import { UserError } from '../../core/user-error';
import { probe } from '../../sources/probe';
import { DEFAULT_SEED } from '../../sources/score-texts';
import { inspectTable } from '../../store/tables/inspect';
import { countRows } from '../../store/tables/rows';
import { scoreCells } from '../../store/tables/score-cells';
import { rowsOf, scoreRun, type ScoreRun, type Shard } from '../../store/tables/score-run';
import {
  discardUnfinished,
  readUnfinished,
  whileAlone,
  type Unfinished,
} from '../../store/tables/scored-file';
import { writeScored } from '../../store/tables/write-scored';
import { reportCalibratorError } from '../../workspace/calibrator-problem';
import { CalibratorError } from '../../workspace/calibrators';
import { reportError } from '../../workspace/report-error';
import type { Services } from '../../workspace/services';
import { readBuckets } from '../../workspace/settings';
import type { WorkHandle } from '../../workspace/work';
import { endInWords, type Scored } from './end';
import { doubtsAbout, rowCalibrator } from './row-calibrator';
import { rowSource } from './row-source';
import { rowsInWords } from '../../core/words/progress';

export interface ScoreOrder {
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

/** For menus: whether there is something to pause. */
const RUNNING_CONTEXT = 'promptConfidence.scoring';

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
  async run(order: ScoreOrder): Promise<void> {
    let scored: Ended;
    try {
      scored = await this.whileShown(order);
    } catch (error) {
      await this.tellStop(order, error);
      return;
    }
    await this.tellEnd(order, scored);
  }

  private async whileShown(order: ScoreOrder): Promise<Ended> {
    const controller = new AbortController();
    this.running.add(controller);
    this.showRunning();
    try {
      return await this.services.work.run(`Scoring ${path.basename(order.source)}`, (handle) =>
        this.score(order, { ...handle, signal: AbortSignal.any([handle.signal, controller.signal]) }),
      );
    } finally {
      this.running.delete(controller);
      this.showRunning();
    }
  }

  private async score(order: ScoreOrder, { report: tell, signal }: WorkHandle): Promise<Ended> {
    const { classifiers, calibrators } = this.services;
    const source = await inspectTable(order.source);
    const rows = await countRows(source);
    const entry = await classifiers.find(order.classifier);
    const { classifier } = entry;
    const { buckets } = readBuckets(vscode.Uri.file(order.source));
    const calibrator = order.leaveRaw ? undefined : await rowCalibrator(calibrators, entry, buckets);
    const from = await rowSource(this.services, classifier, signal);
    const first = await probe(from.ask, classifier.method);
    const doubts = calibrator === undefined ? [] : doubtsAbout(calibrator, classifier, from, first.score);
    const rate = new RowRate();
    const cells = scoreCells(labelNames(classifier), classifier.method, null, from.backend === 'endpoint');
    const run = scoreRun({
      ...from,
      classifier,
      scoring: cells.scoring(first.score),
      seed: DEFAULT_SEED,
      context: first.shape,
      jitter: first.jitter,
      calibrator: calibrator && { ...calibrator.named, buckets },
      source,
      rows,
      textColumn: order.textColumn,
      shard: order.shard,
    });
    const report = await writeScored(source, order.out, {
      run,
      cells,
      score: (texts, own) => from.ask(texts, classifier.method, own),
      textsAtOnce: from.textsAtOnce,
      signal,
      calibrator: calibrator?.copy,
      replace: false,
      onProgress: (progress, total) => {
        rate.add(progress.rows, performance.now());
        tell(rowsInWords(progress.rows, total, rate.perSecond), total === 0 ? 1 : progress.rows / total);
      },
    });
    return {
      report,
      by: calibrator?.named.by,
      doubts,
      labelled: source.header.some((column) => /^(label|y_true)$/iu.test(column.trim())),
    };
  }

  private async tellStop(order: ScoreOrder, error: unknown): Promise<void> {
    const again = (): Promise<void> => this.run(order);
    if (error instanceof CalibratorError)
      return reportCalibratorError(this.services, error, (leaveRaw) => this.run({ ...order, leaveRaw }));
    const left = await readUnfinished(order.out).catch(() => undefined);
    if (!(error instanceof UserError && error.code === 'cancelled'))
      return reportError(this.services, error, left === undefined ? {} : { retry: again });
    if (left === undefined) return;
    const answer = await this.services.prompts.tell(
      'info',
      `Paused: ${howFar(left)} of ${path.basename(order.out)} are scored.`,
      ['Resume', 'Discard'],
    );
    if (answer === 'Resume') await again();
    if (answer === 'Discard') await whileAlone(order.out, () => discardUnfinished(order.out));
  }

  private async tellEnd({ out }: ScoreOrder, scored: Ended): Promise<void> {
    const { labelled } = scored;
    const { severity, message } = endInWords(out, scored);
    const action = labelled ? 'Open Calibration Panel' : 'Open Table';
    if ((await this.services.prompts.tell(severity, message, [action])) !== action) return;
    const command = labelled ? 'promptConfidence.openCalibration' : 'vscode.open';
    await vscode.commands.executeCommand(command, vscode.Uri.file(out));
  }

  private showRunning(): void {
    void vscode.commands.executeCommand('setContext', RUNNING_CONTEXT, this.running.size > 0);
  }
}

/** "1,200 of 5,000 rows (24%)" */
export function howFar({ done, run }: Unfinished): string {
  return rowsInWords(done.rows, rowsOf(run.source.rows, run.shard), undefined);
}

/** How a run that was cut short goes on: raw where it was begun so, whatever its classifier names now. */
export function orderOf(out: string, source: string, run: ScoreRun): ScoreOrder {
  const { classifier, textColumn, shard, calibrator } = run;
  return { source, out, classifier, textColumn, shard, leaveRaw: calibrator === null };
}
