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

/**
 * @param questions the list, or a function that makes it again for every question, where it depends on the answers
 * @returns false if the person cancelled before the last answer
 */
export async function askInTurn(
  questions: readonly DialogQuestion[] | (() => readonly DialogQuestion[]),
): Promise<boolean> {
  for (let at = 0; ;) {
    const all = typeof questions === 'function' ? questions() : questions;
    const next = all[at];
    if (next === undefined) return true;
    const outcome = await next({ at: at + 1, of: all.length });
    if (outcome === undefined) return false;
    at = outcome === 'next' ? at + 1 : Math.max(0, at - 1);
  }
}
