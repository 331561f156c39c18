/** The setting of the chosen model: reads and writes it. */
import { isChosenModel } from '../../store/choose-model';
import type { ModelEntry } from '../../store/models';
import type { Services } from '../../editor/services';
import { readSettings, writeModelSetting } from '../../editor/settings';

type Needs = Pick<Services, 'models' | 'engineModels' | 'modelsChanged'>;

/** The file name; the path if the name alone would mean another file. */
function settingFor(entry: ModelEntry, all: readonly ModelEntry[]): string {
  return all.filter((other) => other.file === entry.file).length > 1 ? entry.path : entry.file;
}

/** Makes it the model of every classifier that names none. An idle engine unloads another model. */
export async function useModel(
  entry: ModelEntry,
  { models, engineModels, modelsChanged }: Needs,
): Promise<void> {
  await writeModelSetting(settingFor(entry, await models.list()));
  // For the command line, which does not see the editor's settings.
  await models.prefer(entry, 'chosen');
  const { engine } = engineModels;
  const { state } = engine;
  const idle = state.kind === 'failed' || (state.kind === 'ready' && state.pending === 0);
  if (idle && (state.kind === 'failed' || engine.modelPath !== entry.path)) await engine.stop();
  modelsChanged.fire();
}

/** Call it after a model was removed: the setting must not name a model that no longer exists. */
export async function forgetChoice(entry: ModelEntry, before: readonly ModelEntry[]): Promise<void> {
  if (isChosenModel(entry, before, readSettings().model)) await writeModelSetting('');
}
