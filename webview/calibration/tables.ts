import {
  type Axes,
  binRange,
  count,
  headlineRows,
  interval,
  labelName,
  number,
  numberBelow,
  signed,
} from '../../src/core/words/calibration';
import type { Diagram, ListedRows } from '../../src/protocol/calibration-page';
import { metricInWords } from '../../src/core/words/metrics';
import { h, setText } from '../dom';
import { explain } from '../tip';
import { curveAt } from './curve';
import type { Evaluation, Metric } from '../../src/core/model/evaluation';

interface Column {
  readonly name: string;
  readonly isNumber?: boolean;
}

export type Cell = string | Node;

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

/** The first cell of a row with a remark below it, which few rows have. */
export function remarked(name: Cell, remark: string): Cell {
  return remark === '' ? name : h('span', {}, name, h('span', { class: 'remark' }, ` ${remark}`));
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
    headlineRows(evaluation, preliminary, axes).map(([name = '', ...cells]) => [
      term(name, metricInWords(name, axes)),
      ...cells,
    ]),
  );
}

/** A word that explains itself while it is pointed at or has the focus. */
export function term(name: string, meaning: string): HTMLElement {
  const element = h('span', { class: 'term', tabindex: 0, 'aria-description': meaning }, name);
  explain(element, meaning);
  return element;
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
      metricCell({ value: bin.accuracy, low: bin.accuracyLow, high: bin.accuracyHigh }),
      number(curve && curveAt(curve, bin.meanConfidence)),
      h('span', { class: 'interval' }, interval(consistency[index] ?? { low: null, high: null }) || '–'),
      signed(bin.accuracy - bin.meanConfidence),
    ]),
  );
}

/** @param below all confidences are below this one; undefined for no such bound */
export function rowsTable(
  { rows, hasText }: ListedRows,
  axes: Axes,
  below: number | undefined,
  onReveal: (line: number) => void,
): HTMLElement {
  const named = rows.some(({ predicted }) => predicted !== null);
  const truthKnown = rows.some(({ truth }) => truth !== null);
  return table(
    'Rows, worst first',
    [
      { name: 'Line', isNumber: true },
      { name: 'Result' },
      { name: axes.across, isNumber: true },
      ...(named ? [{ name: 'Predicted' }] : []),
      ...(truthKnown ? [{ name: 'Truth' }] : []),
      ...(hasText ? [{ name: 'Text' }] : []),
    ],
    rows.map(({ line, confidence, correct, predicted, truth, text }) => [
      lineLink(line, onReveal),
      correct ? `✓ ${axes.hit}` : `✗ ${axes.miss}`,
      numberBelow(confidence, below),
      ...(named ? [labelName(predicted)] : []),
      ...(truthKnown ? [labelName(truth)] : []),
      ...(hasText ? [textCell(text, line)] : []),
    ]),
  );
}

/** Shows a line of the file in the text editor. */
export function lineLink(line: number, onReveal: (line: number) => void): HTMLElement {
  return link(String(line), `row-${line}`, () => onReveal(line), `Line ${line}: show in the text editor`);
}

/** A text of more characters may take more than two lines. */
const TWO_LINES = 120;

/** A text in at most two lines, and a button for the rest of it. */
export function textCell(text: string | null, line: number): Node {
  const words = h('span', { class: 'row-text' }, text ?? '–');
  if (text === null || (text.length <= TWO_LINES && !text.includes('\n'))) return words;
  const more = link('More', `more-${line}`, () => {
    const isOpen = words.classList.toggle('open');
    more.setAttribute('aria-expanded', String(isOpen));
    setText(more, isOpen ? 'Less' : 'More');
  });
  more.setAttribute('aria-expanded', 'false');
  return h('div', {}, words, more);
}

/** The rows of each true label (row) by their predicted label (column). A cell lists its rows. */
export function confusionTable(
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
  onChoose: (truth: string, predicted: string) => void,
): HTMLElement {
  return table(
    'Confusion matrix',
    [
      { name: 'Truth' },
      ...labels.map((label) => ({ name: `predicted ${labelName(label)}`, isNumber: true })),
    ],
    labels.map((truth, row) => [
      labelName(truth),
      ...labels.map((predicted, column) => {
        const rows = confusion[row]?.[column] ?? 0;
        const shown = rows.toLocaleString('en-US');
        if (rows === 0) return shown;
        return link(
          shown,
          `cell-${row}-${column}`,
          () => onChoose(truth, predicted),
          `${count(rows, 'row')} with the truth ${labelName(truth)}, predicted as ${labelName(predicted)}: list them`,
        );
      }),
    ]),
  );
}

/** A button that looks like a link, cheap enough for hundreds of them. */
export function link(text: string, key: string, onClick: () => void, title?: string): HTMLElement {
  const element = h('button', { class: 'link', type: 'button', 'data-key': key, title }, text);
  element.addEventListener('click', onClick);
  return element;
}
