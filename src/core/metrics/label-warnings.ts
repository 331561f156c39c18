import type { Evaluation, Warning } from '../calibration/types';

/** Adds what the rows say nothing about: labels whose numbers are undefined or rest on nothing. */
export function withLabelWarnings(evaluation: Evaluation): Evaluation {
  const perLabel = evaluation.labelMetrics?.perLabel ?? [];
  const names = (entries: typeof perLabel) => entries.map(({ label }) => `"${label}"`).join(', ');
  const absent = perLabel.filter(({ support }) => support === 0);
  const unpredicted = perLabel.filter(({ support, predicted }) => predicted === 0 && support > 0);
  const warnings: Warning[] = [...evaluation.warnings];
  if (absent.length > 0)
    warnings.push({ code: 'label-absent', message: `No row has the true label ${names(absent)}.` });
  if (unpredicted.length > 0)
    warnings.push({ code: 'label-never-predicted', message: `Never predicted: ${names(unpredicted)}.` });
  return { ...evaluation, warnings };
}
