/** Saves a calibrator in `.prompt-confidence/calibrators/` of the table's workspace folder, and tells the person. */
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { type CalibratorId, needs } from '../../core/calibration/registry';
import type { SavedCalibrator } from '../../core/calibration/saved';
import { ACCEPTABLE } from '../../core/data/doubts';
import { UserError } from '../../core/user-error';
import type { PanelState } from '../../protocol/calibration-page';
import { calibratorFile, saveCalibrator } from '../../store/calibrators';
import { exists } from '../../store/exists';
import { tellAssigned, useCalibrator } from '../../editor/assign-calibrator';
import { readCalibrator } from '../../editor/calibrators';
import type { Dialogs } from '../../editor/dialogs';
import { checkPlace } from '../../editor/place';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { stepDone } from '../../editor/walkthrough';
import type { Computation } from './computation';

/**
 * Asks for the name of a calibrator.
 *
 * @param origin what the calibrator will be bound to, in words
 * @param label that it is for, where labels do not exclude each other
 * @returns undefined if the person cancelled
 * @throws UserError not-trusted, no-folder, leads-elsewhere
 * @internal
 */
export async function askCalibratorFile(
  dialogs: Dialogs,
  table: vscode.Uri,
  method: CalibratorId,
  origin: string,
  label: string | null = null,
): Promise<string | undefined> {
  if (!vscode.workspace.isTrusted)
    throw new UserError(
      'not-trusted',
      'A calibrator is written into the workspace, which is in Restricted Mode. Trust it first (Workspaces: Manage Workspace Trust).',
    );
  const folder = vscode.workspace.getWorkspaceFolder(table);
  if (folder?.uri.scheme !== 'file')
    throw new UserError(
      'no-folder',
      'A calibrator is saved in the workspace folder of its table, but this table is in no workspace folder on this machine. Open its folder (File: Open Folder) and save again.',
    );
  const fileOf = (name: string): string => calibratorFile(folder.uri.fsPath, name.trim());
  // A label may hold what no name of a file can.
  const named = label === null ? [] : [label.replace(/[^\p{L}\p{N}]+/gu, '-')];
  const answer = await dialogs.ask({
    title: `Save Calibrator: ${method}${label === null ? '' : ` for ${label}`}`,
    prompt: `Saved in .prompt-confidence/calibrators of ${folder.name}. ${origin}`,
    placeholder: 'Name of the calibrator',
    value: [path.posix.basename(table.path, path.posix.extname(table.path)), ...named, method].join('-'),
    validate: (name) => problemOf(() => fileOf(name)),
  });
  if (answer === undefined || answer === 'back') return undefined;
  const file = fileOf(answer.text);
  await checkPlace(vscode.Uri.file(file));
  if (!(await exists(file))) return file;
  const chosen = await dialogs.confirm(
    `${path.basename(file)} already exists.`,
    'Replacing it deletes the calibrator in that file.',
    ['Replace'],
  );
  return chosen === 'Replace' ? file : undefined;
}

export interface Saving {
  /** Address of the table. */
  readonly uri: vscode.Uri;
  readonly services: Services;
  readonly computation: Computation;
  /** State of the panel. */
  readonly state: PanelState;
  readonly method: CalibratorId;
}

/** Asks for a name, fits a calibrator on all rows and saves it. Does nothing while the numbers are not complete. */
export async function saveFromPanel({ uri, services, computation, state, method }: Saving): Promise<void> {
  const origin = originOf(method, state);
  if (origin === undefined || state.busy !== null) return;
  const { run } = computation;
  try {
    const file = await askCalibratorFile(services.dialogs, uri, method, origin, state.settings.table.label);
    if (file === undefined) return;
    if (run !== computation.run) throw changedMeanwhile();
    const saved = await fitOrAsk({ services, computation, method });
    if (saved === undefined) return;
    await saveCalibrator(file, saved);
    stepDone('calibrate');
    tellSaved(services, file, saved).catch((error: unknown) => reportError(services, error));
  } catch (error) {
    void reportError(services, error);
  }
}

/** Fits, and where the table is doubtful asks the person first. */
async function fitOrAsk({
  services: { context, dialogs },
  computation,
  method,
}: Pick<Saving, 'services' | 'computation' | 'method'>): Promise<SavedCalibrator | undefined> {
  const version = extensionVersion(context);
  try {
    return await computation.fit(method, version);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'table-doubtful') throw error;
    const chosen = await dialogs.confirm('Fit a calibrator on this table?', error.message, ['Save Anyway']);
    return chosen === undefined ? undefined : computation.fit(method, version, ACCEPTABLE.slice());
  }
}

/** What a calibrator would be bound to, in words; undefined if there are no numbers for it. */
function originOf(method: CalibratorId, { analysis, methods }: PanelState): string | undefined {
  if (!needs(method, 'agreement')) return analysis?.origin;
  const combination = methods?.combination ?? null;
  return combination === null || 'reason' in combination ? undefined : combination.origin;
}

function changedMeanwhile(): UserError {
  return new UserError(
    'changed-meanwhile',
    'Nothing was saved, because the numbers were computed again while you chose a name. Check them and save again.',
  );
}

/** Tells that the calibrator is saved, and offers to use it for a classifier. */
async function tellSaved(services: Services, file: string, saved: SavedCalibrator): Promise<void> {
  const { dialogs } = services;
  const bound =
    saved.bound === null ? 'It is not bound to a model and prompt, because the table names none.' : '';
  const message = `Saved the calibrator ${path.basename(file, '.json')} (${saved.calibrator.method}, fitted on ${saved.n} rows). ${bound}`;
  const uri = vscode.Uri.file(file);
  const chosen = await dialogs.tell('info', message.trim(), ['Use for Classifier…', 'Open File']);
  if (chosen === 'Open File') await vscode.window.showTextDocument(uri);
  if (chosen !== 'Use for Classifier…') return;
  const assigned = await useCalibrator(services, await readCalibrator(uri));
  if (assigned !== undefined) await tellAssigned(dialogs, assigned);
}

export function extensionVersion({ extension }: vscode.ExtensionContext): string {
  return z.object({ version: z.string() }).parse(extension.packageJSON).version;
}

function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
