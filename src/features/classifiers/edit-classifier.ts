/** Edit Classifier: opens the file of a classifier. A built-in one has none: it gets a copy in the workspace. */
import * as vscode from 'vscode';
import { builtinFile } from '../../core/classifier/builtin';
import { replaceClassifierFile } from '../../editor/change-classifier';
import { classifierChoices } from '../../editor/classifier-choices';
import { CLASSIFIER_FOLDER } from '../../editor/classifier-folder';
import type { ClassifierEntry } from '../../editor/classifiers';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { activeClassifier } from '../../editor/settings';
import { isTrustedOrTold } from '../../editor/trust';
import { tellNoFolder } from './no-folder';

type Needs = Pick<Services, 'classifiers' | 'dialogs' | 'log'>;

/** @param asked its file, or the name of a built-in one; undefined to ask */
export async function editClassifier(services: Needs, asked: vscode.Uri | string | undefined): Promise<void> {
  try {
    const chosen = asked ?? (await askWhich(services));
    if (chosen === undefined) return;
    const uri = typeof chosen === 'string' ? await copyBuiltin(services, chosen) : chosen;
    if (uri !== undefined) await vscode.window.showTextDocument(uri);
  } catch (error) {
    await reportError(services, error);
  }
}

async function askWhich({ classifiers, dialogs }: Needs): Promise<vscode.Uri | string | undefined> {
  const current = activeClassifier();
  const chosen = await dialogs.choose<ClassifierEntry>({
    title: 'Edit Classifier',
    placeholder: 'Classifier whose file is to be opened',
    choices: classifierChoices(await classifiers.list(), { current, proposed: current }),
  });
  if (chosen === undefined || chosen === 'back') return undefined;
  return chosen.kind === 'builtin' ? chosen.classifier.name : chosen.uri;
}

/** @returns the file of the copy; undefined if the person wants none */
async function copyBuiltin({ dialogs }: Needs, name: string): Promise<vscode.Uri | undefined> {
  const copy = 'Copy into Workspace';
  const answer = await dialogs.confirm(
    `${name} is built in and cannot be changed. Copy it into the workspace?`,
    `The copy takes its place in this workspace: ${CLASSIFIER_FOLDER}/${name}.json.`,
    [copy],
  );
  if (answer !== copy) return undefined;
  const why = 'A classifier is written into the workspace, which is in Restricted Mode.';
  if (!(await isTrustedOrTold(dialogs, why))) return undefined;
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder === undefined) {
    await tellNoFolder(dialogs);
    return undefined;
  }
  const uri = vscode.Uri.joinPath(folder.uri, CLASSIFIER_FOLDER, `${name}.json`);
  await replaceClassifierFile(uri, undefined, `${JSON.stringify(builtinFile(name), null, 2)}\n`);
  return uri;
}
