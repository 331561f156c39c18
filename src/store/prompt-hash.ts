/** The prompt hash: besides the model, scores and calibrators are bound to it. */
import { createHash } from 'node:crypto';
import type { Classifier, PromptClassifier } from '../core/classifier/definition';
import { promptIdentity } from '../core/classifier/prompt';
import type { Binding } from '../core/model/binding';
import type { ContextShape } from '../protocol/engine';

/** The part of a binding that says which prompt was asked. */
export type BoundPrompt = Pick<Binding, 'promptSha256' | 'promptAdded'>;

/**
 * Everything that the model is asked and how its answer is read.
 *
 * @param shape of the context that the scores were made in; null if the source has none, and so adds nothing
 */
export function boundPrompt(
  classifier: PromptClassifier,
  shape: ContextShape | null,
): BoundPrompt & { readonly promptSha256: string };
export function boundPrompt(classifier: Classifier, shape: ContextShape | null): BoundPrompt;
export function boundPrompt(classifier: Classifier, shape: ContextShape | null): BoundPrompt {
  const { promptDate, answerStart } = shape ?? {};
  const added = {
    ...(promptDate === undefined ? {} : { promptDate }),
    ...(answerStart === undefined ? {} : { answerStart }),
  };
  const isAdded = Object.keys(added).length > 0;
  const sha256 = promptSha256(classifier, isAdded ? added : undefined);
  return {
    ...(sha256 === undefined ? {} : { promptSha256: sha256 }),
    ...(isAdded ? { promptAdded: added } : {}),
  };
}

/**
 * Hash, in hexadecimal, of the classifier's prompt and of what the model's chat template adds to it. A template that adds
 * nothing leaves the hash of the classifier alone.
 *
 * @returns undefined for a classifier without a prompt
 */
export function promptSha256(classifier: PromptClassifier, added: Binding['promptAdded']): string;
export function promptSha256(classifier: Classifier, added: Binding['promptAdded']): string | undefined;
export function promptSha256({ asks }: Classifier, added: Binding['promptAdded']): string | undefined {
  if (asks.kind !== 'prompt') return undefined;
  const identity = promptIdentity(asks);
  const whole =
    added === undefined
      ? identity
      : JSON.stringify([identity, added.promptDate ?? null, added.answerStart ?? null]);
  return createHash('sha256').update(whole).digest('hex');
}
