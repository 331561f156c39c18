import type { Services } from './services';

/** Asks for the folder of a sequence classification model, and puts it on the model list; undefined if the person leaves. */
export async function addModelFolder({
  dialogs,
  models,
  modelsChanged,
}: Pick<Services, 'dialogs' | 'models' | 'modelsChanged'>): Promise<string | undefined> {
  const folder = await dialogs.chooseFolder('Choose the folder of a sequence classification model');
  if (folder === undefined) return undefined;
  const { path } = await models.addFolder(folder);
  modelsChanged.fire();
  return path;
}
