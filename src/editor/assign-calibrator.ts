/** Assigns calibrators to classifiers: the person chooses, and the choice is written into the classifier's file. */
import * as vscode from 'vscode';
import { compatibilityBefore } from '../app/classifier-calibrator';
import type { EngineModels } from '../app/engine-models';
import { calibratorInWords } from '../core/words/calibrated-score';
import type { Compatibility } from '../core/calibration/compatibility';
import { calibratorsNamed, type Classifier } from '../core/classifier/definition';
import { quoted } from '../core/quote';
import { UserError } from '../core/user-error';
import { changeClassifier, type ChangedClassifier, classifiersFor, folderOf } from './change-classifier';
import { type Calibrators, originBefore, type WorkspaceCalibrator } from './calibrators';
import type { Classifiers, UsableClassifier } from './classifiers';
import type { Choice, Dialogs } from './dialogs';
import { stepDone } from './walkthrough';

export interface AssignServices {
  readonly classifiers: Classifiers;
  readonly calibrators: Calibrators;
  readonly engineModels: EngineModels;
  readonly dialogs: Dialogs;
}

/**
 * Lets the person choose the classifier that is to use a calibrator.
 *
 * @returns what was written; undefined if the person cancelled
 */
export async function useCalibrator(
  services: AssignServices,
  calibrator: WorkspaceCalibrator,
): Promise<Assigned | undefined> {
  const { classifiers, dialogs } = services;
  const folder = folderOf(calibrator.uri);
  const entries = await classifiersFor(classifiers, folder);
  const judged = await Promise.all(
    entries.map(async (entry) => ({
      entry,
      compatibility: await compatibilityNow(services, calibrator, entry.classifier),
    })),
  );
  const chosen = await dialogs.choose({
    title: `Use ${calibrator.by.name} for Classifier`,
    placeholder: 'Classifier to calibrate with it',
    choices: byCompatibility(judged, ({ entry }) => ({
      label: entry.classifier.name,
      description: entry.kind === 'builtin' ? 'built in: a copy is written into the workspace' : '',
      value: entry,
    })),
  });
  return chosen === undefined || chosen === 'back' ? undefined : assignCalibrator(chosen, folder, calibrator);
}

/**
 * Lets the person choose the calibrator of a classifier, or none.
 *
 * @param name name of the classifier
 */
export async function chooseCalibrator(
  services: AssignServices,
  name: string,
): Promise<Assigned | undefined> {
  const { classifiers, calibrators, dialogs } = services;
  const entry = await classifiers.find(name);
  const folder = entry.kind === 'file' ? folderOf(entry.uri) : vscode.workspace.workspaceFolders?.[0]?.uri;
  const found = folder === undefined ? [] : await calibrators.list(folder);
  const current = calibratorsNamed(entry.classifier);
  if (folder === undefined || (found.length === 0 && current.length === 0))
    throw new UserError(
      'no-calibrators',
      'There is no calibrator in this workspace yet. Open a table of predictions in the calibration panel and save one.',
    );
  const judged = await Promise.all(
    found.map(async (calibrator) => ({
      calibrator,
      compatibility: await compatibilityNow(services, calibrator, entry.classifier),
    })),
  );
  const chosen = await dialogs.choose<string>({
    title: `Calibrator of ${name}`,
    placeholder: 'Calibrator whose confidence is shown beside the raw one',
    choices: [
      { label: 'None', description: current.length === 0 ? 'in use' : '', detail: 'Raw scores', value: '' },
      ...byCompatibility(judged, ({ calibrator: { by, saved } }) => ({
        label: by.name,
        description: [
          current.includes(by.name) ? 'in use' : '',
          saved.label === undefined ? '' : `for the label ${quoted(saved.label)}`,
          calibratorInWords(by),
        ]
          .filter((part) => part !== '')
          .join(', '),
        value: by.name,
        active: current.includes(by.name),
      })),
    ],
  });
  if (chosen === undefined) return undefined;
  return assignCalibrator(
    entry,
    folder,
    found.find(({ by }) => by.name === chosen),
  );
}

/** Groups choices by compatibility, matching ones first. The others show what is wrong. */
function byCompatibility<T, Item extends { readonly compatibility: Compatibility }>(
  items: readonly Item[],
  choice: (item: Item) => Choice<T>,
): Choice<T>[] {
  const group = (title: string, wanted: readonly Compatibility['kind'][]): Choice<T>[] => {
    const found = items.filter(({ compatibility }) => wanted.includes(compatibility.kind));
    if (found.length === 0) return [];
    return [
      { label: title },
      ...found.map((item) => ({
        ...choice(item),
        ...(item.compatibility.kind === 'refused' || item.compatibility.kind === 'unbound'
          ? { detail: item.compatibility.reason }
          : {}),
      })),
    ];
  };
  return [
    ...group('Compatible, as far as is known', ['fits', 'unknown']),
    ...group('Not bound yet', ['unbound']),
    ...group('Not compatible', ['refused']),
  ];
}

/** The compatibility, without scoring anything or reading a model file. */
async function compatibilityNow(
  { engineModels }: AssignServices,
  calibrator: WorkspaceCalibrator,
  classifier: Classifier,
): Promise<Compatibility> {
  return compatibilityBefore(calibrator, classifier, await originBefore(engineModels, classifier));
}

/** What was written into which file, and a way to undo it. */
export interface Assigned extends ChangedClassifier {
  readonly classifier: string;
  /** Undefined if the calibrator was removed. */
  readonly calibrator: string | undefined;
}

/**
 * The calibrator of one label is written beside that label; none is written beside any.
 *
 * @throws UserError as `changeClassifier`
 */
async function assignCalibrator(
  entry: UsableClassifier,
  folder: vscode.Uri,
  calibrator: WorkspaceCalibrator | undefined,
): Promise<Assigned> {
  const { labels, name: classifier, asks } = entry.classifier;
  const ofLabel = calibrator?.saved.label;
  const name = calibrator?.by.name;
  const isOwn =
    asks.kind === 'encoder' &&
    (ofLabel !== undefined || labels.some((label) => label.calibrator !== undefined));
  const changed = await (isOwn
    ? changeClassifier(
        entry,
        folder,
        'labels',
        labels.map(({ calibrator: own, ...label }) => {
          const now = ofLabel === undefined ? undefined : label.name.trim() === ofLabel ? name : own;
          return now === undefined ? label : { ...label, calibrator: now };
        }),
      )
    : changeClassifier(entry, folder, 'calibrator', name));
  if (calibrator !== undefined) stepDone('use');
  return { ...changed, classifier, calibrator: name };
}

/** Tells what was written, and offers to undo it. */
export async function tellAssigned(dialogs: Dialogs, assigned: Assigned): Promise<void> {
  const { uri, classifier, calibrator } = assigned;
  const message =
    calibrator === undefined
      ? `The classifier ${classifier} now shows raw scores.`
      : `The classifier ${classifier} now uses the calibrator ${calibrator}.`;
  const chosen = await dialogs.tell('info', message, ['Undo', 'Open Classifier']);
  if (chosen === 'Undo') await assigned.undo();
  else if (chosen === 'Open Classifier') await vscode.window.showTextDocument(uri);
}
