import { type Binding, modelInWords, shortHash } from '../model/binding';

/** What a calibrator fitted on these scores is bound to, in one sentence. */
export function originInWords(bound: Binding | null): string {
  if (bound === null)
    return 'The table does not name the model and prompt of its scores, so a calibrator fitted on it is not bound.';
  const { model, promptSha256, scoring, backend } = bound;
  return `Bound to the model ${modelInWords(model)}, the prompt ${shortHash(promptSha256)}, scored by ${scoring.method} (${scoring.mode}) on ${backend}.`;
}
