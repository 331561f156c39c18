/**
 * What labels of people tell about the table of a panel. It is computed in a thread of its own whenever the labels or the
 * table change, so that the panel still answers.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { LabelPlace } from '../../editor/label-files';
import type { FoundShares } from '../../protocol/calibration-shares';
import type { PanelSettings } from '../../protocol/calibration-page';
import { namesIn } from '../../store/folders';
import { type FileWatch, watchFiles } from './watch-table';
import { CalibrationWorker } from './worker-client';

export interface SharesHost {
  readonly script: string;
  /** Where labels of the table are kept; undefined without a folder. */
  readonly place: LabelPlace | undefined;
  /** @throws UserError as `LocalTable.file` */
  file(): Promise<string>;
  settings(): PanelSettings;
  show(found: FoundShares): void;
  /** Labels were added or taken back. */
  changed(): void;
  /** Fires when labels were saved in this window. */
  readonly saved: vscode.Event<void>;
  /** Logs why nothing was found. */
  failed(error: unknown): void;
}

export class PanelShares implements vscode.Disposable {
  private readonly worker: CalibrationWorker;
  private readonly watch: FileWatch | undefined;
  /** Counts the computations, so that a late answer of an earlier one is not shown. */
  private run = 0;
  /** The files with labels when they were read last; undefined before. */
  private stamp: string | undefined;

  constructor(private readonly host: SharesHost) {
    const { place } = host;
    this.worker = new CalibrationWorker(
      host.script,
      {
        progress: () => undefined,
        preliminary: () => undefined,
        failed: (error) => this.host.failed(error),
      },
      place?.file,
    );
    this.watch =
      place &&
      watchFiles(
        vscode.Uri.file(path.dirname(place.file)),
        '*.csv',
        { changed: () => undefined, settled: () => void this.look() },
        host.saved,
      );
  }

  dispose(): void {
    this.run++;
    this.watch?.dispose();
    this.worker.stop();
  }

  /**
   * Computes if labels have changed. Nobody tells of a folder that is made together with its parent while the panel is
   * open, so the panel looks again when it is shown.
   */
  async look(): Promise<void> {
    const { place } = this.host;
    if (place === undefined || this.stamp === undefined) return;
    this.watch?.willRead();
    if ((await stampOf(path.dirname(place.file))) === this.stamp) return;
    this.host.changed();
    await this.compute();
  }

  /** Looks for labels of the table, and estimates from them. */
  async compute(): Promise<void> {
    const { place } = this.host;
    if (place === undefined) return;
    const run = ++this.run;
    this.watch?.willRead();
    this.stamp = await stampOf(path.dirname(place.file));
    if (run !== this.run) return;
    // Most workspaces have no labels, and need no thread.
    if (this.stamp === '') {
      this.host.show(null);
      return;
    }
    try {
      const file = await this.host.file();
      if (run !== this.run) return;
      const found = await this.worker.shares({ file, settings: this.host.settings() });
      if (run !== this.run) return;
      this.host.show(found);
    } catch (error) {
      if (run !== this.run) return;
      // What is wrong with the table, the panel says itself.
      this.host.failed(error);
      this.host.show(null);
    }
    if (run === this.run) this.worker.stop();
  }
}

/** Changes with every change of a folder's tables. */
async function stampOf(folder: string): Promise<string> {
  const names = (await namesIn(folder).catch(() => [])).filter((name) => name.endsWith('.csv')).sort();
  const found = await Promise.all(
    names.map(async (name) => {
      const file = await stat(path.join(folder, name)).catch(() => undefined);
      return `${name} ${file?.size ?? 0} ${file?.mtimeMs ?? 0}`;
    }),
  );
  return found.join('\n');
}
