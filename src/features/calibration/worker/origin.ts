import type { Binding } from '../../../core/model/binding';

/** Where scores come from, and so what a calibrator fitted on them is bound to, in one sentence. */
export function originInWords(bound: Binding | null): string {
  if (bound === null)
    return 'The table does not say which model and prompt its scores come from, so a calibrator fitted on it is bound to none.';
  const { model, promptSha256, scoring, backend } = bound;
  const what =
    model.kind === 'file'
      ? `${model.name} (SHA-256 ${model.sha256.slice(0, 12)}…)`
      : `${model.name} at ${model.address} (an endpoint: its weights cannot be verified)`;
  return `Bound to the model ${what}, the prompt ${promptSha256.slice(0, 12)}…, scored by ${scoring.method} (${scoring.mode}) on ${backend}.`;
}
