/** Classifier files in the workspace: writes new ones, and reports problems of existing ones. */
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import { nameArgument, uriArgument } from '../../editor/argument';
import type { Services } from '../../editor/services';
import { ClassifierDiagnostics } from './diagnostics';
import { editClassifier } from './edit-classifier';
import { newClassifier } from './new-classifier';
import { registerTryIt } from './try-it';

export function registerClassifierFiles(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    new ClassifierDiagnostics(services),
    registerTryIt(),
    vscode.commands.registerCommand(COMMANDS.newClassifier, () => newClassifier(services)),
    vscode.commands.registerCommand(COMMANDS.editClassifier, (argument: unknown) =>
      editClassifier(services, uriArgument(argument) ?? nameArgument(argument, 'classifier')),
    ),
  );
}
