/** Set Calibrator for Classifier… and Use Calibrator…: which calibrator a classifier names. */
import * as vscode from 'vscode';
import { calibratorsNamed } from '../../core/classifier/definition';
import { COMMANDS } from '../../protocol/manifest';
import { chooseCalibrator, tellAssigned, useCalibrator } from '../../editor/assign-calibrator';
import { nameArgument, uriArgument } from '../../editor/argument';
import { readCalibrator, type WorkspaceCalibrator } from '../../editor/calibrators';
import { calibratorInWords } from '../../core/words/calibrated-score';
import { UserError } from '../../core/user-error';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { activeClassifier } from '../../editor/settings';

export function registerCalibrators(services: Services): vscode.Disposable {
  const command = (id: string, run: (argument: unknown) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(id, (argument: unknown) =>
      run(argument).catch((error: unknown) => reportError(services, error)),
    );
  return vscode.Disposable.from(
    command(COMMANDS.setCalibrator, (argument) =>
      setCalibrator(services, nameArgument(argument, 'classifier')),
    ),
    command(COMMANDS.useCalibrator, (argument) => useCalibratorFile(services, uriArgument(argument))),
  );
}

/** Lets the person choose the classifier that a calibrator of the workspace is for. */
async function useCalibratorFile(services: Services, uri: vscode.Uri | undefined): Promise<void> {
  const calibrator = uri === undefined ? await askCalibrator(services) : await readCalibrator(uri);
  if (calibrator === undefined) return;
  const assigned = await useCalibrator(services, calibrator);
  if (assigned !== undefined) await tellAssigned(services.dialogs, assigned);
}

async function askCalibrator({ calibrators, dialogs }: Services): Promise<WorkspaceCalibrator | undefined> {
  const folders = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
  const found = (await Promise.all(folders.map(({ uri }) => calibrators.list(uri)))).flat();
  if (found.length === 0)
    throw new UserError(
      'no-calibrators',
      'There is no calibrator in this workspace yet. Open a table of predictions in the calibration panel and save one.',
    );
  const chosen = await dialogs.choose({
    title: 'Use Calibrator',
    placeholder: 'Calibrator to use for a classifier',
    choices: found.map((value) => ({
      label: value.by.name,
      description: calibratorInWords(value.by),
      value,
    })),
  });
  return chosen === 'back' ? undefined : chosen;
}

/**
 * @param name name of a classifier; undefined to ask for it
 *
 * @internal
 */
export async function setCalibrator(services: Services, name: string | undefined): Promise<void> {
  const classifier = name ?? (await askClassifier(services));
  if (classifier === undefined) return;
  const assigned = await chooseCalibrator(services, classifier);
  if (assigned !== undefined) await tellAssigned(services.dialogs, assigned);
}

async function askClassifier({ classifiers, dialogs }: Services): Promise<string | undefined> {
  const current = activeClassifier();
  const usable = (await classifiers.list()).filter((entry) => entry.kind !== 'invalid');
  const names = [...new Set(usable.map((entry) => entry.classifier.name))];
  const chosen = await dialogs.choose({
    title: 'Set Calibrator for Classifier',
    placeholder: 'Classifier to calibrate',
    choices: names.map((value) => {
      const entry = usable.findLast(({ classifier }) => classifier.name === value);
      const named = entry === undefined ? [] : calibratorsNamed(entry.classifier);
      return {
        label: value,
        description: named.length === 0 ? '' : `calibrated by ${named.join(', ')}`,
        value,
        active: value === current,
      };
    }),
  });
  return chosen === 'back' ? undefined : chosen;
}
