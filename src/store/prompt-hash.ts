/** The prompt hash: besides the model, scores and calibrators are bound to it. */
import { createHash } from 'node:crypto';
import type { Classifier } from '../core/classifier/definition';
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
export function boundPrompt(classifier: Classifier, shape: ContextShape | null): BoundPrompt {
  const { promptDate, answerStart } = shape ?? {};
  const added = {
    ...(promptDate === undefined ? {} : { promptDate }),
    ...(answerStart === undefined ? {} : { answerStart }),
  };
  if (Object.keys(added).length === 0) return { promptSha256: promptSha256(classifier, undefined) };
  return { promptSha256: promptSha256(classifier, added), promptAdded: added };
}

/**
 * Hash, in hexadecimal, of the classifier's prompt and of what the model's chat template adds to it. A template that adds
 * nothing leaves the hash of the classifier alone.
 */
export function promptSha256({ asks }: Classifier, added: Binding['promptAdded']): string {
  const identity = promptIdentity(asks);
  const whole =
    added === undefined
      ? identity
      : JSON.stringify([identity, added.promptDate ?? null, added.answerStart ?? null]);
  return createHash('sha256').update(whole).digest('hex');
}
