/** The classifier whose prompt is tuned. */
import { askingOf, type Classifier } from '../../core/classifier/definition';

/** @param examples false: without its examples, which tuning replaces. This is another prompt, with its own hash. */
export function tunedPrompt(classifier: Classifier, examples: boolean): Classifier {
  return examples ? classifier : { ...classifier, asks: { ...askingOf(classifier), examples: [] } };
}
