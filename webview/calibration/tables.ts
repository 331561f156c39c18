import {
  type Axes,
  binRange,
  headlineRows,
  interval,
  labelName,
  number,
  signed,
} from '../../src/core/words/calibration';
import type { BinRows, Diagram } from '../../src/protocol/calibration-page';
import { h } from '../dom';
import { curveAt } from './curve';
import type { Evaluation, Metric } from '../../src/core/model/evaluation';

interface Column {
  readonly name: string;
  readonly isNumber?: boolean;
}

type Cell = string | Node;

/** A table with column headers, and a row header in its first column. It scrolls if it is too wide. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): HTMLElement {
  const align = (index: number): string | undefined =>
    columns[index]?.isNumber === true ? 'number' : undefined;
  return h(
    'div',
    { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', { class: 'unseen' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...columns.map(({ name }, index) => h('th', { scope: 'col', class: align(index) }, name)),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map((cells) =>
          h(
            'tr',
            {},
            ...cells.map((cell, index) =>
              index === 0
                ? h('th', { scope: 'row', class: align(index) }, cell)
                : h('td', { class: align(index) }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

/** A metric with its interval, for a cell. */
export function metricCell(metric: Pick<Metric, 'value' | 'low' | 'high'>): Node {
  return h('span', {}, number(metric.value), h('span', { class: 'interval' }, ` ${interval(metric)}`));
}

/** The headline numbers with their intervals, and the reason if one is missing. */
export function metricsTable(evaluation: Evaluation, preliminary: boolean, axes: Axes): HTMLElement {
  return table(
    'Headline numbers',
    [
      { name: 'Metric' },
      { name: 'Value', isNumber: true },
      { name: '95% interval', isNumber: true },
      { name: 'Remark' },
    ],
    headlineRows(evaluation, preliminary, axes),
  );
}

/** The bins as a table. The first cell of a row chooses the bin if bins can be chosen. */
export function binsTable(
  { evaluation, consistency, curve }: Diagram,
  axes: Axes,
  keyPrefix: string,
  onChoose?: (bin: number) => void,
): HTMLElement {
  return table(
    `Bins of ${axes.acrossWords}`,
    [
      { name: 'Bin' },
      { name: 'Rows', isNumber: true },
      { name: `Mean ${axes.acrossWords}`, isNumber: true },
      { name: axes.up, isNumber: true },
      { name: '95% interval', isNumber: true },
      { name: 'Smooth curve', isNumber: true },
      { name: 'If calibrated', isNumber: true },
      { name: 'Gap', isNumber: true },
    ],
    evaluation.bins.map((bin, index) => [
      onChoose === undefined
        ? binRange(bin)
        : link(binRange(bin), `${keyPrefix}-${index}`, () => onChoose(index)),
      bin.count.toLocaleString('en-US'),
      number(bin.meanConfidence),
      number(bin.accuracy),
      interval({ low: bin.accuracyLow, high: bin.accuracyHigh }),
      number(curve && curveAt(curve, bin.meanConfidence)),
      interval(consistency[index] ?? { low: null, high: null }) || '–',
      signed(bin.accuracy - bin.meanConfidence),
    ]),
  );
}

export function binRowsTable({ rows }: BinRows, axes: Axes, onReveal: (line: number) => void): HTMLElement {
  const named = rows.some(({ predicted }) => predicted !== null);
  const truthKnown = rows.some(({ truth }) => truth !== null);
  return table(
    'Rows of the bin, worst first',
    [
      { name: 'Line', isNumber: true },
      { name: 'Result' },
      { name: axes.across, isNumber: true },
      ...(named ? [{ name: 'Predicted' }] : []),
      ...(truthKnown ? [{ name: 'Truth' }] : []),
    ],
    rows.map(({ line, confidence, correct, predicted, truth }) => [
      link(String(line), `row-${line}`, () => onReveal(line), `Line ${line}: show in the text editor`),
      correct ? `✓ ${axes.hit}` : `✗ ${axes.miss}`,
      number(confidence),
      ...(named ? [labelName(predicted)] : []),
      ...(truthKnown ? [labelName(truth)] : []),
    ]),
  );
}

/** A button that looks like a link, cheap enough for hundreds of them. */
export function link(text: string, key: string, onClick: () => void, title?: string): HTMLElement {
  const element = h('button', { class: 'link', type: 'button', 'data-key': key, title }, text);
  element.addEventListener('click', onClick);
  return element;
}
