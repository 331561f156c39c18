/** The scoring methods of one table side by side: numbers, reliability diagrams on the same axes, and the choice. */
import { CORRECTNESS, count, labelName, nullInWords } from '../../src/core/calibration/words';
import { methodsOf } from '../../src/core/data/columns';
import type { MethodsComparison, PanelState } from '../../src/protocol/calibration-page';
import { button } from '../button';
import { h, warningIcon } from '../dom';
import type { Look } from './calibrators';
import { densityTop } from './diagram';
import { figure } from './figure';
import { link, metricCell, table } from './tables';

export interface MethodActions {
  compare(): void;
  choose(method: string): void;
}

export function methodsSection(
  { columns, methods, methodsError, busy, settings }: PanelState,
  look: Look,
  actions: MethodActions,
): Node[] {
  if (methodsOf(columns?.header ?? []).length < 2) return [];
  const heading = h('h2', {}, 'Scoring methods');
  if (methodsError !== null)
    return [
      h(
        'section',
        { class: 'methods' },
        heading,
        h('p', { class: 'line' }, warningIcon(), h('span', {}, methodsError.message)),
        button('Compare Again', { key: 'methods-again', secondary: true }, () => actions.compare()),
      ),
    ];
  if (methods !== null)
    return [
      h('section', { class: 'methods' }, heading, ...compared(methods, settings.table.method, look, actions)),
    ];
  if (busy !== null) return [];
  return [
    h(
      'section',
      { class: 'methods' },
      heading,
      h(
        'p',
        { class: 'about-calibrators' },
        'The table holds the scores of several methods. They can be compared on the rows that all of them have.',
      ),
      button('Compare Methods', { key: 'compare-methods', secondary: true }, () => actions.compare()),
    ),
  ];
}

function compared(
  { rows, leftOut, methods }: MethodsComparison,
  chosen: string | null,
  look: Look,
  actions: MethodActions,
): Node[] {
  const top = Math.max(...methods.map(({ diagram }) => densityTop(diagram)));
  const left =
    leftOut === 0 ? '' : ` ${count(leftOut, 'row')} that some method has no scores for are left out.`;
  return [
    h(
      'p',
      { class: 'quiet' },
      `Raw scores on the same ${count(rows, 'row')}.${left} Choose a method to look at it alone.`,
    ),
    methodsTable(methods, chosen, actions),
    h(
      'div',
      { class: 'method-figures' },
      ...methods.map(({ method, diagram }, index) =>
        figure({
          diagram,
          ...look,
          axes: CORRECTNESS,
          id: `method-${index}`,
          caption: labelName(method),
          title: `Reliability diagram of the method ${labelName(method)}`,
          densityTop: top,
        }),
      ),
    ),
  ];
}

function methodsTable(
  methods: MethodsComparison['methods'],
  chosen: string | null,
  actions: MethodActions,
): HTMLElement {
  return table(
    'Scoring methods on the same rows',
    [
      { name: 'Method' },
      { name: 'Accuracy', isNumber: true },
      { name: 'ECE', isNumber: true },
      { name: 'ECE if calibrated', isNumber: true },
      { name: 'AUROC', isNumber: true },
      { name: 'NLL', isNumber: true },
      { name: 'Answers a row', isNumber: true },
      { name: 'Remark' },
    ],
    methods.map(({ method, answersPerRow, diagram: { evaluation } }, index) => [
      link(labelName(method), `choose-method-${index}`, () => actions.choose(method), 'Look at this method'),
      metricCell(evaluation.accuracy),
      metricCell(evaluation.ece),
      nullInWords(evaluation.eceNull),
      metricCell(evaluation.auroc),
      metricCell(evaluation.labelMetrics?.nll ?? evaluation.nll),
      answersPerRow === null ? '–' : String(answersPerRow),
      method === chosen ? 'looked at' : '',
    ]),
  );
}
