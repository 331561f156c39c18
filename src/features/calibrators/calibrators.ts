/** Set Calibrator for Classifier: which calibrator a classifier names. */
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import { chooseCalibrator, tellAssigned } from '../../editor/assign-calibrator';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { readSettings } from '../../editor/settings';

export function registerCalibrators(services: Services): vscode.Disposable {
  return vscode.commands.registerCommand(COMMANDS.setCalibrator, async (argument: unknown) => {
    try {
      await setCalibrator(services, typeof argument === 'string' ? argument : undefined);
    } catch (error) {
      await reportError(services, error);
    }
  });
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
  const current = readSettings(vscode.window.activeTextEditor?.document.uri).classifier;
  const usable = (await classifiers.list()).filter((entry) => entry.kind !== 'invalid');
  const names = [...new Set(usable.map((entry) => entry.classifier.name))];
  const chosen = await dialogs.choose({
    title: 'Set Calibrator for Classifier',
    placeholder: 'Classifier to calibrate',
    choices: names.map((value) => {
      const calibrator = usable.findLast((entry) => entry.classifier.name === value)?.classifier.calibrator;
      return {
        label: value,
        description: calibrator === undefined ? '' : `calibrated by ${calibrator}`,
        value,
        active: value === current,
      };
    }),
  });
  return chosen === 'back' ? undefined : chosen;
}
