/** One open calibration panel: its table, what it computes and decides, and its page. */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { CalibratorId } from '../../core/calibration/registry';
import { UserError } from '../../core/user-error';
import type { DecisionChoices } from '../../protocol/calibration-decisions';
import {
  type Analysis,
  DEFAULT_PANEL_SETTINGS,
  type PanelSettings,
  type PanelState,
  type TableOptions,
} from '../../protocol/calibration-page';
import { auditInWords } from '../../core/words/shares';
import { labelPlace } from '../../editor/label-files';
import { showGuide } from '../../editor/guide';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { stepDone } from '../../editor/walkthrough';
import { Computation } from './computation';
import { LocalTable } from './local-table';
import { PanelDecisions } from './panel-decisions';
import { openPanelPage } from './panel-page';
import { PanelProgression } from './panel-progression';
import { PanelShares } from './panel-shares';
import { PanelStore } from './panel-store';
import { rememberedOptions, rememberOptions } from './remembered';
import { saveFromPanel } from './save';
import { showText } from './show-text';
import { useThreshold } from './use-threshold';
import { watchTable } from './watch-table';
import { CalibrationWorker } from './worker-client';
import { workerScript } from './worker-script';

export class CalibrationPanel {
  private readonly store: PanelStore;
  private readonly computation: Computation;
  private readonly decisions: PanelDecisions;
  private readonly progression: PanelProgression;
  private readonly shares: PanelShares;
  private readonly subscriptions: { dispose(): unknown }[];
  /** True after the first page was ready. Nothing is computed before. */
  private started = false;

  constructor(
    readonly uri: vscode.Uri,
    private readonly panel: vscode.WebviewPanel,
    private readonly services: Services,
  ) {
    const script = workerScript(services.context);
    const explained = (error: unknown): NonNullable<PanelState['error']> => this.explained(error);
    const store = new PanelStore(path.posix.basename(uri.path));
    const table = new LocalTable(uri);
    const place = labelPlace(uri);
    const labels = place?.file ?? null;
    const worker = new CalibrationWorker(
      script,
      {
        // A message names the current work. It never starts it.
        progress: (message) => {
          if (store.state.busy !== null) store.update({ busy: message });
        },
        preliminary: (analysis) => store.update({ analysis, error: null }),
        failed: (error) => services.log.error('calibration worker', error),
      },
      labels,
    );
    this.store = store;
    this.decisions = new PanelDecisions({
      uri,
      decide: (params) => worker.decide(params),
      isDecided: () => store.state.overview === null,
      recompute: () => this.computation.recompute(),
      explained,
      show: (decisions) => store.update({ decisions }),
    });
    this.computation = new Computation({
      store,
      table,
      worker,
      decide: () => this.decisions.refresh(),
      buckets: () => store.state.decisions.buckets,
      explained,
    });
    this.progression = new PanelProgression({
      ...{ script, labels },
      file: () => table.file(),
      settings: () => store.state.settings,
      explained,
      show: (progression) => store.update({ progression }),
      failed: (error) => services.log.error('calibration worker', error),
    });
    this.shares = new PanelShares({
      ...{ script, place },
      file: () => table.file(),
      settings: () => store.state.settings,
      show: (shares) => store.update({ shares }),
      changed: () => this.labelsChanged(),
      saved: services.labelsChanged.event,
      failed: (error) => services.log.debug('labels of the table', error),
    });
    const { computation, decisions, progression, shares } = this;
    const page = openPanelPage(
      panel.webview,
      { uri, services, store, table, worker, computation, decisions, progression },
      {
        start: (settings, choices) => this.start(settings, choices),
        change: (settings) => this.change(settings),
        save: (method) => this.save(method),
        useThreshold: (params) => useThreshold({ uri, table, services }, params),
        reveal: (line) => this.reveal(line),
        openGuide: () => showGuide(this.services, 'reading-the-panel.md'),
        copyAudit: () => this.copyAudit(),
      },
    );
    const watch = watchTable(uri, {
      changed: () => {
        computation.outdate();
        if (this.started) progression.reset();
      },
      settled: () => {
        if (!this.started) return;
        void computation.compute();
        void shares.compute();
      },
    });
    let remembered: TableOptions | undefined;
    const figures = store.onDidChange(({ analysis, settings }) => {
      // Other ways of reading the table, such as a comparison, look at the same columns and the same label.
      if (settings !== undefined && !isDeepStrictEqual(settings.table, remembered)) {
        remembered = settings.table;
        rememberOptions(services.context.workspaceState, uri, remembered).catch((reason: unknown) =>
          services.log.warn('calibration panel', reason),
        );
      }
      if (analysis !== undefined && analysis !== null) this.keepFigures(analysis);
    });
    const visible = panel.onDidChangeViewState(({ webviewPanel }) => {
      if (webviewPanel.visible) void shares.look();
    });
    // The page first, so that it is not told what ends.
    this.subscriptions = [
      figures,
      visible,
      page,
      watch,
      computation,
      decisions,
      progression,
      shares,
      table,
      store,
    ];
  }

