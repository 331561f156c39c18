/** Which model to use: one rule for the editor and the command line. */
import type { Classifier } from '../core/classifier/definition';
import { UserError } from '../core/user-error';
import type { ModelEntry, ModelStore } from './models';

/**
 * The model that the classifier names, otherwise the chosen one, otherwise the only one on this machine.
 *
 * @param chosen file name, absolute path if two files have that name, or empty
 * @throws UserError `no-model` if none can be used; `model-missing`, `model-differs`
 */
export async function chooseModel(
  store: ModelStore,
  classifier: Pick<Classifier, 'model'> | undefined,
  chosen: string,
): Promise<ModelEntry> {
  if (classifier?.model !== undefined) return store.resolve(classifier.model);
  const present = (await store.list()).filter((entry) => !entry.missing);
  if (chosen !== '') return present.find((entry) => entry.path === chosen) ?? store.resolve({ file: chosen });
  const [only] = present;
  if (only !== undefined && present.length === 1) return only;
  throw new UserError(
    'no-model',
    present.length === 0
      ? 'There is no model on this machine yet. Download one, or choose a .gguf file.'
      : `No model is chosen yet. Choose one of those on this machine: ${present.map((entry) => entry.file).join(', ')}.`,
  );
}
