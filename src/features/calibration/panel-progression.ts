/**
 * Whether more labelled rows would help, for a panel. It is computed on demand in a thread of its own, which reads the
 * table itself. So the panel still answers, and stopping this stops nothing else.
 */
import type * as vscode from 'vscode';
import { NO_PROGRESSION, type ProgressionState } from '../../protocol/calibration-decisions';
import type { PanelSettings, PanelState } from '../../protocol/calibration-page';
import { CalibrationWorker } from './worker-client';

export interface ProgressionHost {
  readonly script: string;
  /** Where labels of the table are kept; null without a folder. */
  readonly labels: string | null;
  /** @throws UserError as `LocalTable.file` */
  file(): Promise<string>;
  settings(): PanelSettings;
  explained(error: unknown): NonNullable<PanelState['error']>;
  show(state: ProgressionState): void;
  /** Logs a defect. */
  failed(error: unknown): void;
}

export class PanelProgression implements vscode.Disposable {
  private readonly worker: CalibrationWorker;
  /** Counts the computations, so that a late answer of an earlier one is not shown. */
  private run = 0;

  constructor(private readonly host: ProgressionHost) {
    this.worker = new CalibrationWorker(
      host.script,
      {
        progress: (message) => this.host.show({ ...NO_PROGRESSION, busy: message }),
        preliminary: () => undefined,
        failed: (error) => this.host.failed(error),
      },
      host.labels,
    );
  }

  /** Stops, and forgets the result: the table changed, or the person cancelled. */
  reset(): void {
    this.dispose();
    this.host.show(NO_PROGRESSION);
  }

  dispose(): void {
    this.run++;
    this.worker.stop();
  }

  async start(): Promise<void> {
    this.dispose();
    const { run } = this;
    this.host.show({ ...NO_PROGRESSION, busy: 'Reading the table' });
    try {
      const file = await this.host.file();
      if (run !== this.run) return;
      const methods = await this.worker.progression({ file, settings: this.host.settings(), reload: true });
      if (run === this.run) this.host.show({ ...NO_PROGRESSION, methods });
    } catch (error) {
      if (run === this.run) this.host.show({ ...NO_PROGRESSION, error: this.host.explained(error) });
    }
    // The thread holds a copy of the table that is not needed again.
    if (run === this.run) this.worker.stop();
  }
}
