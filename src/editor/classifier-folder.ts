/** Where the classifier files of a workspace lie. Without what reads them, because the shell loads this at the start. */
import type * as vscode from 'vscode';

export const CLASSIFIER_FOLDER = '.prompt-confidence/classifiers';

export function isClassifierFile({ path, scheme }: vscode.Uri): boolean {
  return /\/([^/]+\/[^/]+)\/[^/]+\.json$/.exec(path)?.[1] === CLASSIFIER_FOLDER && scheme !== 'git';
}

/** "mood" of mood.json: where a file cannot be read, the name of its classifier. */
export function fileStem(uri: vscode.Uri): string {
  return (uri.path.split('/').at(-1) ?? '').replace(/\.json$/, '');
}
