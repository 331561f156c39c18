/** The prompt hash: besides the model, scores and calibrators are bound to it. */
import { createHash } from 'node:crypto';
import type { Classifier } from '../core/classifier/definition';
import { promptIdentity } from '../core/classifier/prompt';

/** Hash, in hexadecimal, of everything that the model is asked and how its answer is read. */
export function promptSha256(classifier: Classifier): string {
  return createHash('sha256').update(promptIdentity(classifier.asks)).digest('hex');
}
