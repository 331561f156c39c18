import type { Evaluation, Metric } from '../model/evaluation';
import type { Axes } from './calibration';

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

const MEANINGS: Readonly<Record<string, string>> = {
  ECE: 'Expected calibration error: the average distance between accuracy and confidence, bin by bin. It is never negative, so even a calibrated model shows some: compare it with the next line.',
  'ECE if calibrated':
    'The ECE that a perfectly calibrated model would show on these rows by chance: mean, and the value that 95 of 100 such tables stay below.',
  MCE: 'Maximum calibration error: the distance between accuracy and confidence in the worst bin. A bin of few rows makes it noisy.',
  'Smooth ECE': 'Like ECE, but without bins: it does not change with their number. Lower is better.',
  'Debiased L2':
    'Root mean square distance between accuracy and confidence over the bins, with the noise subtracted. 0: noise explains all of it.',
  'Brier (correct)':
    'Mean squared error of the confidence. It falls with better calibration and with a better separation of right and wrong rows.',
  'NLL (correct)':
    'Mean negative log-likelihood of what happened, in nats. Like Brier, but very confident mistakes cost much more.',
  AUROC:
    'Whether right rows have higher confidences than wrong ones: 1 for always, 0.5 for chance. At 0.5 no threshold helps.',
  AURC: 'Mean error rate over all coverages, if the least confident rows are left out first. Lower is better.',
  'Brier (labels)': 'Squared error of the probabilities of all labels, from 0 to 2. Lower is better.',
  'NLL (labels)':
    'Mean negative log-likelihood of the true label, in nats. Calibrators on labels are judged by it. Lower is better.',
  'Classwise ECE': 'The ECE of the probability of each label, averaged over the labels. Lower is better.',
};

/** What a headline number means, by the name that it is shown under; empty for an unknown one. */
export function metricInWords(name: string, axes: Axes): string {
  if (name === axes.up)
    return axes.up === 'Accuracy'
      ? 'Share of rows whose predicted label is the true one.'
      : 'Share of rows that have this label.';
  if (name === `Mean ${axes.acrossWords}`) return `It should equal the ${axes.upWords}.`;
  return MEANINGS[name] ?? '';
}
