/** One open calibration panel: its file, its worker, its page. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { UserError } from '../../core/user-error';
import {
  binParamsSchema,
  CALIBRATION_PAGE_METHODS,
  DEFAULT_PANEL_SETTINGS,
  emptyPanelState,
  lineParamsSchema,
  panelSettingsSchema,
  readyParamsSchema,
  saveParamsSchema,
  type PanelSettings,
  type PanelState,
} from '../../protocol/calibration-page';
import {
  copyParamsSchema,
  EXPORT_METHODS,
  exportParamsSchema,
  type Picture,
  pictureDataSchema,
} from '../../protocol/calibration-export';
import { pageHtml } from '../../workspace/page-html';
import { reportError } from '../../workspace/report-error';
import type { Services } from '../../workspace/services';
import { connectWebview } from '../../workspace/webview-rpc';
import { PanelDecisions } from './panel-decisions';
import { PanelProgression } from './panel-progression';
import { rememberedOptions, rememberOptions } from './remembered';
import { askCalibratorFile, extensionVersion, tellSaved, writeCalibrator } from './save';
import { copyText, exportFile, type ExportSource } from './export/export';
import { LocalTable } from './local-table';
import { CalibrationWorker } from './worker-client';
import { type CalibratorId, needs } from '../../core/calibration/registry';

/** A file that is being written changes many times: it is read when it has been quiet for so long. */
const QUIET_MS = 300;
/** Characters; a selection that goes beyond its line ends there. */
const LONGEST_LINE = 2 ** 30;

