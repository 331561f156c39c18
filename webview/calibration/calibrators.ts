/** The section of the calibrators: the comparison, the chosen one beside raw, and a button to save it. */
import {
  CORRECTNESS,
  gapInWords,
  calibratorTitle,
  nullInWords,
  recommendationTitle,
} from '../../src/core/words/calibration';
import type { Comparison } from '../../src/protocol/calibration-page';
import { button } from '../button';
import { h, warningIcon } from '../dom';
import type { Choosable, ChosenRows } from './chosen-rows';
import { readSoButton } from './doubts';
import { densityTop, type Look } from './diagram';
import { figure } from './figure';
import { type Page, type Section, section, type Shown } from './page';
import { link, metricCell, remarked, table } from './tables';
import type { FigureName, View } from './view';
import { WAITS } from './words';
import type { Metric } from '../../src/core/model/evaluation';
import type { CalibratorId } from '../../src/core/calibration/registry';

type Compared = Comparison['methods'][number];
type PairFigure = Exclude<FigureName, 'raw'>;

interface Saving {
  /** What a calibrator is bound to, in words. */
  readonly origin: string;
  /** Why nothing can be saved now; null if it can. */
  readonly waits: string | null;
}

interface CalibratorActions {
  compare(): void;
  show(method: CalibratorId): void;
  save(method: CalibratorId): void;
  /** Computes everything again. */
  retry(): void;
  apply(): void;
  /** A button that reads the table in another way. */
  readSo(code: string, instead: Readonly<Record<string, string>>): HTMLElement;
  /** Lets the bins of a diagram be chosen. */
  choosing(figure: PairFigure, shown: Compared): ReturnType<ChosenRows['choosing']>;
}

export function calibratorSection(page: Page, rows: ChosenRows): Section {
  const actions: CalibratorActions = {
    compare: () => page.change({ compare: true }),
    show: (method) => page.look({ method }),
    save: (method) => page.host.save({ method }),
    retry: () => page.host.retry(),
    apply: () => page.host.applyCalibrator(),
    readSo: (code, instead) => readSoButton(page, code, instead, 'raw-columns'),
    choosing: (name, { diagram }) => rows.choosing(name, diagram),
  };
  return section(
    ({ state: { analysis, comparison, comparisonError, busy, settings }, view }) => [
      analysis?.origin,
      analysis?.preliminary,
      comparison,
      comparisonError,
      busy === null,
      settings.table,
      view.method,
      view.band,
      view.withCurve,
    ],
    (shown) => content(shown, actions),
  );
}

/** The two diagrams side by side: raw and the calibrator that is shown; undefined if neither is drawn. */
export function pairDiagram(
  figure: PairFigure,
  { state: { analysis, comparison }, view }: Shown,
): Choosable | undefined {
  if (comparison === null || analysis === null || analysis.preliminary) return undefined;
  const [raw] = comparison.methods;
  const calibrated = shownMethod(comparison, view.method);
  const shown = figure === 'before' ? raw : calibrated;
  if (calibrated === undefined || shown === undefined) return undefined;
  const { method, diagram } = shown;
  return { diagram, axes: CORRECTNESS, of: { kind: 'calibrator', method }, words: calibratorTitle(method) };
}

function content(
  { state: { analysis, comparison, comparisonError, busy, settings }, view }: Shown,
  actions: CalibratorActions,
): Node[] {
  if (analysis === null || analysis.preliminary) return [];
  const heading = h('h2', {}, 'Calibrators');
  if (comparisonError !== null)
    return [
      h(
        'section',
        { class: 'calibrators' },
        heading,
        h('p', { class: 'line' }, warningIcon(), comparisonError.message),
        h(
          'div',
          { class: 'buttons' },
          ...(comparisonError.instead === undefined
            ? []
            : [actions.readSo(comparisonError.code, comparisonError.instead)]),
          button('Compute Again', { key: 'compare-again', secondary: true }, () => actions.retry()),
        ),
      ),
    ];
  if (comparison === null)
    return [
      h(
        'section',
        { class: 'calibrators' },
        heading,
        h(
          'p',
          { class: 'about-calibrators' },
          'A calibrator corrects the confidence. Each calibrator that this table allows is fitted on some rows and evaluated on others, so that the numbers hold for new data.',
        ),
        busy === null
          ? h(
              'div',
              { class: 'buttons' },
              button('Compare Calibrators', { key: 'compare' }, () => actions.compare()),
              applyButton(actions),
            )
          : h('p', { class: 'quiet' }, 'Calibrators can be compared when the numbers above are complete.'),
      ),
    ];
  const waits = busy === null ? null : WAITS;
  const whole = compared(comparison, { origin: analysis.origin, waits }, view, actions);
  if (settings.table.prevalence !== null)
    whole.append(
      h(
        'p',
        { class: 'quiet' },
        'Calibrators are compared at the label shares of this table. A saved calibrator is shifted to the label shares in use.',
      ),
    );
  return [whole];
}

