/** Choose Model: a model on this machine, another file, or a download. */
import { UserError } from '../../core/user-error';
import { isChosenModel } from '../../store/choose-model';
import type { ModelEntry } from '../../store/models';
import type { Choice } from '../../editor/dialogs';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { readSettings } from '../../editor/settings';
import { downloadModelByList } from './download-model';
import { useModel } from './model-setting';
import { modelDescription, modelDetail } from './wording';

type Picked =
  | { readonly kind: 'model'; readonly entry: ModelEntry }
  | { readonly kind: 'file' }
  | { readonly kind: 'download' };

/** @param path of a model on this machine; undefined to ask */
export async function chooseModel(services: Services, path?: string): Promise<void> {
  const { models, dialogs } = services;
  try {
    const given = (await models.list()).find((entry) => entry.path === path);
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
