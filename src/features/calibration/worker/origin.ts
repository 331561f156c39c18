import type { Binding } from '../../../core/model/binding';

/** What a calibrator fitted on these scores is bound to, in one sentence. */
export function originInWords(bound: Binding | null): string {
  if (bound === null)
    return 'The table does not name the model and prompt of its scores, so a calibrator fitted on it is not bound.';
  const { model, promptSha256, scoring, backend } = bound;
  const what =
    model.kind === 'file'
      ? `${model.name} (SHA-256 ${model.sha256.slice(0, 12)}…)`
      : `${model.name} at ${model.address} (an endpoint: its weights cannot be verified)`;
  return `Bound to the model ${what}, the prompt ${promptSha256.slice(0, 12)}…, scored by ${scoring.method} (${scoring.mode}) on ${backend}.`;
}
