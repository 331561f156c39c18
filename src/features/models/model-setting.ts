/** Which model is chosen, and choosing one. */
import path from 'node:path';
import type { ModelEntry } from '../../store/models';
import type { Services } from '../../workspace/services';
import { readSettings, writeModelSetting } from '../../workspace/settings';

type Needs = Pick<Services, 'models' | 'engineModels' | 'modelsChanged'>;

/** Whether the setting means this entry, among all of them. */
export function isChosen(entry: ModelEntry, all: readonly ModelEntry[], setting: string): boolean {
  if (path.isAbsolute(setting)) return entry.path === setting;
  // As ModelStore.find does: the first one of that name that is there.
  const named = all.filter((other) => other.file === setting);
  return entry.path === (named.find((other) => !other.missing) ?? named[0])?.path;
}

/** The file name; its path only where two files of that name are known and the name would mean the other one. */
function settingFor(entry: ModelEntry, all: readonly ModelEntry[]): string {
  return all.filter((other) => other.file === entry.file).length > 1 ? entry.path : entry.file;
}

/** Makes it the model of every classifier that names none. An idle engine with another one lets go of its memory. */
export async function chooseModel(
  entry: ModelEntry,
  { models, engineModels, modelsChanged }: Needs,
): Promise<void> {
  await writeModelSetting(settingFor(entry, await models.list()));
  const { engine } = engineModels;
  const { state } = engine;
  const idle = state.kind === 'failed' || (state.kind === 'ready' && state.pending === 0);
  if (idle && (state.kind === 'failed' || engine.modelPath !== entry.path)) await engine.stop();
  modelsChanged.fire();
}

/** To be called when a model is gone: the setting must not name what is not there any more. */
export async function forgetChoice(entry: ModelEntry, before: readonly ModelEntry[]): Promise<void> {
  if (isChosen(entry, before, readSettings().model)) await writeModelSetting('');
}
