/** Several questions one after the other, with a way back. */

/** "Step 1 of 3" */
export interface Step {
  readonly at: number;
  readonly of: number;
}

/** Asks and keeps the answer; undefined if the person cancelled. */
export type DialogQuestion = (step: Step) => Promise<'next' | 'back' | undefined>;

/** @param keep called with every answer; a later answer replaces an earlier one */
export function question<T>(
  ask: (step: Step) => Promise<T | 'back' | undefined>,
  keep: (answer: T) => void,
): DialogQuestion {
  return async (step) => {
    const answer = await ask(step);
    if (answer === undefined) return undefined;
    if (answer === 'back') return 'back';
    keep(answer);
    return 'next';
  };
}

/** @returns false if the person cancelled before the last answer */
export async function askInTurn(questions: readonly DialogQuestion[]): Promise<boolean> {
  for (let at = 0; at < questions.length;) {
    const outcome = await questions[at]?.({ at: at + 1, of: questions.length });
    if (outcome === undefined) return false;
    at = outcome === 'next' ? at + 1 : Math.max(0, at - 1);
  }
  return true;
}
