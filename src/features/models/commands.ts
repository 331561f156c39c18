/** The commands that bring, choose and remove models. */
import * as vscode from 'vscode';
import type { Services } from '../../workspace/services';
import { chooseModelByList } from './choose-model';
import { downloadModelByList } from './download-model';
import { manageModels } from './manage-models';

export function registerModels(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('promptConfidence.chooseModel', () => chooseModelByList(services)),
    vscode.commands.registerCommand('promptConfidence.downloadModel', () => downloadModelByList(services)),
    vscode.commands.registerCommand('promptConfidence.manageModels', () => manageModels(services)),
  );
}
