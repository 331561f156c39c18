/** The calibration panel: a read-only editor for tables of predictions, beside the text editor for the same file. */
import * as vscode from 'vscode';
import { CALIBRATION_EDITOR, COMMANDS } from '../../protocol/manifest';
import { UserError } from '../../core/user-error';
import { activeTable, isTable } from '../../editor/active-table';
import { uriArgument } from '../../editor/argument';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { registerApplyCalibrator } from './apply-calibrator';
import { registerThreshold } from './threshold-of-table';
import { CalibrationPanel } from './panel';

export class CalibrationEditor implements vscode.Disposable {
  private readonly open = new Set<CalibrationPanel>();

  constructor(private readonly services: Services) {}

  /** The open panels, oldest first. */
  get panels(): readonly CalibrationPanel[] {
    return [...this.open];
  }

  resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const opened = new CalibrationPanel(document.uri, panel, this.services);
    this.open.add(opened);
    panel.onDidDispose(() => {
      this.open.delete(opened);
      opened.dispose();
    });
  }

  dispose(): void {
    for (const panel of this.open) panel.dispose();
    this.open.clear();
  }
}

export function registerCalibration(services: Services, editor: CalibrationEditor): vscode.Disposable {
  return vscode.Disposable.from(
    editor,
    registerApplyCalibrator(services),
    registerThreshold(services),
    // From the explorer, the Home view and the editor's menu with the file; from the palette for the file in front.
    vscode.commands.registerCommand(COMMANDS.openCalibration, async (argument: unknown) => {
      try {
        const file = uriArgument(argument) ?? (await chooseTable());
        if (file === undefined) return;
        await vscode.commands.executeCommand('vscode.openWith', file, CALIBRATION_EDITOR);
      } catch (error) {
        void reportError(services, error);
      }
    }),
  );
}

/** The CSV of the active editor, else one that the person chooses. */
async function chooseTable(): Promise<vscode.Uri | undefined> {
  const active = activeTable();
  if (active !== undefined) return active;
  const found = await vscode.window.showOpenDialog({
    title: 'Open Calibration Panel',
    filters: { 'Prediction tables': ['csv'] },
  });
  const file = found?.[0];
  if (file !== undefined && !isTable(file))
    throw new UserError('not-a-table', 'The calibration panel opens tables in .csv files.');
  return file;
}
