/** Label Rows…: opens the labelling page of a table. */
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { UserError } from '../../../core/user-error';
import { labelName } from '../../../core/words/calibration';
import { activeTable, isTable } from '../../../editor/active-table';
import { uriArgument } from '../../../editor/argument';
import { reportError } from '../../../editor/report-error';
import type { Services } from '../../../editor/services';
import { COMMANDS, LABELLING_VIEW } from '../../../protocol/manifest';
import { LabellingPanel } from './labelling-panel';

export class Labellings implements vscode.Disposable {
  private readonly open = new Set<LabellingPanel>();

  constructor(private readonly services: Services) {}

  /** The open pages, oldest first. */
  get panels(): readonly LabellingPanel[] {
    return [...this.open];
  }

  /** Opens the page of a table, or shows it if it is open. */
  show(uri: vscode.Uri): void {
    const shown = this.panels.find((panel) => panel.uri.toString() === uri.toString());
    if (shown !== undefined) {
      shown.reveal();
      return;
    }
    const title = `Label ${labelName(path.posix.basename(uri.path))}`;
    this.fill(uri, vscode.window.createWebviewPanel(LABELLING_VIEW, title, vscode.ViewColumn.Active));
  }

  /** Fills a tab that was open when the window was closed. */
  restore(panel: vscode.WebviewPanel, state: unknown): void {
    const kept = z.object({ uri: z.string() }).safeParse(state).data;
    const uri = kept === undefined ? undefined : vscode.Uri.parse(kept.uri);
    if (uri === undefined || !isTable(uri)) panel.dispose();
    else this.fill(uri, panel);
  }

  dispose(): void {
    for (const panel of this.open) panel.dispose();
    this.open.clear();
  }

  private fill(uri: vscode.Uri, webview: vscode.WebviewPanel): void {
    const opened = new LabellingPanel(uri, webview, this.services);
    this.open.add(opened);
    webview.onDidDispose(() => {
      this.open.delete(opened);
      opened.dispose();
    });
  }
}

export function registerLabellings(services: Services, labellings: Labellings): vscode.Disposable {
  return vscode.Disposable.from(
    labellings,
    // From the explorer, the Home view and the panel with the file; from the palette for the file in front.
    vscode.commands.registerCommand(COMMANDS.labelRows, async (argument: unknown) => {
      try {
        const uri = uriArgument(argument) ?? (await chooseTable(services));
        if (uri === undefined) return;
        if (!isTable(uri))
          throw new UserError('not-a-table', 'Rows of tables in .csv files can be labelled.');
        labellings.show(uri);
      } catch (error) {
        void reportError(services, error);
      }
    }),
  );
}

async function chooseTable({ dialogs }: Services): Promise<vscode.Uri | undefined> {
  const active = activeTable();
  if (active !== undefined) return active;
  const file = await dialogs.chooseFile('Label Rows of a Table', { Tables: ['csv'] });
  return file === undefined ? undefined : vscode.Uri.file(file);
}
