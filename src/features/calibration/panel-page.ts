/** The page of a panel: passes its messages to the parts of the panel, and the panel's state to the page. */
import * as vscode from 'vscode';
import type { CalibratorId } from '../../core/calibration/registry';
import type { DecisionChoices } from '../../protocol/calibration-decisions';
import {
  CALIBRATION_PAGE_CONTRACT,
  type ListedRows,
  type PanelSettings,
  type RowParams,
  type ThresholdParams,
} from '../../protocol/calibration-page';
import { COMMANDS } from '../../protocol/manifest';
import { openPage } from '../../editor/page';
import type { Services } from '../../editor/services';
import type { Computation } from './computation';
import { PanelExport } from './export/panel-export';
import type { LocalTable } from './local-table';
import { saveLabelledCopy } from './save-labelled';
import type { PanelDecisions } from './panel-decisions';
import type { PanelProgression } from './panel-progression';
import type { PanelStore } from './panel-store';
import type { CalibrationWorker } from './worker-client';

/** What the panel itself does for its page, beside what its parts do. */
export interface PanelActions {
  /** The page is ready. It brings what an earlier page kept; null for nothing. */
  start(settings: PanelSettings | null, choices: DecisionChoices | null): void;
  change(settings: PanelSettings): void;
  save(method: CalibratorId): Promise<void>;
  /** Writes the buckets of a threshold into a classifier. */
  useThreshold(params: ThresholdParams): Promise<void>;
  /** @param line undefined for the file as a whole */
  reveal(line: number | undefined): Promise<void>;
  /** Shows the document that explains the panel. */
  openGuide(): Promise<void>;
  /** Copies what labels tell about the model, in words. */
  copyAudit(): Promise<void>;
}

export interface PageParts {
  /** Address of the table. */
  readonly uri: vscode.Uri;
  readonly services: Services;
  readonly store: PanelStore;
  readonly table: LocalTable;
  readonly worker: CalibrationWorker;
  readonly computation: Computation;
  readonly decisions: PanelDecisions;
  readonly progression: PanelProgression;
}

export function openPanelPage(
  webview: vscode.Webview,
  parts: PageParts,
  actions: PanelActions,
): { dispose(): void } {
  const { uri, services, store, computation, decisions, progression } = parts;
  const peer = openPage(webview, services, {
    name: 'calibration',
    title: 'Calibration',
    drawsPictures: true,
  });
  const page = peer.remote(CALIBRATION_PAGE_CONTRACT.page);
  const exporting = new PanelExport({ ...parts, page });
  // Only what changed: otherwise the page would parse and compare thousands of dots for every word of progress.
  const subscription = store.onDidChange((change) => page.change(change));
  peer.serve(CALIBRATION_PAGE_CONTRACT.host, {
    ready: ({ settings, choices }) => {
      actions.start(settings, choices);
      page.state(store.state);
    },
    settings: (settings) => actions.change(settings),
    retry: () => {
      computation.outdate();
      void computation.compute();
    },
    cancel: () => computation.cancel(),
    compareConfidenceMethods: () => computation.compareConfidenceMethods(),
    rows: (params) => rows(parts, params),
    reveal: ({ line }) => actions.reveal(line),
    openText: () => actions.reveal(undefined),
    openGuide: () => actions.openGuide(),
    save: ({ method }) => actions.save(method),
    useThreshold: (params) => actions.useThreshold(params),
    applyCalibrator: () => vscode.commands.executeCommand(COMMANDS.applyCalibrator, uri),
    scoreTable: () => vscode.commands.executeCommand(COMMANDS.scoreCsv, uri),
    labelRows: () => vscode.commands.executeCommand(COMMANDS.labelRows, uri),
    saveLabelled: () => saveLabelledCopy(parts, store.state.shares?.file),
    copyAudit: () => actions.copyAudit(),
    compareWith: () => vscode.commands.executeCommand(COMMANDS.compareTables, uri),
    tryAnother: () => vscode.commands.executeCommand(COMMANDS.tryAnother, uri),
    fineTune: () => vscode.commands.executeCommand(COMMANDS.fineTune, uri),
    ask: (question) => decisions.ask(question),
    editBuckets: ({ buckets }) => decisions.edit(buckets),
    startProgression: () => progression.start(),
    cancelProgression: () => progression.reset(),
    export: ({ pictures, part }) => exporting.file(pictures, part),
    copy: ({ part }) => exporting.copy(part),
  });
  return {
    dispose: () => {
      subscription.dispose();
      peer.dispose();
    },
  };
}

/** Null if the rows cannot be listed; the page offers to try again. */
async function rows(
  { services, store, table, worker }: PageParts,
  params: RowParams,
): Promise<ListedRows | null> {
  try {
    const { settings } = store.state;
    return await worker.rows({ ...params, file: await table.file(), settings });
  } catch (error) {
    services.log.debug('calibration panel', error);
    return null;
  }
}
