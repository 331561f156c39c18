/** Manage Models: which models are on the disk, where, and how to delete them. */
import { editorText } from '../../core/encode';
import * as vscode from 'vscode';
import { formatBytes, formatShare } from '../../core/words/quantities';
import { cancelledError } from '../../core/user-error';
import { isChosenModel } from '../../store/choose-model';
import { isInside } from '../../store/inside';
import type { FolderEntry, ModelEntry } from '../../store/models';
import { deleteUnfinished, unfinishedDownloads, type UnfinishedDownload } from '../../store/unfinished';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { readSettings } from '../../editor/settings';
import { useModel, forgetChoice } from './model-setting';
import { bytesOnDisk, modelDescription, modelDetail, unfinishedDescription } from './wording';

interface Operation {
  readonly title: string;
  readonly icon: string;
  readonly run: () => Promise<void>;
}

interface Row extends vscode.QuickPickItem {
  readonly operations: readonly Operation[];
}

/** Every operation is a button of its row. Pressing Enter on the row lists the same operations. */
export async function manageModels(services: Services): Promise<void> {
  const picker = vscode.window.createQuickPick<Row>();
  picker.ignoreFocusOut = true;
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  const fill = async (): Promise<void> => {
    picker.busy = true;
    const { title, rows } = await overview(services);
    picker.title = title;
    picker.items = rows;
    picker.placeholder =
      rows.length === 0
        ? 'There is no model on this machine yet'
        : 'Press Enter on a model to see its actions';
    picker.busy = false;
  };
  const perform = async (operation: Operation | undefined): Promise<void> => {
    try {
      await operation?.run();
      await fill();
    } catch (error) {
      await reportError(services, error);
    }
  };
  await new Promise<void>((resolve) => {
    picker.onDidTriggerItemButton(({ item, button }) => {
      void perform(item.operations.find((operation) => operation.title === button.tooltip));
    });
    picker.onDidAccept(() => {
      const row = picker.selectedItems[0];
      if (row === undefined) return;
      picker.hide();
      void chooseOperation(services, row).then(perform);
    });
    picker.onDidHide(() => resolve());
    picker.show();
    void perform(undefined);
  });
  picker.dispose();
}

async function chooseOperation(services: Services, row: Row): Promise<Operation | undefined> {
  const chosen = await services.dialogs.choose({
    title: row.label,
    placeholder: row.description ?? '',
    choices: row.operations.map((operation) => ({
      icon: operation.icon,
      label: operation.title,
      value: operation,
    })),
  });
  return chosen === 'back' ? undefined : chosen;
}

async function overview(services: Services): Promise<{ title: string; rows: Row[] }> {
  const entries = await services.models.list();
  const folders = await services.models.folders();
  const unfinished = await unfinishedDownloads(services.models.folder);
  const setting = readSettings().model;
  return {
    title: `Manage Models: ${formatBytes(bytesOnDisk(entries, unfinished))} on disk`,
    rows: [
      ...entries.map((entry) =>
        row(
          entry.file,
          modelDescription(entry, setting !== '' && isChosenModel(entry, entries, setting)),
          modelDetail(entry),
          operationsOn(entry, services),
        ),
      ),
      ...folders.map((entry) =>
        row(
          entry.file,
          entry.missing ? 'missing' : 'sequence classification model',
          entry.path,
          operationsOnFolder(entry, services),
        ),
      ),
      ...unfinished.map((entry) =>
        row(
          `${entry.file}, unfinished`,
          unfinishedDescription(entry),
          `Download Model… resumes it from ${entry.source}`,
          [
            {
              title: 'Delete the unfinished download',
              icon: 'trash',
              run: () => deleteUnfinishedDownload(entry, services),
            },
          ],
        ),
      ),
    ],
  };
}

function row(label: string, description: string, detail: string, operations: readonly Operation[]): Row {
  return {
    label: editorText(label),
    description: editorText(description),
    detail: editorText(detail),
    operations,
    // Enter chooses a model in the other list. Here the buttons are about files.
    buttons: operations
      .filter((operation) => operation.icon !== 'check')
      .map(({ title, icon }) => ({ iconPath: new vscode.ThemeIcon(icon), tooltip: title })),
  };
}

function operationsOn(entry: ModelEntry, services: Services): Operation[] {
  const copyPath: Operation = {
    title: 'Copy path',
    icon: 'copy',
    run: async () => vscode.env.clipboard.writeText(entry.path),
  };
  const remove: Operation =
    entry.place === 'cache'
      ? {
          title: `Delete (${formatBytes(entry.bytes)})`,
          icon: 'trash',
          run: () => deleteModel(entry, services),
        }
      : { title: 'Forget (the file stays)', icon: 'close', run: () => forgetModel(entry, services) };
  if (entry.missing) return [copyPath, remove];
  return [
    { title: 'Use this model', icon: 'check', run: () => useModel(entry, services) },
    { title: 'Reveal in the file manager', icon: 'folder-opened', run: () => reveal(entry, services) },
    copyPath,
    { title: 'Copy SHA-256', icon: 'key', run: () => copyHash(entry, services) },
    remove,
  ];
}

