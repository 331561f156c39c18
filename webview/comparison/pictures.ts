/** Reliability diagrams of runs side by side on the same axes, and the histograms of their confidence over each other. */
import { CORRECTNESS, labelName, number } from '../../src/core/words/calibration';
import { FEWEST_TO_JUDGE } from '../../src/core/model/evaluation';
import type { Diagram } from '../../src/protocol/calibration-page';
import { densityTop } from '../calibration/diagram';
import { figure } from '../calibration/figure';
import { h } from '../dom';
import { histogramFigure } from './histogram';
import type { View } from './page';

export interface Pictured {
  /** Names of the runs, and the diagram of each. */
  readonly names: readonly string[];
  readonly diagrams: readonly Diagram[];
  /** Unique in the page. */
  readonly id: string;
  /** What the pictures show, after the names in their titles. */
  readonly of: string;
}

export function pictures(
  { names, diagrams, id, of }: Pictured,
  { band, withCurve }: Pick<View, 'band' | 'withCurve'>,
): Node[] {
  if (diagrams.some(({ evaluation }) => evaluation.n < FEWEST_TO_JUDGE))
    return [h('p', { class: 'quiet' }, `Diagrams need at least ${FEWEST_TO_JUDGE} rows.`)];
  const top = Math.max(...diagrams.map(densityTop));
  return [
    h(
      'div',
      { class: 'columns pair' },
      ...diagrams.map((diagram, at) =>
        figure({
          diagram,
          band,
          withCurve,
          axes: CORRECTNESS,
          id: `${id}-${at + 1}`,
          caption: labelName(names[at] ?? ''),
          title: `Reliability diagram of ${labelName(names[at] ?? '')}, ${of}`,
          densityTop: top,
        }),
      ),
    ),
    h('h3', {}, 'How sure the runs are'),
    histogramFigure(diagrams, names, `${id}-confidence`, `Histogram of the confidence, ${of}`),
    h(
      'p',
      { class: 'unseen' },
      names
        .map(
          (name, at) =>
            `${labelName(name)}: mean confidence ${number(diagrams[at]?.evaluation.meanConfidence.value)}.`,
        )
        .join(' '),
    ),
  ];
}
