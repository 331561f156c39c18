/** The name of a new classifier, of whichever kind. */
import { nameProblem } from '../../core/classifier/draft';
import type { Dialogs } from '../../editor/dialogs';
import { type DialogQuestion, question } from '../../editor/questions';

export const NEW_CLASSIFIER = 'New Classifier';

interface NameOf {
  /** Names of the classifiers that are there. */
  readonly taken: readonly string[];
  /** What was entered before; empty at first. */
  readonly given: () => string;
  readonly keep: (name: string) => void;
}

export function nameQuestion(dialogs: Dialogs, { taken, given, keep }: NameOf): DialogQuestion {
  return question(
    (step) =>
      dialogs.ask({
        title: NEW_CLASSIFIER,
        prompt: 'Name of the classifier',
        placeholder: 'urgency',
        value: given(),
        validate: (text) => nameProblem(text, taken),
        step,
      }),
    ({ text }) => keep(text.trim()),
  );
}