export class CalibrationPanel {
  private current: PanelState;
  private readonly table: LocalTable;
  private readonly worker: CalibrationWorker;
  private readonly decisions: PanelDecisions;
  private readonly progression: PanelProgression;
  private readonly subscriptions: { dispose(): unknown }[] = [];
  /** What of the state is new. */
  private readonly changed = new vscode.EventEmitter<Partial<PanelState>>();
  /** Counts computations: what an earlier one still answers is not shown. */
  private run = 0;
  /** What the worker is at; what it gives up when it is cancelled differs. */
  private task: 'analysing' | 'breaking-down' | 'looking' | 'comparing-methods' | 'comparing' | 'fitting' =
    'analysing';
  /** The worker's table is of an older content of the file. */
  private stale = true;
  private started = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly uri: vscode.Uri,
    private readonly panel: vscode.WebviewPanel,
    private readonly services: Services,
  ) {
    const { context } = services;
    this.current = emptyPanelState(path.posix.basename(uri.path));
    this.table = new LocalTable(uri);
    const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'calibration-worker.cjs').fsPath;
    this.worker = new CalibrationWorker(script, {
      // Words for what is being done: they never say that something is.
      progress: (message) => {
        if (this.current.busy !== null) this.update({ busy: message });
      },
      preliminary: (analysis) => this.update({ analysis, error: null }),
    });
    const explained = (error: unknown) => this.explained(error);
    this.decisions = new PanelDecisions({
      uri,
      decide: (params) => this.worker.decide(params),
      recompute: () => {
        if (this.current.busy === null) void this.compute();
      },
      explained,
      show: (decisions) => this.update({ decisions }),
    });
    this.progression = new PanelProgression({
      script,
      file: () => this.table.file(),
      settings: () => this.current.settings,
      explained,
      show: (progression) => this.update({ progression }),
    });
    this.subscriptions.push(this.table, this.decisions, this.progression, this.changed);
    this.subscriptions.push(this.watch());
    this.connect();
  }

  get state(): PanelState {
    return this.current;
  }

  dispose(): void {
    this.run++;
    clearTimeout(this.timer);
    this.worker.stop();
    for (const subscription of this.subscriptions.splice(0)) subscription.dispose();
  }

  private connect(): void {
    const { webview } = this.panel;
    const pages = vscode.Uri.joinPath(this.services.context.extensionUri, 'dist', 'page');
    webview.options = { enableScripts: true, localResourceRoots: [pages] };
    const connection = connectWebview(webview);
    this.subscriptions.push(connection);
    const on = CALIBRATION_PAGE_METHODS;
    const send = (method: string, params: object): void => {
      connection
        .sendNotification(method, params)
        .catch((error: unknown) => this.services.log.debug('calibration panel', error));
    };
    // Not all of it each time: the page would parse, compare and keep thousands of dots for a word of progress.
    this.subscriptions.push(this.changed.event((change) => send(on.change, change)));
    connection.onNotification(on.ready, (params: unknown) => {
      const { settings: kept, choices } = readyParamsSchema.parse(params);
      // A page that was hidden and comes back finds everything here; one after a reload brings its settings along.
      if (!this.started) {
        this.started = true;
        const table = rememberedOptions(this.services.context.workspaceState, this.uri);
        // What a page brings along may be older than what was said of the columns last.
        this.update({ settings: { ...(kept ?? DEFAULT_PANEL_SETTINGS), table } });
        if (choices !== null) this.decisions.restore(choices);
        void this.compute();
      }
      send(on.state, this.current);
    });
    this.decisions.connect(connection);
    this.progression.connect(connection);
    connection.onNotification(on.settings, (params: unknown) =>
      this.change(panelSettingsSchema.parse(params)),
    );
    connection.onNotification(on.retry, () => {
      this.stale = true;
      void this.compute();
    });
    connection.onNotification(on.compareMethods, () => this.compareMethods());
    connection.onNotification(on.save, (params: unknown) => this.save(saveParamsSchema.parse(params).method));
    connection.onNotification(on.cancel, () => this.cancel());
    connection.onNotification(on.reveal, (params: unknown) =>
      this.reveal(lineParamsSchema.parse(params).line),
    );
    connection.onNotification(EXPORT_METHODS.export, (params: unknown) => {
      const { pictures, part } = exportParamsSchema.parse(params);
      return this.exportFile(this.exportSource(connection, part), pictures);
    });
    connection.onNotification(EXPORT_METHODS.copy, (params: unknown) =>
      this.copyText(this.exportSource(connection, copyParamsSchema.parse(params).part)),
    );
    connection.onNotification(on.openText, () => this.reveal(undefined));
    connection.onRequest(on.binRows, async (params: unknown) => {
      const bin = binParamsSchema.parse(params);
      try {
        const { settings } = this.current;
        return await this.worker.binRows({ ...bin, file: await this.table.file(), settings });
      } catch (error) {
        this.services.log.debug('calibration panel', error);
        return null;
      }
    });
    connection.listen();
    webview.html = pageHtml({
      title: 'Calibration',
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(pages, 'calibration.js')).toString(),
      styleUri: webview.asWebviewUri(vscode.Uri.joinPath(pages, 'calibration.css')).toString(),
      cspSource: webview.cspSource,
      drawsPictures: true,
      nonce: randomBytes(16).toString('base64'),
    });
  }

  /** Computes anew when the file changes, and says when it is gone. */
  private watch(): vscode.Disposable {
    const folder = vscode.Uri.joinPath(this.uri, '..');
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, escapeGlob(path.posix.basename(this.uri.path))),
    );
    const soon = (): void => {
      this.stale = true;
      clearTimeout(this.timer);
      if (!this.started) return;
      this.progression.reset();
      this.timer = setTimeout(() => void this.compute(), QUIET_MS);
    };
    watcher.onDidChange(soon);
    watcher.onDidCreate(soon);
    watcher.onDidDelete(soon);
    return watcher;
  }

  /** Computes what other settings want. */
  change(settings: PanelSettings): void {
    const { settings: before, busy, error, analysis, methods } = this.current;
    if (methods !== null && !isDeepStrictEqual(ofMethods(settings), ofMethods(before)))
      this.update({ methods: null });
    if (isDeepStrictEqual(settings.table, before.table)) this.update({ settings });
    else {
      // What was computed of other columns would stand beside numbers that it does not belong to.
      this.update({ settings, comparison: null, breakdown: null });
      this.progression.reset();
      rememberOptions(this.services.context.workspaceState, this.uri, settings.table).catch(
        (reason: unknown) => this.services.log.warn('calibration panel', reason),
      );
    }
    // Another look at the same numbers needs no other numbers.
    const isComplete = busy === null && error === null && analysis !== null && !this.stale;
    if (isComplete && isDeepStrictEqual({ ...settings, view: before.view }, before)) void this.lookAgain();
    else void this.compute();
  }

  private async lookAgain(): Promise<void> {
    const run = ++this.run;
    this.task = 'looking';
    if (await this.breakDown(run)) this.update({ busy: null });
  }

  private async compute(): Promise<void> {
    const run = ++this.run;
    // A computation cannot be interrupted otherwise; a finished worker keeps its table for the next question.
    if (this.current.busy !== null) {
      this.worker.stop();
      this.stale = true;
    }
    this.task = 'analysing';
    this.update({ busy: 'Reading the table' });
    try {
      const reload = this.stale;
      if (reload) this.table.forget();
      const file = await this.table.file();
      if (run !== this.run) return;
      if (reload) {
        const columns = await this.worker.columns(file);
        if (run !== this.run) return;
        this.update({ columns, methods: null });
      }
      this.stale = false;
      const analysis = await this.worker.analyse({ file, settings: this.current.settings, reload });
      if (run !== this.run) return;
      this.task = 'breaking-down';
      // A comparison of an earlier content of the file would stand beside numbers that it does not belong to.
      const outdated = reload ? { comparison: null, breakdown: null } : {};
      this.update({ busy: 'Computing', error: null, analysis, comparisonError: null, ...outdated });
      await this.decisions.refresh();
      if (run !== this.run || !(await this.breakDown(run))) return;
      this.task = 'comparing';
      if (this.current.settings.compare) await this.compare(run);
      else this.update({ busy: null });
    } catch (error) {
      if (run !== this.run) return;
      this.stale = true;
      this.update({ busy: null, error: this.explained(error) });
      // Which one to choose is best seen.
      if (this.current.error?.code === 'several-methods') void this.compareMethods();
    }
  }

  private async compareMethods(): Promise<void> {
    if (this.current.busy !== null) return;
    const run = ++this.run;
    this.task = 'comparing-methods';
    this.update({ busy: 'Comparing methods', methodsError: null });
    const { settings } = this.current;
    const compared = await this.table
      .file()
      .then((file) => this.worker.methods({ file, settings, reload: false }))
      .then((methods) => ({ methods, methodsError: null }))
      .catch((error: unknown) => ({ methods: null, methodsError: this.explained(error) }));
    if (run === this.run) this.update({ busy: null, ...compared });
  }

  /** @returns whether the computation that it belongs to goes on */
  private async breakDown(run: number): Promise<boolean> {
    const { settings } = this.current;
    if (settings.view.by === 'all') {
      this.update({ breakdown: null, breakdownError: null });
      return true;
    }
    this.update({ busy: 'Computing', breakdownError: null });
    const shown = await this.table
      .file()
      .then((file) => this.worker.breakdown({ file, settings, reload: false }))
      .then((breakdown) => ({ breakdown, breakdownError: null }))
      .catch((error: unknown) => ({ breakdown: null, breakdownError: this.explained(error) }));
    if (run !== this.run) return false;
    this.update(shown);
    return true;
  }

  private async compare(run: number): Promise<void> {
    this.update({ busy: 'Comparing calibrators' });
    try {
      const comparison = await this.worker.compare(this.current.settings);
      if (run !== this.run) return;
      this.update({ busy: null, comparison });
      await this.decisions.refresh();
    } catch (error) {
      if (run === this.run)
        this.update({ busy: null, comparison: null, comparisonError: this.explained(error) });
    }
  }

  /** Fits a calibrator on all rows and saves it, once it has a name. */
  async save(method: CalibratorId): Promise<void> {
    const { busy } = this.current;
    const origin = originOf(method, this.current);
    if (origin === undefined || busy !== null) return;
    const run = this.run;
    try {
      const file = await askCalibratorFile(this.services.prompts, this.uri, method, origin);
      if (file === undefined) return;
      if (run !== this.run) throw changedMeanwhile();
      this.task = 'fitting';
      this.update({ busy: `Fitting ${method} on all rows` });
      const saved = await this.worker.fit({
        file: await this.table.file(),
        method,
        settings: this.current.settings,
        version: extensionVersion(this.services.context),
        time: new Date().toISOString(),
      });
      // Cancelled, or the file changed: what was fitted is not what the panel shows.
      if (run !== this.run) return;
      await writeCalibrator(file, saved);
      tellSaved(this.services, file, saved).catch((error: unknown) => reportError(this.services, error));
    } catch (error) {
      void reportError(this.services, error);
    } finally {
      if (run === this.run) this.update({ busy: null });
    }
  }

  private async exportFile(source: ExportSource, pictures: readonly Picture[]): Promise<void> {
    try {
      const { prompts } = this.services;
      const file = await exportFile(source, prompts, pictures);
      if (file === undefined) return;
      if ((await prompts.tell('info', `Exported ${path.basename(file)}.`, ['Open File'])) === 'Open File')
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
    } catch (error) {
      void reportError(this.services, error);
    }
  }

  private async copyText(source: ExportSource): Promise<void> {
    try {
      await copyText(source, this.services.prompts);
    } catch (error) {
      void reportError(this.services, error);
    }
  }

  /** @param part the part of the breakdown that the page shows; null for all rows */
  private exportSource(page: MessageConnection, part: string | null): ExportSource {
    const { current: state, run, stale } = this;
    // What is asked for while the person chooses must be of the same numbers as what is there already.
    const asShown = <T>(ask: () => Promise<T>): Promise<T> => {
      if (run === this.run && !this.stale) return ask();
      throw new UserError(
        'changed-meanwhile',
        'Nothing was exported: the numbers were computed anew while you chose. Look at them and export again.',
      );
    };
    return {
      uri: this.uri,
      state,
      isStale: stale,
      part,
      versions: {
        'Prompt Confidence': extensionVersion(this.services.context),
        'VS Code': vscode.version,
        'Node.js': process.versions.node,
      },
      report: (settings) =>
        asShown(() => {
          const { choices, buckets } = state.decisions;
          const { target, costs } = choices;
          return this.worker.report({ settings, decide: { question: { target, costs }, buckets } });
        }),
      picture: (params) =>
        asShown(async () => pictureDataSchema.parse(await page.sendRequest(EXPORT_METHODS.picture, params))),
    };
  }

  /** Stops what is being done; what is complete stays. */
  cancel(): void {
    const { busy, settings } = this.current;
    if (busy === null) return;
    this.run++;
    this.worker.stop();
    switch (this.task) {
      case 'analysing':
        this.stale = true;
        this.update({
          busy: null,
          error: { code: 'cancelled', message: 'Cancelled before all numbers were computed.' },
        });
        return;
      // The numbers of the table are complete; only what was asked for beside them is given up.
      case 'looking':
        this.update({ busy: null, breakdown: null, settings: { ...settings, view: { by: 'all' } } });
        return;
      case 'breaking-down':
        this.update({
          busy: null,
          breakdown: null,
          comparison: null,
          settings: { ...settings, view: { by: 'all' }, compare: false },
        });
        return;
      case 'comparing':
        this.update({ busy: null, comparison: null, settings: { ...settings, compare: false } });
        return;
      case 'comparing-methods':
      case 'fitting':
        this.update({ busy: null });
    }
  }

  private explained(error: unknown): { code: string; message: string } {
    if (error instanceof UserError && error.code === 'no-file')
      return { code: error.code, message: `${this.current.name} is gone: it was deleted, moved or renamed.` };
    if (error instanceof UserError) return { code: error.code, message: error.message };
    this.services.log.error('calibration panel', error);
    return { code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
  }

  private update(change: Partial<PanelState>): void {
    this.current = { ...this.current, ...change };
    this.changed.fire(change);
  }

  /** Shows the file as text beside the panel, a line of it selected. */
  async reveal(line: number | undefined): Promise<void> {
    try {
      const options: vscode.TextDocumentShowOptions = {
        viewColumn: textColumn(this.uri, this.panel),
        ...(line === undefined ? {} : { selection: new vscode.Range(line - 1, 0, line - 1, LONGEST_LINE) }),
      };
      // Not `openTextDocument`: extensions get no documents above 50 MB, the editor shows them all the same.
      await vscode.commands.executeCommand('vscode.openWith', this.uri, 'default', options);
    } catch (error) {
      void reportError(this.services, error);
    }
  }
}

