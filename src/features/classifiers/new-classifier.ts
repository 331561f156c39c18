/** New Classifier: asks a few questions, then writes a file that can be used at once and edited later. */
import * as vscode from 'vscode';
import {
  draftClassifier,
  labelsFrom,
  labelsProblem,
  type Draft,
  type DraftKind,
} from '../../core/classifier/draft';
import { UserError } from '../../core/user-error';
import { CLASSIFIER_FOLDER, fileStem } from '../../editor/classifier-folder';
import { exists } from '../../editor/exists';
import type { Choice, Dialogs } from '../../editor/dialogs';
import { checkPlace } from '../../editor/place';
import { askInTurn, type DialogQuestion, question } from '../../editor/questions';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { writeClassifierSetting } from '../../editor/settings';
import { isTrustedOrTold } from '../../editor/trust';
import { stepDone } from '../../editor/walkthrough';
import { askForEncoder, chooseClassifyingModel } from './new-encoder-classifier';
import { NEW_CLASSIFIER, nameQuestion } from './classifier-name';
import { tellNoFolder } from './no-folder';
import { COMMANDS } from '../../protocol/manifest';
import { checkGguf } from '../../store/gguf';

const NOT_TRUSTED = 'A classifier is written into the workspace, which is in Restricted Mode.';

export async function newClassifier(services: Services): Promise<void> {
  const { classifiers, dialogs } = services;
  try {
    const folders = await usableFolders(dialogs);
    if (folders === undefined) return;
    const taken = (await classifiers.list()).map((entry) =>
      entry.kind === 'invalid' ? fileStem(entry.uri) : entry.classifier.name,
    );
    const model = await chooseClassifyingModel(services);
    if (model === undefined) return;
    const written =
      model === 'language'
        ? await writeAsking(services, folders, taken)
        : await writeEncoder(services, folders[0], taken, model.folder);
    if (written === undefined) return;
    await vscode.window.showTextDocument(written.uri);
    stepDone('classifier');
    // The command ends before its message does.
    offerToUse(services, written).catch((error: unknown) => reportError(services, error));
  } catch (error) {
    await reportError(services, error);
  }
}

interface Written {
  readonly uri: vscode.Uri;
  readonly name: string;
  /** Whether it has placeholders. */
  readonly isUnfinished: boolean;
}

async function writeAsking(
  services: Services,
  folders: Folders,
  taken: readonly string[],
): Promise<Written | undefined> {
  const answers = await askForDraft(services.dialogs, folders, taken, await modelKind(services));
  if (answers === undefined) return undefined;
  const { folder, draft } = answers;
  const uri = await writeDraft(folder, draft);
  const isUnfinished = draft.kind === 'few-shot' && draft.examples.some((text) => text.trim() === '');
  return { uri, name: draft.name.trim(), isUnfinished };
}

async function writeEncoder(
  services: Services,
  folder: vscode.WorkspaceFolder,
  taken: readonly string[],
  model: string,
): Promise<Written | undefined> {
  const file = await askForEncoder(services, model, taken);
  if (file === undefined) return undefined;
  return { uri: await writeFile(folder, file.name, file), name: file.name, isUnfinished: false };
}

type Folders = readonly [vscode.WorkspaceFolder, ...vscode.WorkspaceFolder[]];

/** The model that the classifier will probably be used with, as far as it decides how to ask. */
interface ModelKind {
  /** Undefined where no model is chosen. */
  readonly file: string | undefined;
  /** True for chat and instruction models, which can be told what to do. */
  readonly follows: boolean;
}

async function modelKind({ engineModels }: Pick<Services, 'engineModels'>): Promise<ModelKind> {
  try {
    const { path, file } = await engineModels.modelFor(undefined);
    return { file, follows: (await checkGguf(path)).hasChatTemplate };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Examples work with every model.
    return { file: undefined, follows: false };
  }
}

/** Makes the new classifier that of the workspace, or opens a field to try it, if the person wants that. */
async function offerToUse({ dialogs }: Services, { uri, name, isUnfinished }: Written): Promise<void> {
  const [use, tryIt] = ['Use It Now', 'Try It'];
  const answer = await dialogs.tell(
    'info',
    `The classifier ${name} is ready.${isUnfinished ? ' Replace its placeholders by real texts first: the model takes them for examples.' : ''}`,
    [use, tryIt],
  );
  if (answer === use) await writeClassifierSetting(name, uri);
  if (answer === tryIt) await vscode.commands.executeCommand(COMMANDS.tryClassifier, uri);
}

