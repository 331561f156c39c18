/** The confidence methods of one table side by side: numbers, reliability diagrams on the same axes, and the choice. */
import {
  CORRECTNESS,
  count,
  labelName,
  calibratorTitle,
  nullInWords,
  secondsInWords,
} from '../../src/core/words/calibration';
import type { CalibratorId } from '../../src/core/calibration/registry';
import { prefixesOf } from '../../src/core/data/columns';
import type { MethodsComparison } from '../../src/protocol/calibration-page';
import { button } from '../button';
import { h, warningIcon } from '../dom';
import { densityTop, type Look } from './diagram';
import { figure } from './figure';
import { type Page, type Section, section, type Shown } from './page';
import { link, metricCell, remarked, table } from './tables';
import { WAITS } from './words';

type Combination = Exclude<MethodsComparison['combination'], null | { readonly reason: string }>;

interface MethodActions {
  compare(): void;
  choose(prefix: string): void;
  /** Fits a calibrator of several methods on all rows and saves it. */
  save(method: CalibratorId): void;
}

export function methodsSection(page: Page): Section {
  const actions: MethodActions = {
    compare: () => page.host.compareConfidenceMethods(),
    choose: (prefix) => {
      const table = page.shown?.state.settings.table;
      if (table !== undefined) page.change({ table: { ...table, prefix } });
    },
    save: (method) => page.host.save({ method }),
  };
  return section(
    ({ state: { columns, methods, methodsError, busy, settings }, view }) => [
      columns?.header,
      methods,
      methodsError,
      busy === null,
      settings.table,
      view.band,
      view.withCurve,
    ],
    (shown) => content(shown, actions),
  );
}

function content(
  { state: { columns, methods, methodsError, busy, settings }, view: { band, withCurve } }: Shown,
  actions: MethodActions,
): Node[] {
  if (prefixesOf(columns?.header ?? []).length < 2) return [];
  const heading = h('h2', {}, 'Confidence methods');
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
      h(
        'section',
        { class: 'methods' },
        heading,
        ...compared(methods, settings.table.prefix, busy, { band, withCurve }, actions),
      ),
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
        'The table holds the scores of several confidence methods. They can be compared on the rows that all of them have.',
      ),
      button('Compare Methods', { key: 'compare-methods', secondary: true }, () => actions.compare()),
    ),
  ];
}

function compared(
  { rows, leftOut, methods, combination }: MethodsComparison,
  chosen: string | null,
  busy: string | null,
  look: Look,
  actions: MethodActions,
): Node[] {
  const fitted = combination === null || 'reason' in combination ? undefined : combination;
  const diagrams = [...methods, ...(fitted === undefined ? [] : [fitted])].map(({ diagram }) => diagram);
  const shared = { ...look, axes: CORRECTNESS, densityTop: Math.max(...diagrams.map(densityTop)) };
  const left =
    leftOut === 0 ? '' : ` Left out, because some method has no score for them: ${count(leftOut, 'row')}.`;
  return [
    h(
      'p',
      { class: 'quiet' },
      `Raw scores on the same ${count(rows, 'row')}.${left} Choose a method to see it alone.`,
    ),
    methodsTable(methods, fitted, chosen, actions),
    ...combinationPart(combination, busy, actions),
    h(
      'div',
      { class: 'method-figures' },
      ...methods.map(({ prefix, diagram }, index) =>
        figure({
          diagram,
          ...shared,
          id: `method-${index}`,
          caption: labelName(prefix),
          title: `Reliability diagram of the method ${labelName(prefix)}`,
        }),
      ),
      fitted === undefined
        ? undefined
        : figure({
            diagram: fitted.diagram,
            ...shared,
            id: fitted.method,
            caption: `${calibratorTitle(fitted.method)}, on rows that it did not see`,
            title: 'Reliability diagram of the fitted combination',
          }),
    ),
  ];
}

/** The combination, whether sampling answers is worth it, and a button to save it. */
function combinationPart(
  combination: MethodsComparison['combination'],
  busy: string | null,
  actions: MethodActions,
): Node[] {
  if (combination === null) return [];
  if ('reason' in combination)
    return [h('p', { class: 'line quiet' }, warningIcon(), `There is no combination. ${combination.reason}`)];
  const { method, folds, gain, origin } = combination;
  return [
    gain.beats
      ? h('p', {}, gain.message)
      : h('p', { class: 'line' }, warningIcon(), h('span', {}, gain.message)),
    h(
      'p',
      { class: 'quiet' },
      `The combination weighs the token probability and the agreement of each label. ${folds} It is fitted on all rows when it is saved. ${origin}`,
    ),
    h(
      'div',
      { class: 'buttons' },
      button(
        `Save Calibrator: ${calibratorTitle(method)}…`,
        { key: 'save-combination', secondary: !gain.beats, waits: busy === null ? null : WAITS },
        () => actions.save(method),
      ),
    ),
  ];
}

function methodsTable(
  methods: MethodsComparison['methods'],
  combination: Combination | undefined,
  chosen: string | null,
  actions: MethodActions,
): HTMLElement {
  return table(
    'Confidence methods on the same rows',
    [
      { name: 'Method' },
      { name: 'Accuracy', isNumber: true },
      { name: 'ECE', isNumber: true },
      { name: 'ECE if calibrated', isNumber: true },
      { name: 'AUROC', isNumber: true },
      { name: 'NLL', isNumber: true },
      { name: 'Answers a row', isNumber: true },
      { name: 'Seconds a row', isNumber: true },
    ],
    [
      ...methods.map((compared, index) => [
        remarked(
          link(
            labelName(compared.prefix),
            `choose-method-${index}`,
            () => actions.choose(compared.prefix),
            'Show this method',
          ),
          compared.prefix === chosen ? 'shown below' : '',
        ),
        ...numbers(compared),
      ]),
      ...(combination === undefined
        ? []
        : [
            [
              remarked(calibratorTitle(combination.method), 'fitted, on unseen rows'),
              ...numbers(combination),
            ],
          ]),
    ],
  );
}

function numbers({
  answersPerRow,
  secondsPerRow,
  diagram: { evaluation },
}: Pick<Combination, 'answersPerRow' | 'secondsPerRow' | 'diagram'>): (Node | string)[] {
  return [
    metricCell(evaluation.accuracy),
    metricCell(evaluation.ece),
    nullInWords(evaluation.eceNull),
    metricCell(evaluation.auroc),
    metricCell(evaluation.labelMetrics?.nll ?? evaluation.nll),
    answersPerRow === null ? '–' : String(answersPerRow),
    secondsInWords(secondsPerRow),
  ];
}
