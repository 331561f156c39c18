import { type Binding, modelInWords, promptAddedInWords, shortHash } from '../model/binding';

/** What a calibrator fitted on these scores is bound to, in one sentence. */
export function originInWords(bound: Binding | null): string {
  if (bound === null)
    return 'The table does not name the model and prompt of its scores, so a calibrator fitted on it is not bound.';
  return `Bound to ${scoresInWords(bound)}`;
}

/** Where scores come from, in one sentence. */
export function sourceInWords(bound: Binding | null): string {
  return bound === null
    ? 'The table does not name the model and prompt of its scores.'
    : `Scores of ${scoresInWords(bound)}`;
}

function scoresInWords({ model, promptSha256, promptAdded, scoring, backend }: Binding): string {
  const added = promptAdded === undefined ? '' : ` with ${promptAddedInWords(promptAdded)}`;
  const prompt = promptSha256 === undefined ? '' : `, the prompt ${shortHash(promptSha256)}${added}`;
  return `the model ${modelInWords(model)}${prompt}, scored by ${scoring.method} (${scoring.mode}) on ${backend}.`;
}
