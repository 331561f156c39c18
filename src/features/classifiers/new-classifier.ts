/** New Classifier: asks a few questions, then writes a file that can be used at once and edited later. */
import * as vscode from 'vscode';
import {
  draftClassifier,
  labelsFrom,
  labelsProblem,
  nameProblem,
  type Draft,
  type DraftKind,
} from '../../core/classifier/draft';
import { UserError } from '../../core/user-error';
import { CLASSIFIER_FOLDER } from '../../editor/classifiers';
import { exists } from '../../editor/exists';
import type { Choice, Dialogs } from '../../editor/dialogs';
import { checkPlace } from '../../editor/place';
import { askInTurn, question } from '../../editor/questions';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { isTrustedOrTold } from '../../editor/trust';

const TITLE = 'New Classifier';

const NOT_TRUSTED = 'A classifier is written into the workspace, which is in Restricted Mode.';

export async function newClassifier(services: Services): Promise<void> {
  const { classifiers, dialogs } = services;
  try {
    const folders = await usableFolders(dialogs);
    if (folders === undefined) return;
    const taken = (await classifiers.list()).map((entry) =>
      entry.kind === 'invalid' ? fileStem(entry.uri) : entry.classifier.name,
    );
    const answers = await askForDraft(dialogs, folders, taken);
    if (answers === undefined) return;
    const uri = await writeDraft(answers.folder, answers.draft);
    await vscode.window.showTextDocument(uri);
  } catch (error) {
    await reportError(services, error);
  }
}

/** The open folders, the active editor's first. If none can be written into, a message says what to do. */
async function usableFolders(
  dialogs: Dialogs,
): Promise<readonly [vscode.WorkspaceFolder, ...vscode.WorkspaceFolder[]] | undefined> {
  if (!(await isTrustedOrTold(dialogs, NOT_TRUSTED))) return undefined;
  const active = vscode.window.activeTextEditor?.document.uri;
  const activeFolder = active === undefined ? undefined : vscode.workspace.getWorkspaceFolder(active);
  const all = vscode.workspace.workspaceFolders ?? [];
  const [first, ...rest] = [...all].sort((a, b) => Number(b === activeFolder) - Number(a === activeFolder));
  if (first !== undefined) return [first, ...rest];
  const open = 'Open Folder';
  const answer = await dialogs.tell(
    'info',
    `A classifier is saved in ${CLASSIFIER_FOLDER} of an open folder, but no folder is open.`,
    [open],
  );
  if (answer === open) await vscode.commands.executeCommand('vscode.openFolder');
  return undefined;
}

interface Answers {
  readonly folder: vscode.WorkspaceFolder;
  readonly draft: Draft;
}

/** Asks step by step, with a way back; what was typed stays. */
async function askForDraft(
  dialogs: Dialogs,
  folders: readonly [vscode.WorkspaceFolder, ...vscode.WorkspaceFolder[]],
  taken: readonly string[],
): Promise<Answers | undefined> {
  let folder = folders[0];
  let name = '';
  let labels = '';
  let kind: DraftKind = 'question';
  const askFolder = question(
    (step) =>
      dialogs.choose({
        title: TITLE,
        placeholder: 'Folder of the classifier',
        choices: folders.map((value) => ({
          label: value.name,
          description: value.uri.fsPath,
          value,
          active: value === folder,
        })),
        step,
      }),
    (answer) => (folder = answer),
  );
  const askName = question(
    (step) =>
      dialogs.ask({
        title: TITLE,
        prompt: 'Name of the classifier',
        placeholder: 'urgency',
        value: name,
        validate: (text) => nameProblem(text, taken),
        step,
      }),
    ({ text }) => (name = text.trim()),
  );
  const askLabels = question(
    (step) =>
      dialogs.ask({
        title: TITLE,
        prompt: 'Labels, at least two, separated by commas',
        placeholder: 'urgent, normal, low',
        value: labels,
        validate: labelsProblem,
        step,
      }),
    ({ text }) => (labels = text),
  );
  const askKind = question(
    (step) =>
      dialogs.choose({
        title: TITLE,
        placeholder: 'How the classifier asks the model',
        choices: KINDS.map((choice) => ({ ...choice, active: choice.value === kind })),
        step,
      }),
    (answer) => (kind = answer),
  );
  const questions = [...(folders.length > 1 ? [askFolder] : []), askName, askLabels, askKind];
  if (!(await askInTurn(questions))) return undefined;
  return { folder, draft: { name, labels: labelsFrom(labels), kind } };
}

const KINDS: readonly Choice<DraftKind>[] = [
  {
    label: 'Question with an instruction',
    detail: 'Tells the model what to do. For chat and instruction models.',
    value: 'question',
  },
  {
    label: 'Few-shot, with examples',
    detail: 'Shows answered examples, which you replace with your own. Works with base models too.',
    value: 'few-shot',
  },
];

/**
 * @throws UserError `classifier-exists`: an existing file is never overwritten; leads-elsewhere
 *
 * @internal
 */
export async function writeDraft(
  folder: Pick<vscode.WorkspaceFolder, 'uri'>,
  draft: Draft,
): Promise<vscode.Uri> {
  const uri = vscode.Uri.joinPath(folder.uri, CLASSIFIER_FOLDER, `${draft.name.trim()}.json`);
  await checkPlace(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(uri, {
    overwrite: false,
    ignoreIfExists: false,
    contents: new TextEncoder().encode(`${JSON.stringify(draftClassifier(draft), null, 2)}\n`),
  });
  if (!(await exists(uri)) && (await vscode.workspace.applyEdit(edit))) return uri;
  throw (await exists(uri))
    ? new UserError('classifier-exists', `${uri.fsPath} already exists. Choose another name.`)
    : new UserError(
        'classifier-unwritable',
        `${uri.fsPath} cannot be written. Check the folder's permissions.`,
      );
}

function fileStem(uri: vscode.Uri): string {
  return (uri.path.split('/').at(-1) ?? '').replace(/\.json$/, '');
}
