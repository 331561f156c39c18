/** Changes one field of a classifier's file in the workspace, and takes that back. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { builtinFile } from '../core/classifier/builtin';
import { withField } from '../core/classifier/field';
import { UserError } from '../core/user-error';
import { writeFileAtomic } from '../store/atomic';
import { CLASSIFIER_FOLDER } from './classifier-folder';
import type { Classifiers, UsableClassifier } from './classifiers';
import { openDocument } from './open-document';
import { checkPlace } from './place';
import { readSmallFile } from './read-small';

/** The classifiers that can be changed in a folder: its own, and the built-in ones that no file replaces. */
export async function classifiersFor(
  classifiers: Pick<Classifiers, 'list'>,
  folder: vscode.Uri,
): Promise<UsableClassifier[]> {
  return (await classifiers.list())
    .filter((entry) => entry.kind !== 'invalid')
    .filter((entry) => entry.kind === 'builtin' || folderOf(entry.uri).toString() === folder.toString());
}

/** The file of a classifier in a folder, which need not exist yet. */
export function fileOf(entry: UsableClassifier, folder: vscode.Uri): vscode.Uri {
  return entry.kind === 'file'
    ? entry.uri
    : vscode.Uri.joinPath(folder, CLASSIFIER_FOLDER, `${entry.classifier.name}.json`);
}

/** Which file was written, and a way to undo it. */
export interface ChangedClassifier {
  readonly uri: vscode.Uri;
  /** @throws UserError classifier-changed: the file has changed since */
  undo(): Promise<void>;
}

/**
 * Writes one field of a classifier's file. A built-in classifier gets a file, which replaces it.
 *
 * @param value undefined removes the field
 * @throws UserError not-trusted, classifier-invalid, classifier-unsaved, classifier-unwritable
 */
export async function changeClassifier(
  entry: UsableClassifier,
  folder: vscode.Uri,
  field: 'adapter' | 'buckets' | 'calibrator' | 'examples' | 'labels',
  value: string | readonly object[] | undefined,
): Promise<ChangedClassifier> {
  if (!vscode.workspace.isTrusted)
    throw new UserError(
      'not-trusted',
      'A classifier file would be changed, and the workspace is in Restricted Mode. Trust it first (Workspaces: Manage Workspace Trust).',
    );
  const uri = fileOf(entry, folder);
  const before = entry.kind === 'file' ? await readText(uri) : undefined;
  if (entry.kind === 'file' && before === undefined) throw changedMeanwhile(uri);
  const base = before ?? `${JSON.stringify(builtinFile(entry.classifier.name), null, 2)}\n`;
  const after = withField(base, field, value);
  await replaceClassifierFile(uri, before, after);
  return { uri, undo: () => replaceClassifierFile(uri, after, before) };
}

/** Undefined where there is no such file. */
async function readText(uri: vscode.Uri): Promise<string | undefined> {
  if (openDocument(uri)?.isDirty === true)
    throw new UserError(
      'classifier-unsaved',
      `${vscode.workspace.asRelativePath(uri)} has unsaved changes. Save it first.`,
    );
  const content = await readSmallFile(uri);
  return content && new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
}

function changedMeanwhile(uri: vscode.Uri): UserError {
  const file = vscode.workspace.asRelativePath(uri);
  return new UserError('classifier-changed', `${file} was changed in the meantime, so it was left as it is.`);
}

/**
 * Writes the file of a classifier, unless it has changed.
 *
 * @param expected content that the file must have; undefined if there must be no file
 * @param text new content; undefined to delete the file
 * @throws UserError classifier-changed, classifier-unsaved, classifier-unwritable and as `checkPlace`
 */
export async function replaceClassifierFile(
  uri: vscode.Uri,
  expected: string | undefined,
  text: string | undefined,
): Promise<void> {
  const file = vscode.workspace.asRelativePath(uri);
  await checkPlace(uri);
  const current = await readText(uri);
  if (current !== expected) throw changedMeanwhile(uri);
  try {
    if (text === undefined) await vscode.workspace.fs.delete(uri);
    else if (uri.scheme === 'file') {
      await mkdir(path.dirname(uri.fsPath), { recursive: true });
      await writeFileAtomic(uri.fsPath, text);
    } else await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('classifier-unwritable', `${file} cannot be written: ${String(error)}`, {
      cause: error,
    });
  }
}

/** The workspace folder of a file in `.prompt-confidence/<kind>/`. */
export function folderOf(uri: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(uri, '..', '..', '..');
}
