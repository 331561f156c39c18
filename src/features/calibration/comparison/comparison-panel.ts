/** One open comparison: its tables, what is computed of them, and its page. */
import { isDeepStrictEqual } from 'node:util';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../../core/user-error';
import { labelName } from '../../../core/words/calibration';
import { openPage } from '../../../editor/page';
import { showGuide } from '../../../editor/guide';
import { labelPlace } from '../../../editor/label-files';
import { reportError } from '../../../editor/report-error';
import type { Services } from '../../../editor/services';
import {
  COMPARISON_PAGE_CONTRACT,
  type CompareParams,
  type ComparisonSettings,
  type ComparisonState,
  DEFAULT_COMPARISON_SETTINGS,
  type ListedDifferences,
} from '../../../protocol/comparison-page';
import { COMMANDS } from '../../../protocol/manifest';
import { LocalTable } from '../local-table';
import { rememberedOptions } from '../remembered';
import { showText } from '../show-text';
import { watchTable } from '../watch-table';
import { CalibrationWorker } from '../worker-client';
import { workerScript } from '../worker-script';
import { ComparisonExport } from './comparison-export';

export class ComparisonPanel {
  private readonly tables: readonly LocalTable[];
  private readonly worker: CalibrationWorker;
  private readonly subscriptions: { dispose(): unknown }[];
  private show: (state: ComparisonState) => void = () => undefined;
  private current: ComparisonState;
  /** Counts computations: the result of an earlier one is dropped. */
  private run = 0;
  private isStarted = false;

  /** @param uris at least two; the others are compared with the first */
  constructor(
    readonly uris: readonly vscode.Uri[],
    private readonly panel: vscode.WebviewPanel,
    private readonly services: Services,
  ) {
    const { context, log } = services;
    const script = workerScript(context);
    this.tables = uris.map((uri) => new LocalTable(uri));
    this.current = {
      files: uris.map((uri) => path.posix.basename(uri.path)),
      settings: DEFAULT_COMPARISON_SETTINGS,
      busy: null,
      error: null,
      view: null,
    };
    const [first] = uris;
    this.worker = new CalibrationWorker(
      script,
      {
        progress: (busy) => {
          if (this.current.busy !== null) this.update({ busy });
        },
        preliminary: () => undefined,
        failed: (error) => log.error('comparison', error),
      },
      first && labelPlace(first)?.file,
    );
    const page = this.openPage();
    const watches = uris.map((uri) =>
      watchTable(uri, { changed: () => this.outdate(), settled: () => void this.compute() }),
    );
    // The page first, so that it is not told what ends.
    this.subscriptions = [page, ...watches, { dispose: () => this.worker.stop() }, ...this.tables];
  }

  get state(): ComparisonState {
    return this.current;
  }

  /** Shows its tab. */
  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    this.run++;
    for (const subscription of this.subscriptions.splice(0)) subscription.dispose();
  }

  private openPage(): { dispose(): void } {
    const { services } = this;
    const peer = openPage(this.panel.webview, services, {
      name: 'comparison',
      title: 'Comparison',
      drawsPictures: true,
    });
    const page = peer.remote(COMPARISON_PAGE_CONTRACT.page);
    const exporting = new ComparisonExport({
      services,
      tables: this.uris,
      state: () => this.current,
      csv: async () => this.worker.differencesCsv(await this.params()),
      picture: (params) => page.picture(params),
    });
    this.show = (state) => page.state(state);
    const [first] = this.uris;
    peer.serve(COMPARISON_PAGE_CONTRACT.host, {
      ready: ({ settings }) => {
        if (!this.isStarted) {
          this.isStarted = true;
          this.current = { ...this.current, settings: settings ?? this.current.settings };
          void this.compute();
        } else page.state(this.current);
      },
      settings: (settings) => this.change(settings),
      rows: ({ limit }) => this.rows(limit),
      reveal: ({ table, line }) => this.showLine(table, line),
      openTable: ({ table }) => vscode.commands.executeCommand(COMMANDS.openCalibration, this.uris[table]),
      tryAnother: () => vscode.commands.executeCommand(COMMANDS.tryAnother, first, this.uris),
      compareWith: () => vscode.commands.executeCommand(COMMANDS.compareTables, first, { with: this.uris }),
      openGuide: () => showGuide(this.services, 'comparing.md'),
      retry: () => {
        this.outdate();
        return this.compute();
      },
      cancel: () => this.cancel(),
      export: ({ pictures }) => exporting.file(pictures),
      copy: () => exporting.copy(),
    });
    return peer;
  }

  private change(settings: ComparisonSettings): void {
    if (isDeepStrictEqual(settings, this.current.settings)) return;
    this.update({ settings });
    void this.compute();
  }

  /** A copy of a table that is elsewhere must be made again. */
  private outdate(): void {
    for (const table of this.tables) table.forget();
  }

  private async compute(): Promise<void> {
    if (!this.isStarted) return;
    // Ending the thread is the only way to interrupt it.
    if (this.current.busy !== null) this.worker.stop();
    const run = ++this.run;
    this.update({ busy: 'Reading the tables' });
    try {
      const view = await this.worker.compareTables(await this.params());
      if (run === this.run) this.update({ view, error: null, busy: null });
    } catch (error) {
      if (run === this.run) this.update({ error: this.explained(error), busy: null });
    }
  }

  private cancel(): void {
    if (this.current.busy === null) return;
    this.run++;
    this.worker.stop();
    this.update({
      busy: null,
      error: { code: 'cancelled', message: 'Cancelled before all numbers were computed.' },
    });
  }

  private async params(): Promise<CompareParams> {
    const memory = this.services.context.workspaceState;
    const tables = await Promise.all(
      this.uris.map(async (uri, at) => ({
        file: (await this.tables[at]?.file()) ?? uri.fsPath,
        options: rememberedOptions(memory, uri),
      })),
    );
    return { tables, settings: this.current.settings };
  }

  /** Null if the rows cannot be listed; the page offers to try again. */
  private async rows(limit: number): Promise<ListedDifferences | null> {
    try {
      return await this.worker.differences({ ...(await this.params()), limit });
    } catch (error) {
      this.services.log.debug('comparison', error);
      return null;
    }
  }

  private async showLine(table: number, line: number): Promise<void> {
    const uri = this.uris[table];
    if (uri === undefined) return;
    try {
      await showText(uri, this.panel, line);
    } catch (error) {
      void reportError(this.services, error);
    }
  }

  private update(change: Partial<ComparisonState>): void {
    this.current = { ...this.current, ...change };
    this.show(this.current);
  }

  private explained(error: unknown): NonNullable<ComparisonState['error']> {
    if (error instanceof UserError) return { code: error.code, message: error.message };
    this.services.log.error('comparison', error);
    return { code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
  }
}

/** The title of its tab. */
export function comparisonTitle(uris: readonly vscode.Uri[]): string {
  return `Compare ${uris.map((uri) => labelName(path.posix.basename(uri.path))).join(', ')}`;
}
