/** "Try It" above a classifier file. */
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import { CLASSIFIER_FOLDER, isClassifierFile } from '../../editor/classifier-folder';

export function registerTryIt(): vscode.Disposable {
  return vscode.languages.registerCodeLensProvider(
    { pattern: `**/${CLASSIFIER_FOLDER}/*.json` },
    {
      provideCodeLenses: ({ uri }) =>
        // Files of an untrusted workspace are left alone.
        vscode.workspace.isTrusted && isClassifierFile(uri)
          ? [
              new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), {
                title: '$(beaker) Try It',
                tooltip: 'Classify a text with this file as it is in the editor',
                command: COMMANDS.tryClassifier,
                arguments: [uri],
              }),
            ]
          : [],
    },
  );
}
