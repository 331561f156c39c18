/** The commands that bring, choose and remove models. */
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import type { Services } from '../../editor/services';
import { nameArgument } from '../../editor/argument';
import { chooseModel, chooseModelFile, chooseModelFolder } from './choose-model';
import { downloadModelByList } from './download-model';
import { manageModels } from './manage-models';

export function registerModels(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    // With 'file' (from a failed download) or 'folder' (from a missing one) it asks for that at once.
    vscode.commands.registerCommand(COMMANDS.chooseModel, (argument: unknown) => {
      if (argument === 'file') return chooseModelFile(services);
      return argument === 'folder' ? chooseModelFolder(services) : chooseModel(services);
    }),
    vscode.commands.registerCommand(COMMANDS.downloadModel, () => downloadModelByList(services)),
    vscode.commands.registerCommand(COMMANDS.manageModels, () => manageModels(services)),
    vscode.commands.registerCommand(COMMANDS.useModel, (argument: unknown) =>
      chooseModel(services, nameArgument(argument, 'model')),
    ),
  );
}
