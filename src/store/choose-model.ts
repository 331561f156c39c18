/** Which model to use: one rule for the editor and the command line. */
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
