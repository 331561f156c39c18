/** A person confirms or corrects the label of a classified text. */
import type { TextAnswer } from '../protocol/result-page';
import { reportError } from './report-error';
import type { Services } from './services';

/**
 * Writes what a person says about a result. An error is told.
 *
 * @param answer null takes the last one back
 */
export async function labelResult(services: Services, id: number, answer: TextAnswer | null): Promise<void> {
  const result = services.results.get(id);
  if (result === undefined) return;
  try {
    await services.textLabels.say(result, answer);
  } catch (error) {
    void reportError(services, error);
  }
}