/** What a calibrator would be bound to, in words; undefined where there are no numbers of it. */
function originOf(method: CalibratorId, { analysis, methods }: PanelState): string | undefined {
  if (!needs(method, 'agreement')) return analysis?.origin;
  const combination = methods?.combination ?? null;
  return combination === null || 'reason' in combination ? undefined : combination.origin;
}

/** What the comparison of scoring methods depends on. */
function ofMethods({ bins, binning, table: { mapping, on } }: PanelSettings): unknown {
  return { bins, binning, mapping, on };
}

/** Where the file stands as text already, else beside the panel. */
function textColumn(uri: vscode.Uri, panel: vscode.WebviewPanel): vscode.ViewColumn {
  const open = vscode.window.tabGroups.all.find((group) =>
    group.tabs.some(
      ({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString(),
    ),
  );
  if (open !== undefined && open.viewColumn !== panel.viewColumn) return open.viewColumn;
  return vscode.ViewColumn.Beside;
}

function changedMeanwhile(): UserError {
  return new UserError(
    'changed-meanwhile',
    'Nothing was saved: the numbers were computed anew while you chose a name. Look at them and save again.',
  );
}

/** A file's name as a glob that means that name and nothing else. */
function escapeGlob(name: string): string {
  return name.replace(/[[\]{}*?!]/g, (character) => `[${character}]`);
}
