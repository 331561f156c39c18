import type { LabelsReport } from '../../app/tables/evaluate-labels';
import { count } from '../../core/words/calibration';
import { aligned, interval, number } from './render';

const HEAD = ['', 'rows', 'right', 'mean P', 'accuracy', 'NLL', 'Brier', 'ECE', 'if calibrated', 'AUROC'];

/** @param file the table, as a person types it */
export function renderLabels({ texts, labels, mean }: LabelsReport, file: string): string {
  const rows = labels.map((label) => [
    label.label,
    label.n.toLocaleString('en-US'),
    number(label.prevalence.value),
    ...[label.meanProbability, label.accuracy, label.nll, label.brier, label.ece].map(({ value }) =>
      number(value),
    ),
    number(label.ece.nullMean),
    number(label.auroc.value),
  ]);
  const means = (
    [
      ['accuracy', mean.accuracy],
      ['NLL', mean.nll],
      ['Brier', mean.brier],
      ['ECE', mean.ece],
      ['AUROC', mean.auroc],
    ] as const
  ).map(([name, metric]) => [
    name,
    number(metric.value),
    interval(metric),
    ...(metric.reason === undefined ? [] : [metric.reason]),
  ]);
  const [first] = labels;
  return [
    `${count(texts, 'text')}, ${labels.length === 1 ? '1 label by itself' : `${labels.length} labels that do not exclude each other`}\n\n`,
    aligned([HEAD, ...rows]),
    `right: share of texts of which the label is right; mean P should equal it. The rest is of P(label) by itself.\n\n`,
    aligned([['mean over the labels', 'value', '95% interval'], ...means]),
    `The labels of one text depend on each other, so the texts are the unit of these intervals.\n`,
    first === undefined
      ? ''
      : `\nOne label in full: evaluate ${file} --label ${JSON.stringify(first.label)}\n`,
  ].join('');
}
