/** The adapter of a classifier: found in its workspace, checked against the model and the prompt that it was tuned for. */
import { isDeepStrictEqual } from 'node:util';
import { labelNames } from '../core/calibration/compatibility';
import type { Classifier } from '../core/classifier/definition';
import { shortHash } from '../core/model/binding';
import { listed } from '../core/quote';
import { UserError } from '../core/user-error';
import type { AdapterStore, LoadedAdapter } from '../store/adapters';
import { promptSha256 } from '../store/prompt-hash';

export interface AdapterParts {
  readonly adapters: Pick<AdapterStore, 'load'>;
  /**
   * The folder whose `.prompt-confidence` holds what a classifier names.
   *
   * @throws UserError not-trusted: what lies there must not be loaded
   */
  readonly workspaceOf: (classifier: Classifier) => Promise<string>;
}

/**
 * The adapter that a classifier names; undefined if it names none.
 *
 * @param base SHA-256 of the model that the classifier uses, computed only for an adapter
 * @throws UserError adapter-mismatch; everything of `AdapterStore.load` and `workspaceOf`, with the adapter as data
 */
export async function adapterOf(
  { adapters, workspaceOf }: AdapterParts,
  classifier: Classifier,
  base: { readonly file: string; readonly sha256: () => Promise<string> },
): Promise<LoadedAdapter | undefined> {
  const { adapter: name } = classifier;
  if (name === undefined) return undefined;
  try {
    const loaded = await adapters.load(await workspaceOf(classifier), name);
    const { card } = loaded;
    if (promptSha256(classifier, card.promptAdded) !== card.promptSha256)
      throw new UserError(
        'adapter-mismatch',
        'It was tuned for another prompt: the classifier has changed since. Undo the change, or tune again.',
      );
    const labels = labelNames(classifier);
    if (!isDeepStrictEqual(card.labels, labels))
      throw new UserError(
        'adapter-mismatch',
        `It was tuned for the labels ${listed(card.labels)}; the classifier has ${listed(labels)}. Undo the change, or tune again.`,
      );
    const sha256 = await base.sha256();
    if (sha256 !== card.base.sha256)
      throw new UserError(
        'adapter-mismatch',
        `It was tuned for ${card.base.name} (SHA-256 ${shortHash(card.base.sha256)}); here the model is ${base.file} (SHA-256 ${shortHash(sha256)}). Choose that model, or tune again.`,
      );
    return loaded;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.code,
      `The classifier ${classifier.name} names the adapter "${name}". ${error.message}`,
      { data: { adapter: name }, cause: error },
    );
  }
}
