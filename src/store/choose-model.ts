/** Which model to use: one rule for the editor and the command line. */
import path from 'node:path';
import type { Classifier } from '../core/classifier/definition';
import { UserError } from '../core/user-error';
import type { ModelEntry, ModelStore } from './models';

/**
 * The model that the classifier names, otherwise the chosen one, otherwise the only one on this machine, otherwise what
 * `among` takes of several.
 *
 * @param chosen file name, absolute path if two files have that name, or empty
 * @throws UserError `no-model` if none can be used; `model-missing`, `model-differs`
 */
export async function chooseModel(
  store: ModelStore,
  classifier: Pick<Classifier, 'model'> | undefined,
  chosen: string,
  among: () => Promise<ModelEntry | undefined> = () => Promise.resolve(undefined),
): Promise<ModelEntry> {
  if (classifier?.model !== undefined) return store.resolve(classifier.model);
  const present = (await store.list()).filter((entry) => !entry.missing);
  if (chosen !== '') return present.find((entry) => entry.path === chosen) ?? store.resolve({ file: chosen });
  const [only] = present;
  if (only === undefined)
    throw new UserError(
      'no-model',
      'There is no model on this machine yet. Download one, or choose a .gguf file.',
    );
  const found = present.length === 1 ? only : await among();
  if (found !== undefined) return found;
  throw new UserError(
    'no-model',
    `No model is chosen yet. Choose one of those on this machine: ${present.map((entry) => entry.file).join(', ')}.`,
  );
}

/** Whether the setting of the chosen model names this entry among all of them. */
export function isChosenModel(entry: ModelEntry, all: readonly ModelEntry[], setting: string): boolean {
  if (path.isAbsolute(setting)) return entry.path === setting;
  // As in ModelStore.find: the first existing one with that name.
  const named = all.filter((other) => other.file === setting);
  return entry.path === (named.find((other) => !other.missing) ?? named[0])?.path;
}
