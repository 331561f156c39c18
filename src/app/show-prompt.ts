/** Shows what the model of a classifier gets for a text. */
import type { Classifier } from '../core/classifier/definition';
import { checkText } from '../core/classifier/prompt';
import { promptInWords } from '../core/words/prompt';
import type { Sources } from './sources';

/**
 * The prompt in words; see `promptInWords`. A model on this machine is loaded; nothing is sent to another machine.
 *
 * @throws UserError `text-empty`, `text-binary`; everything of `Sources.with` and of `Source.prompt`
 */
export async function showPrompt(
  sources: Sources,
  classifier: Classifier,
  text: string,
  signal?: AbortSignal,
): Promise<string> {
  checkText(text);
  return sources.with(classifier, signal, async (source) => {
    const prompt = await source.prompt(classifier, text, signal);
    const by = source.sendsTextsTo ?? (await source.identity(signal)).inWords;
    return promptInWords(prompt, classifier, by);
  });
}