/** The open folders, the active editor's first. If none can be written into, a message says what to do. */
async function usableFolders(dialogs: Dialogs): Promise<Folders | undefined> {
  if (!(await isTrustedOrTold(dialogs, NOT_TRUSTED))) return undefined;
  const active = vscode.window.activeTextEditor?.document.uri;
  const activeFolder = active === undefined ? undefined : vscode.workspace.getWorkspaceFolder(active);
  const all = vscode.workspace.workspaceFolders ?? [];
  const [first, ...rest] = [...all].sort((a, b) => Number(b === activeFolder) - Number(a === activeFolder));
  if (first !== undefined) return [first, ...rest];
  await tellNoFolder(dialogs);
  return undefined;
}

interface Answers {
  readonly folder: vscode.WorkspaceFolder;
  readonly draft: Draft;
}

/** Asks step by step, with a way back; what was typed stays. */
async function askForDraft(
  dialogs: Dialogs,
  folders: Folders,
  taken: readonly string[],
  model: ModelKind,
): Promise<Answers | undefined> {
  let folder = folders[0];
  let name = '';
  let labels = '';
  let kind: DraftKind = model.follows ? 'question' : 'few-shot';
  let asked = '';
  const examples = new Map<string, string>();
  const askFolder = question(
    (step) =>
      dialogs.choose({
        title: NEW_CLASSIFIER,
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
  const askName = nameQuestion(dialogs, { taken, given: () => name, keep: (chosen) => (name = chosen) });
  const askLabels = question(
    (step) =>
      dialogs.ask({
        title: NEW_CLASSIFIER,
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
        title: NEW_CLASSIFIER,
        placeholder: 'How the classifier asks the model',
        choices: kinds(model).map((choice) => ({ ...choice, active: choice.value === kind })),
        step,
      }),
    (answer) => (kind = answer),
  );
  const askQuestion = question(
    (step) =>
      dialogs.ask({
        title: NEW_CLASSIFIER,
        prompt: 'What should the model decide? Leave it empty to ask which label fits best',
        placeholder: 'How urgent is this message?',
        value: asked,
        validate: () => undefined,
        step,
      }),
    ({ text }) => (asked = text.trim()),
  );
  const askExample = (label: string): DialogQuestion =>
    question(
      (step) =>
        dialogs.ask({
          title: NEW_CLASSIFIER,
          prompt: `A typical text for ${label}. Leave it empty to write it into the file later`,
          value: examples.get(label) ?? '',
          validate: () => undefined,
          step,
        }),
      ({ text }) => examples.set(label, text.trim()),
    );
  // What is asked later depends on the labels and the kind, so the list is made for every question.
  const questions = (): DialogQuestion[] => [
    ...(folders.length > 1 ? [askFolder] : []),
    ...[askName, askLabels, askKind, askQuestion],
    ...(kind === 'few-shot' ? labelsFrom(labels).slice(0, EXAMPLES_ASKED).map(askExample) : []),
  ];
  if (!(await askInTurn(questions))) return undefined;
  const names = labelsFrom(labels);
  return {
    folder,
    draft: {
      ...{ name, labels: names, kind, question: asked },
      examples: names.map((label) => examples.get(label) ?? ''),
    },
  };
}

/** Labels whose examples are asked for; those of further labels are placeholders. */
const EXAMPLES_ASKED = 6;

function kinds({ file, follows }: ModelKind): readonly Choice<DraftKind>[] {
  const fits = (wanted: boolean): { readonly description?: string } =>
    file !== undefined && follows === wanted ? { description: `fits ${file}` } : {};
  const question: Choice<DraftKind> = {
    label: 'Question with an instruction',
    ...fits(true),
    detail: 'Tells the model what to do. For chat and instruction models.',
    value: 'question',
  };
  const fewShot: Choice<DraftKind> = {
    label: 'Few-shot, with examples',
    ...fits(false),
    detail: 'Shows an answered example of each label. Works with every model; base models need it.',
    value: 'few-shot',
  };
  return follows ? [question, fewShot] : [fewShot, question];
}

/**
 * @throws UserError `classifier-exists`: an existing file is never overwritten; leads-elsewhere
 *
 * @internal
 */
export function writeDraft(folder: Pick<vscode.WorkspaceFolder, 'uri'>, draft: Draft): Promise<vscode.Uri> {
  return writeFile(folder, draft.name.trim(), draftClassifier(draft));
}

async function writeFile(
  folder: Pick<vscode.WorkspaceFolder, 'uri'>,
  name: string,
  file: object,
): Promise<vscode.Uri> {
  const uri = vscode.Uri.joinPath(folder.uri, CLASSIFIER_FOLDER, `${name}.json`);
  await checkPlace(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(uri, {
    overwrite: false,
    ignoreIfExists: false,
    contents: new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`),
  });
  if (!(await exists(uri)) && (await vscode.workspace.applyEdit(edit))) return uri;
  throw (await exists(uri))
    ? new UserError('classifier-exists', `${uri.fsPath} already exists. Choose another name.`)
    : new UserError(
        'classifier-unwritable',
        `${uri.fsPath} cannot be written. Check the folder's permissions.`,
      );
}
