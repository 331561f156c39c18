/** Opens the source that a classifier names. Each surface registers the kinds of source that it can open. */
import type { Classifier } from '../core/classifier/definition';
import { sendsTexts, type SourceKind, type SourceName } from '../core/classifier/source-name';
import { UserError } from '../core/user-error';
import type { Binding } from '../core/model/binding';
import type { Source, SourceIdentity } from '../sources/source';

/** Work with an open source, which stays open until the work is done. */
export type SourceWork<T> = (source: Source) => Promise<T>;

/**
 * Opens a source of one kind and keeps it while `work` runs.
 *
 * @param name of the source, if its kind has names
 * @throws UserError why it cannot be used; what `work` throws
 */
export type SourceOpener = <T>(
  request: {
    readonly name: string | null;
    readonly classifier: Classifier;
    readonly signal?: AbortSignal | undefined;
  },
  work: SourceWork<T>,
) => Promise<T>;

/** How a surface opens each kind of source. */
export type SourceOpeners = Readonly<Record<SourceKind, SourceOpener>>;

export class Sources {
  /** @param maySendTexts whether texts may leave this machine now: not in a workspace that is not trusted */
  constructor(
    private readonly openers: SourceOpeners,
    private readonly maySendTexts: () => boolean = () => true,
  ) {}

  /** @throws UserError `source-untrusted`; for a source that cannot be used; what `work` throws */
  with<T>(classifier: Classifier, signal: AbortSignal | undefined, work: SourceWork<T>): Promise<T> {
    const { kind, name }: SourceName = classifier.source;
    if (sendsTexts(classifier.source) && !this.maySendTexts())
      return Promise.reject(
        new UserError(
          'source-untrusted',
          `The classifier "${classifier.name}" sends texts to a model that is not on this machine. It may do so only in a workspace that you trust.`,
        ),
      );
    return this.openers[kind]({ name, classifier, signal }, work);
  }
}

/**
 * The identity of a source with its model. If the SHA-256 of a model file is not known, it is computed while the model
 * loads.
 */
export async function verifiedIdentity(
  source: Source,
  signal: AbortSignal | undefined,
): Promise<SourceIdentity & { readonly model: Binding['model'] }> {
  const [identity, model] = await Promise.all([source.identity(signal), source.model(signal)]);
  return { ...identity, model };
}
