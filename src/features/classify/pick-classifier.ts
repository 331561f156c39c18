/** Choosing the classifier that Classify Selection uses. */
import * as vscode from 'vscode';
import { classifierChoices } from '../../editor/classifier-choices';
import type { Services } from '../../editor/services';
import { activeClassifier, writeClassifierSetting } from '../../editor/settings';

/**
 * Lets the person choose a classifier. Choosing one whose file is broken opens that file.
 *
 * @returns its name; undefined if none was chosen
 */
export async function pickClassifier(
  { classifiers, dialogs }: Pick<Services, 'classifiers' | 'dialogs'>,
  title: string,
): Promise<string | undefined> {
  const current = activeClassifier();
  const chosen = await dialogs.choose({
    title,
    placeholder: 'Choose a classifier. It is remembered for Classify Selection.',
    choices: classifierChoices(await classifiers.list(), { current, proposed: current }),
  });
  if (chosen === undefined || chosen === 'back') return undefined;
  if (chosen.kind !== 'invalid') return chosen.classifier.name;
  await vscode.window.showTextDocument(chosen.uri);
  return undefined;
}

/**
 * Makes a classifier the one that Classify Selection uses.
 *
 * @param name undefined to ask for it
 */
export async function chooseClassifier(
  services: Pick<Services, 'classifiers' | 'dialogs'>,
  name: string | undefined,
): Promise<void> {
  const chosen = name ?? (await pickClassifier(services, 'Choose Classifier'));
  if (chosen !== undefined)
    await writeClassifierSetting(chosen, vscode.window.activeTextEditor?.document.uri);
}
