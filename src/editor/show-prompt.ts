/** Shows what the model of a classifier gets for a text. */
import { showPrompt } from '../app/show-prompt';
import type { Classifier } from '../core/classifier/definition';
import type { Services } from './services';

/** @throws UserError as the use case; `cancelled` */
export async function showPromptOf(
  { sources, work, prompts }: Pick<Services, 'sources' | 'work' | 'prompts'>,
  classifier: Classifier,
  text: string,
): Promise<void> {
  const shown = await work.run('Reading the prompt', ({ signal }) =>
    showPrompt(sources, classifier, text, signal),
  );
  await prompts.show(shown);
}