function operationsOnFolder(entry: FolderEntry, services: Services): Operation[] {
  const remove: Operation =
    entry.place === 'cache'
      ? { title: 'Delete', icon: 'trash', run: () => removeFolder(entry, services) }
      : { title: 'Forget (the folder stays)', icon: 'close', run: () => removeFolder(entry, services) };
  return [
    { title: 'Reveal in the file manager', icon: 'folder-opened', run: () => reveal(entry, services) },
    { title: 'Copy path', icon: 'copy', run: async () => vscode.env.clipboard.writeText(entry.path) },
    remove,
  ];
}

/** Deletes a folder of the cache after a question; one elsewhere is forgotten and stays where it is. */
async function removeFolder(
  entry: FolderEntry,
  { models, encoderModels: { encoder }, dialogs, modelsChanged }: Services,
): Promise<void> {
  const isDeleted = entry.place === 'cache';
  if (isDeleted && (await dialogs.confirm(`Delete ${entry.file}?`, entry.path, ['Delete'])) !== 'Delete')
    return;
  if (encoder.modelPath !== undefined && isInside(entry.path, encoder.modelPath)) await encoder.stop();
  await models.remove(entry);
  modelsChanged.fire();
}

async function reveal(entry: Pick<ModelEntry, 'path'>, { dialogs }: Services): Promise<void> {
  // There is no file manager if the window runs in a browser or the files are on another machine.
  if (vscode.env.uiKind === vscode.UIKind.Web || vscode.env.remoteName !== undefined) {
    await vscode.env.clipboard.writeText(entry.path);
    void dialogs.tell('info', `The file is on the remote machine: ${entry.path}. The path was copied.`);
    return;
  }
  await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(entry.path));
}

async function copyHash(entry: ModelEntry, { models, dialogs }: Services): Promise<void> {
  const sha256 =
    entry.sha256 ??
    (await dialogs.progress(`SHA-256 of ${entry.file}`, (report, signal) =>
      models
        .sha256(entry.path, {
          signal,
          onProgress: (read, total) => report(formatShare(read / total)),
        })
        .catch((error: unknown) => {
          throw signal.aborted ? cancelledError(error) : error;
        }),
    ));
  await vscode.env.clipboard.writeText(sha256);
  void dialogs.tell('info', `Copied: ${sha256}`);
}

/**
 * Deletes a downloaded model after a question. An engine that holds it is stopped first.
 *
 * @internal
 */
export async function deleteModel(entry: ModelEntry, services: Services): Promise<void> {
  const { models, engineModels, dialogs, modelsChanged } = services;
  const elsewhere = (await services.loadedModels.othersWith(entry.path)).length > 0;
  const detail = [
    `This frees ${formatBytes(entry.bytes)}.`,
    entry.source === undefined
      ? 'Its source is unknown, so it cannot be downloaded again from here.'
      : `It can be downloaded again from ${entry.source}.`,
    ...(elsewhere ? ['Another window has it loaded now.'] : []),
  ];
  if ((await dialogs.confirm(`Delete ${entry.file}?`, detail.join('\n'), ['Delete'])) !== 'Delete') return;
  if (engineModels.engine.modelPath === entry.path) await engineModels.engine.stop();
  const before = await models.list();
  await models.remove(entry);
  await forgetChoice(entry, before);
  modelsChanged.fire();
  void dialogs.tell('info', `${entry.file} was deleted; ${formatBytes(entry.bytes)} are free again.`);
}

/**
 * Removes a person's own file from the list.
 *
 * @internal
 */
export async function forgetModel(entry: ModelEntry, services: Services): Promise<void> {
  const { models, dialogs, modelsChanged } = services;
  const detail = `The file stays where it is: ${entry.path}`;
  if ((await dialogs.confirm(`Forget ${entry.file}?`, detail, ['Forget'])) !== 'Forget') return;
  const before = await models.list();
  await models.remove(entry);
  await forgetChoice(entry, before);
  modelsChanged.fire();
}

async function deleteUnfinishedDownload(
  entry: UnfinishedDownload,
  { models, dialogs }: Services,
): Promise<void> {
  const answer = await dialogs.confirm(
    `Delete the unfinished download of ${entry.file}?`,
    `This frees ${formatBytes(entry.have)}. The download would start from the beginning.`,
    ['Delete'],
  );
  if (answer === 'Delete') await deleteUnfinished(models.folder, entry.file);
}