  get state(): PanelState {
    return this.store.state;
  }

  dispose(): void {
    for (const subscription of this.subscriptions.splice(0)) subscription.dispose();
  }

  /** A page that was hidden finds everything here. A page after a reload brings its settings. */
  private start(settings: PanelSettings | null, choices: DecisionChoices | null): void {
    if (this.started) return;
    this.started = true;
    const table = rememberedOptions(this.services.context.workspaceState, this.uri);
    // The page's settings may be older than the last choice of columns.
    this.store.update({ settings: { ...(settings ?? DEFAULT_PANEL_SETTINGS), table } });
    if (choices !== null) this.decisions.restore(choices);
    void this.computation.compute();
    void this.shares.compute();
  }

  /** The numbers rest on labels of people, or would if there were any. */
  private labelsChanged(): void {
    const { analysis, settings } = this.state;
    if (!this.started || settings.table.truth === 'table') return;
    if (analysis !== null && analysis.truthFrom === null && settings.table.truth === null) return;
    this.progression.reset();
    this.computation.outdate();
    void this.computation.compute();
  }

  /** Computes what is new with other settings. */
  change(settings: PanelSettings): void {
    const { table } = settings;
    if (!isDeepStrictEqual(table, this.state.settings.table)) this.progression.reset();
    const isSameTable = isDeepStrictEqual(table, this.state.settings.table);
    this.computation.change(settings);
    if (!isSameTable) void this.shares.compute();
  }

  /** Stops the computation; what is complete stays. */
  cancel(): void {
    this.computation.cancel();
  }

  /** Asks for a name, fits a calibrator on all rows and saves it. */
  async save(method: CalibratorId): Promise<void> {
    const { uri, services, computation, state } = this;
    await saveFromPanel({ uri, services, computation, state, method });
  }

  /** Shows the file as text beside the panel. */
  async reveal(line: number | undefined): Promise<void> {
    try {
      await showText(this.uri, this.panel, line);
    } catch (error) {
      void reportError(this.services, error);
    }
  }

  private async copyAudit(): Promise<void> {
    const { name, shares } = this.state;
    if (shares?.report === undefined || shares.report === null) return;
    try {
      await this.services.dialogs.copy(auditInWords(shares.report, name));
      void this.services.dialogs.tell('info', 'Copied the findings to the clipboard.');
    } catch (error) {
      void reportError(this.services, error);
    }
  }

  /** For lists of tables: the numbers of all rows, as they are in the table. */
  private keepFigures({ preliminary, settings, evaluation, size, modified }: Analysis): void {
    const { uri, services } = this;
    const { n: rows, accuracy } = evaluation;
    if (preliminary || accuracy.value === null) return;
    stepDone('measure');
    // Numbers of other label shares, or of one of several labels, are not those of the table.
    if (settings.table.prevalence !== null || settings.table.label !== null) return;
    services.figures
      .keep(uri, { size, modified, rows, accuracy: accuracy.value })
      .catch((reason: unknown) => services.log.warn('calibration panel', reason));
  }

  private explained(error: unknown): NonNullable<PanelState['error']> {
    if (error instanceof UserError && error.code === 'no-file')
      return { code: error.code, message: `${this.state.name} was deleted, moved or renamed.` };
    if (error instanceof UserError) {
      const instead = z.record(z.string(), z.string()).safeParse(error.data.columns).data;
      return { code: error.code, message: error.message, ...(instead === undefined ? {} : { instead }) };
    }
    this.services.log.error('calibration panel', error);
    return { code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
  }
}
