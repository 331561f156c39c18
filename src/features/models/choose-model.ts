/** Choose Model: a model on this machine, another file, or a download. */
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../core/user-error';
import { isChosenModel } from '../../store/choose-model';
import type { ModelEntry } from '../../store/models';
import { COMMANDS } from '../../protocol/manifest';
import type { Choice } from '../../editor/dialogs';
import { addModelFolder } from '../../editor/model-folder';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { readSettings } from '../../editor/settings';
import { downloadModelByList } from './download-model';
import { useModel } from './model-setting';
import { modelDescription, modelDetail } from './wording';

type Picked =
  | { readonly kind: 'model'; readonly entry: ModelEntry }
  | { readonly kind: 'file' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'download' };

/** @param file path of a model on this machine; undefined to ask */
export async function chooseModel(services: Services, file?: string): Promise<void> {
  const { models, dialogs } = services;
  try {
    const given = (await models.list()).find((entry) => entry.path === file);
    if (given !== undefined) {
      await useListed(given, services);
      return;
    }
    const picked = await dialogs.choose({
      title: 'Choose Model',
      placeholder: 'The model for every classifier that names none',
      choices: modelChoices(await models.list(), readSettings().model),
    });
    if (picked === undefined || picked === 'back') return;
    switch (picked.kind) {
      case 'model':
        await useListed(picked.entry, services);
        break;
      case 'file':
        await useFile(services);
        break;
      case 'folder':
        await addFolder(services);
        break;
      case 'download':
        await downloadModelByList(services);
        break;
    }
  } catch (error) {
    await reportError(services, error);
  }
}

/** Asks for a .gguf file that the person has, and uses it. */
export async function chooseModelFile(services: Services): Promise<void> {
  try {
    await useFile(services);
  } catch (error) {
    await reportError(services, error);
  }
}

/** Asks for the folder of a sequence classification model that the person has. */
export async function chooseModelFolder(services: Services): Promise<void> {
  try {
    await addFolder(services);
  } catch (error) {
    await reportError(services, error);
  }
}

/** @param setting value of promptConfidence.model */
function modelChoices(entries: readonly ModelEntry[], setting: string): Choice<Picked>[] {
  const listed = entries.map((entry): Choice<Picked> => {
    const chosen = setting !== '' && isChosenModel(entry, entries, setting);
    return {
      label: entry.file,
      description: modelDescription(entry, chosen),
      detail: modelDetail(entry),
      value: { kind: 'model', entry },
      active: chosen,
    };
  });
  return [
    ...(listed.length === 0 ? [] : [{ label: 'On this machine' }, ...listed]),
    { label: 'Others' },
    { icon: 'folder-opened', label: 'Choose a .gguf file…', value: { kind: 'file' } },
    {
      icon: 'folder-library',
      label: 'Add the folder of a sequence classification model…',
      value: { kind: 'folder' },
    },
    { icon: 'cloud-download', label: 'Download…', value: { kind: 'download' } },
  ];
}

async function useListed(entry: ModelEntry, services: Services): Promise<void> {
  if (entry.missing)
    throw new UserError(
      'model-missing',
      `${entry.path} is missing. Connect its drive, or choose another model.`,
    );
  await useModel(entry, services);
}

/** Registers a file by its path; the file is not moved. An unusable file is reported. */
async function useFile(services: Services): Promise<void> {
  const { models, dialogs } = services;
  const file = await dialogs.chooseFile('Choose a GGUF model', { 'GGUF models': ['gguf'] });
  if (file === undefined) return;
  await useModel(await models.addLocal(file), services);
}

/** A classifier has to name such a model: none takes it by itself. */
async function addFolder(services: Services): Promise<void> {
  const folder = await addModelFolder(services);
  if (folder === undefined) return;
  const create = 'New Classifier…';
  const name = path.basename(folder);
  const answer = await services.dialogs.tell('info', `${name} is on the model list.`, [create]);
  if (answer === create) await vscode.commands.executeCommand(COMMANDS.newClassifier);
}