function compared(
  comparison: Comparison,
  saving: Saving,
  view: View,
  actions: CalibratorActions,
): HTMLElement {
  const { verdict, choice, reason, folds, warnings, excluded, methods } = comparison;
  const title = recommendationTitle(verdict, choice);
  const [raw] = methods;
  const shown = shownMethod(comparison, view.method);
  return h(
    'section',
    { class: 'calibrators' },
    h('h2', {}, `Calibrators. ${title}`),
    h('p', {}, `${reason} ${folds}`),
    comparisonTable(comparison, shown, actions),
    ...warnings.map(({ message }) => h('p', { class: 'line quiet' }, warningIcon(), message)),
    ...excluded.map(({ method, reason: why }) =>
      h(
        'p',
        { class: 'quiet' },
        `${methods.some((entry) => entry.method === method) ? 'Not a candidate' : 'Not compared'}: ${calibratorTitle(method)}. ${why}`,
      ),
    ),
    ...(raw === undefined || shown === undefined ? [] : pair(raw, shown, view, saving, actions)),
  );
}

/** Of a saved calibrator: the comparison fits its own. */
function applyButton(actions: CalibratorActions): HTMLElement {
  return button('Apply Calibrator to Table…', { key: 'apply', secondary: true }, () => actions.apply());
}

/** The calibrator that the person chose, else the recommended one, else the one with the lowest NLL. */
export function shownMethod({ methods, choice }: Comparison, wanted: string | null): Compared | undefined {
  const find = (name: string | null): Compared | undefined =>
    methods.find(({ method }) => method === name && method !== 'raw');
  const nll = ({ diagram }: Compared): number => criterion(diagram.evaluation).nll.value ?? Infinity;
  const best = methods.filter(({ method }) => method !== 'raw').sort((a, b) => nll(a) - nll(b))[0];
  return find(wanted) ?? find(choice) ?? best;
}

/** What calibrators are judged by: the metrics of the labels if the table has label scores. */
function criterion(evaluation: Compared['diagram']['evaluation']): { nll: Metric; brier: Metric } {
  return evaluation.labelMetrics ?? evaluation;
}

function comparisonTable(
  { methods, choice }: Comparison,
  shown: Compared | undefined,
  actions: CalibratorActions,
): HTMLElement {
  return table(
    'Calibrators on rows that they did not see',
    [
      { name: 'Calibrator' },
      { name: 'NLL', isNumber: true },
      { name: 'Brier', isNumber: true },
      { name: 'ECE', isNumber: true },
      { name: 'ECE if calibrated', isNumber: true },
      { name: 'Accuracy', isNumber: true },
      { name: 'Above the best NLL', isNumber: true },
    ],
    methods.map(({ method, diagram: { evaluation }, gap }) => {
      const { nll, brier } = criterion(evaluation);
      const marks = [
        ...(method === choice ? ['★ recommended'] : []),
        ...(method === shown?.method ? ['shown below'] : []),
      ];
      return [
        remarked(
          method === 'raw'
            ? 'Raw'
            : link(
                calibratorTitle(method),
                `method-${method}`,
                () => actions.show(method),
                'Show beside raw',
              ),
          marks.join(', '),
        ),
        metricCell(nll),
        metricCell(brier),
        metricCell(evaluation.ece),
        nullInWords(evaluation.eceNull),
        metricCell(evaluation.accuracy),
        gapInWords(gap),
      ];
    }),
  );
}

/** Raw and calibrated on the same axes and the same rows. */
function pair(
  raw: Compared,
  shown: Compared,
  { band, withCurve }: View,
  saving: Saving,
  actions: CalibratorActions,
): Node[] {
  const { method } = shown;
  const look: Look = { band, withCurve };
  if (method === 'raw') return [];
  const top = Math.max(densityTop(raw.diagram), densityTop(shown.diagram));
  const name = calibratorTitle(method);
  return [
    h(
      'div',
      { class: 'columns pair' },
      figure({
        diagram: raw.diagram,
        ...look,
        axes: CORRECTNESS,
        id: 'before',
        caption: 'Raw',
        title: 'Reliability diagram of the raw confidence',
        densityTop: top,
        ...actions.choosing('before', raw),
      }),
      figure({
        diagram: shown.diagram,
        ...look,
        axes: CORRECTNESS,
        id: 'after',
        caption: `${name}, on rows that it did not see`,
        title: `Reliability diagram after ${name}`,
        densityTop: top,
        ...actions.choosing('after', shown),
      }),
    ),
    h('p', { class: 'quiet' }, `${name} is fitted on all rows when it is saved. ${saving.origin}`),
    h(
      'div',
      { class: 'buttons' },
      button(`Save Calibrator: ${name}…`, { key: 'save', waits: saving.waits }, () => actions.save(method)),
      applyButton(actions),
    ),
  ];
}
