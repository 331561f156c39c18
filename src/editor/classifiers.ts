/** The classifiers that can be used here: the built-in ones and those of the open folders. */
import * as vscode from 'vscode';
import { BUILTIN_CLASSIFIERS } from '../core/classifier/builtin';
import { parseClassifier, type Classifier } from '../core/classifier/definition';
import { UserError } from '../core/user-error';
import { CLASSIFIER_FOLDER, fileStem } from './classifier-folder';
import { ReadFolders } from './read-folders';
import { jsonFilesIn, readSmallFile } from './read-small';

/** A classifier that can be chosen, or a file that is not a valid classifier, with the reason. */
export type ClassifierEntry =
  | { readonly kind: 'builtin'; readonly classifier: Classifier }
  | { readonly kind: 'file'; readonly uri: vscode.Uri; readonly classifier: Classifier }
  | { readonly kind: 'invalid'; readonly uri: vscode.Uri; readonly error: UserError };

type FileEntry = Exclude<ClassifierEntry, { readonly kind: 'builtin' }>;
export type UsableClassifier = Exclude<ClassifierEntry, { readonly kind: 'invalid' }>;

export class Classifiers implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly folders = new ReadFolders(`**/${CLASSIFIER_FOLDER}/*.json`);
  private readonly subscriptions: { dispose(): unknown }[] = [
    this.changed,
    this.folders,
    this.folders.onDidChange(() => this.changed.fire()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => this.changed.fire()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => this.changed.fire()),
  ];

  /** Fires when a classifier file or the set of folders changed. */
  readonly onDidChange = this.changed.event;

  /**
   * All classifiers, built-in ones first, without those that a file of the same name replaces: a broken file too, lest
   * another prompt answers without a word. The files of an untrusted workspace are not read. Files are read every time:
   * they are few and small, and what was saved a moment ago must count before the watcher reports it.
   */
  async list(): Promise<ClassifierEntry[]> {
    const builtin = BUILTIN_CLASSIFIERS.map((classifier) => ({ kind: 'builtin' as const, classifier }));
    if (!vscode.workspace.isTrusted) return builtin;
    const lists = await Promise.all(
      (vscode.workspace.workspaceFolders ?? []).map((folder) => {
        const location = vscode.Uri.joinPath(folder.uri, CLASSIFIER_FOLDER);
        this.folders.willRead(location);
        return readFolder(location);
      }),
    );
    const files = lists.flat();
    const own = new Set(
      files.map((entry) => (entry.kind === 'invalid' ? fileStem(entry.uri) : entry.classifier.name)),
    );
    return [...builtin.filter((entry) => !own.has(entry.classifier.name)), ...files];
  }

  /**
   * Finds a classifier by name.
   *
   * @throws UserError `classifier-missing`, or the error of its file
   */
  async get(name: string): Promise<Classifier> {
    return (await this.find(name)).classifier;
  }

  /** As `get`, with the place of the classifier. */
  async find(name: string): Promise<UsableClassifier> {
    const entries = await this.list();
    const found = entries
      .filter((entry) => entry.kind !== 'invalid')
      .findLast(({ classifier }) => classifier.name === name);
    if (found !== undefined) return found;
    const broken = entries.find((entry) => entry.kind === 'invalid' && fileStem(entry.uri) === name);
    if (broken?.kind === 'invalid') throw broken.error;
    throw new UserError(
      'classifier-missing',
      `There is no classifier named "${name}" here. Run Choose Classifier… to choose one, or New Classifier… to create one.`,
    );
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

async function readFolder(location: vscode.Uri): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  // One after another: together they could fill the memory.
  for (const file of await jsonFilesIn(location)) entries.push(await readFile(file));
  return entries;
}

async function readFile(uri: vscode.Uri): Promise<FileEntry> {
  try {
    const text = new TextDecoder().decode(await readSmallFile(uri));
    return { kind: 'file', uri, classifier: parseClassifier(text, fileName(uri)) };
  } catch (error) {
    return {
      kind: 'invalid',
      uri,
      error:
        error instanceof UserError
          ? error
          : new UserError('classifier-unreadable', `${fileName(uri)}: ${String(error)}`),
    };
  }
}

function fileName(uri: vscode.Uri): string {
  return uri.path.split('/').at(-1) ?? uri.path;
}
