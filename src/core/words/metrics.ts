import type { Evaluation, Metric } from '../model/evaluation';

/** Every metric of an evaluation that is one number, by the name under which it is shown. */
export function metricsOf(evaluation: Evaluation): readonly (readonly [string, Metric])[] {
  const { labelMetrics } = evaluation;
  return [
    ['accuracy', evaluation.accuracy],
    ['mean confidence', evaluation.meanConfidence],
    ['ECE', evaluation.ece],
    ['MCE', evaluation.mce],
    ['smooth ECE', evaluation.smoothEce],
    ['debiased L2', evaluation.debiasedL2],
    ['Brier (correct)', evaluation.brier],
    ['NLL (correct)', evaluation.nll],
    ['AUROC', evaluation.auroc],
    ['AURC', evaluation.aurc],
    ...(labelMetrics === null
      ? []
      : ([
          ['Brier (labels)', labelMetrics.brier],
          ['NLL (labels)', labelMetrics.nll],
          ['classwise ECE', labelMetrics.classwiseEce],
        ] as const)),
  ];
}
