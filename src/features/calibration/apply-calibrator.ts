/** Apply Calibrator to Table…: writes a calibrated copy of a table, and offers to open it. */
import path from 'node:path';
import * as vscode from 'vscode';
import { applyToTable, type AppliedCalibrator } from '../../app/tables/apply-calibrator';
import type { Bucket } from '../../core/model/buckets';
import { calibratorInWords } from '../../core/words/calibrated-score';
import { count } from '../../core/words/calibration';
import { UserError } from '../../core/user-error';
import { columnOptions } from '../../protocol/calibration-page';
import { COMMANDS } from '../../protocol/manifest';
import { explainingWrite } from '../../store/explain-write';
import { realPathOf } from '../../store/folders';
import { readTableFacts } from '../../store/tables/table-facts';
import { activeTable, isTable } from '../../editor/active-table';
import { uriArgument } from '../../editor/argument';
import { bucketsNamed } from '../../editor/buckets-named';
import { readCalibrator, type WorkspaceCalibrator } from '../../editor/calibrators';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { readBuckets } from '../../editor/settings';
import { LocalTable } from './local-table';
import { rememberedOptions } from './remembered';

type ApplyServices = Pick<Services, 'context' | 'calibrators' | 'classifiers' | 'dialogs' | 'log'>;

export function registerApplyCalibrator(services: ApplyServices): vscode.Disposable {
  // From the explorer and the panel with the file; from the palette for the file in front.
  return vscode.commands.registerCommand(COMMANDS.applyCalibrator, async (argument: unknown) => {
    try {
      const uri = uriArgument(argument) ?? (await chooseTable(services));
      if (uri !== undefined) await applyCalibrator(services, uri);
    } catch (error) {
      await reportError(services, error);
    }
  });
}

/**
 * Asks for the calibrator and the file, writes the copy, and tells what was written.
 *
 * @throws UserError not-trusted, and everything of `applyToTable`
 * @internal
 */
export async function applyCalibrator(services: ApplyServices, uri: vscode.Uri): Promise<void> {
  const { dialogs, context } = services;
  if (!vscode.workspace.isTrusted)
    throw new UserError(
      'not-trusted',
      'The calibrators of a workspace in Restricted Mode are not read. Trust it first (Workspaces: Manage Workspace Trust).',
    );
  const calibrator = await chooseCalibrator(services, uri);
  if (calibrator === undefined) return;
  const out = await chooseOutput(services, uri, calibrator.by.name);
  if (out === undefined) return;
  const table = new LocalTable(uri);
  // Whatever label the panel shows: a calibrator is for its own.
  const columns = {
    ...columnOptions(rememberedOptions(context.workspaceState, uri)),
    label: calibrator.saved.label,
  };
  try {
    const applied = await dialogs.progress(`Applying ${calibrator.by.name}`, async (report, signal) => {
      const file = await table.file();
      const buckets = await bucketsOf(services, file, uri);
      return explainingWrite(out, () =>
        applyToTable({
          calibrator,
          table: file,
          out,
          columns,
          buckets,
          spreadsheetSafe: false,
          signal,
          onRows: (rows) => report(count(rows, 'row')),
        }),
      );
    });
    await tell(services, out, calibrator, applied);
  } finally {
    table.dispose();
  }
}

/** Those of the classifier that scored the table, where that is recorded. */
async function bucketsOf(services: ApplyServices, file: string, uri: vscode.Uri): Promise<readonly Bucket[]> {
  const { run } = await readTableFacts(file);
  return run === undefined ? readBuckets(uri).buckets : bucketsNamed(services, run.classifier, uri);
}

async function tell(
  { dialogs }: ApplyServices,
  out: string,
  { by }: WorkspaceCalibrator,
  { copy, warnings }: AppliedCalibrator,
): Promise<void> {
  const message = [
    `${path.basename(out)}: ${copy.calibrated.toLocaleString('en-US')} of ${count(copy.rows, 'row')} calibrated by ${by.name} (${calibratorInWords(by)}).`,
    ...warnings.map((warning) => warning.message),
  ].join(' ');
  const severity = warnings.length > 0 || copy.calibrated < copy.rows ? 'warning' : 'info';
  const chosen = await dialogs.tell(severity, message, ['Open Calibration Panel', 'Open Table']);
  const file = vscode.Uri.file(out);
  if (chosen === 'Open Calibration Panel')
    await vscode.commands.executeCommand(COMMANDS.openCalibration, file);
  if (chosen === 'Open Table') await vscode.commands.executeCommand('vscode.open', file);
}

/** A calibrator of the table's folder, or any file. */
async function chooseCalibrator(
  { calibrators, dialogs }: ApplyServices,
  uri: vscode.Uri,
): Promise<WorkspaceCalibrator | undefined> {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  const found = folder === undefined ? [] : await calibrators.list(folder.uri);
  const chosen = await dialogs.choose<WorkspaceCalibrator | 'file'>({
    title: 'Apply Calibrator to Table',
    placeholder: `Calibrator for ${path.posix.basename(uri.path)}`,
    choices: [
      ...found.map((calibrator) => ({
        label: calibrator.by.name,
        description: calibratorInWords(calibrator.by),
        value: calibrator,
      })),
      { label: 'Choose a File…', description: 'a saved calibrator elsewhere', value: 'file' },
    ],
  });
  if (chosen === undefined || chosen === 'back') return undefined;
  if (chosen !== 'file') return chosen;
  const file = await dialogs.chooseFile('Choose a Calibrator', { Calibrators: ['json'] });
  return file === undefined ? undefined : readCalibrator(vscode.Uri.file(file));
}

/** @throws UserError own-table */
async function chooseOutput(
  { dialogs }: ApplyServices,
  uri: vscode.Uri,
  calibrator: string,
): Promise<string | undefined> {
  const base = path.posix.basename(uri.path, path.posix.extname(uri.path));
  const suggestion = path.join(path.dirname(uri.fsPath), `${base}-${calibrator}.csv`);
  const file = await dialogs.chooseNewFile('Save the Calibrated Table', suggestion, {
    'Prediction tables': ['csv'],
  });
  if (file === undefined) return undefined;
  // The person chose this file, so a link leads where they want it, but not to the table itself.
  const real = await realPathOf(file);
  if ([file, real].includes(uri.fsPath))
    throw new UserError(
      'own-table',
      'This would replace the table itself. Choose another name and try again.',
    );
  return real;
}

/** The table in front, else one that the person chooses. */
async function chooseTable({ dialogs }: ApplyServices): Promise<vscode.Uri | undefined> {
  const active = activeTable();
  if (active !== undefined) return active;
  const file = await dialogs.chooseFile('Apply Calibrator to Table', { 'Prediction tables': ['csv'] });
  const uri = file === undefined ? undefined : vscode.Uri.file(file);
  if (uri !== undefined && !isTable(uri))
    throw new UserError('not-a-table', 'A calibrator is applied to tables in .csv files.');
  return uri;
}
