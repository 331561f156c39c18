/** The page of a comparison: runs on the same rows. The host sends numbers; the page keeps what is looked at. */
import '../no-eval';
import { leftOutInWords, pairingInWords, stageTitle, verdictsOf } from '../../src/core/words/comparison';
import { labelName } from '../../src/core/words/calibration';
import type { Handlers, Remote } from '../../src/protocol/contract';
import {
  COMPARISON_PAGE_CONTRACT,
  type ComparisonState,
  reportOfDrawn,
} from '../../src/protocol/comparison-page';
import { BIN_COUNTS, binsOf } from '../../src/protocol/calibration-page';
import { drawBusy } from '../busy';
import { button, setWaiting } from '../button';
import { checkbox, radios, select } from '../calibration/choices';
import { drawPicture, namedPictures } from '../calibration/export';
import { link } from '../calibration/tables';
import { WAITS } from '../calibration/words';
import { h, warningIcon } from '../dom';
import { type Memory, startPage } from '../start';
import '../base.css';
import '../calibration/calibration.css';
import './comparison.css';
import { aboutSection, warningSection } from './notes';
import { overviewSection, stageSection, verdictSection } from './numbers';
import { Page, type Section, section, type Shown } from './page';
import { rowSection } from './rows';
import { sliceSection } from './slices';

/** Thresholds that are offered; any other stays. */
const THRESHOLDS = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99];

function start(
  host: Remote<typeof COMPARISON_PAGE_CONTRACT.host>,
  memory: Memory,
): Handlers<typeof COMPARISON_PAGE_CONTRACT.page> {
  const announcement = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  const page = new Page(host, memory, announcement);
  const heading = section(
    ({ state }) => [state.files],
    ({ state: { files } }) => [`Comparison of ${files.map(labelName).join(', ')}`],
    h('h1', {}),
  );
  const facts = section(
    ({ state }) => [state.view?.report.pairing, state.view?.report.tables],
    ({ state: { view } }) => (view === null ? [] : factsOf(view.report)),
  );
  const busy = busySection(page);
  const actions = actionSection(page);
  const controls = controlSection(page);
  const body = [
    problemSection(page),
    verdictSection(),
    overviewSection(page),
    stageSection(page),
    sliceSection(page),
    rowSection(page),
    warningSection(),
    aboutSection(page),
  ];
  document.body.append(
    h(
      'main',
      {},
      busy.element,
      h('header', {}, h('div', {}, heading.element, facts.element, actions.element), controls.element),
      ...body.map(({ element }) => element),
    ),
    announcement,
  );
  page.add(heading, facts, busy, actions, controls, ...body);
  host.ready({ settings: page.before?.settings ?? null });
  return {
    state: (state) => {
      const words = spoken(state, page.shown?.state);
      page.show(state);
      if (words !== undefined) page.announce(words);
    },
    picture: drawPicture,
  };
}

/** What a screen reader says when the state changes; undefined for nothing new. */
function spoken(state: ComparisonState, before: ComparisonState | undefined): string | undefined {
  if (state.error !== null && state.error !== before?.error) return state.error.message;
  const { view } = state;
  if (view === null || view === before?.view) return undefined;
  const report = reportOfDrawn(view.report);
  const [raw] = report.stages;
  return raw === undefined
    ? undefined
    : verdictsOf(report, raw)
        .map(({ title }) => `${title}.`)
        .join(' ');
}

function factsOf(report: NonNullable<ComparisonState['view']>['report']): Node[] {
  const left = leftOutInWords(report);
  return [
    h('p', { class: 'facts' }, pairingInWords(report.pairing)),
    ...left.map((sentence) => h('p', { class: 'line' }, warningIcon(), sentence)),
  ];
}

function busySection({ host }: Page): Section {
  const element = h('div', { class: 'busy', hidden: true });
  return {
    element,
    dependsOn: ({ state }) => [state.busy],
    draw: ({ state: { busy } }) => drawBusy(element, busy === null ? null : `${busy}…`, () => host.cancel()),
  };
}

function actionSection({ host }: Page): Section {
  const waiting = [
    button('Export…', { key: 'export', secondary: true }, () => host.export({ pictures: namedPictures() })),
    button('Copy Report', { key: 'copy', secondary: true }, () => host.copy()),
  ];
  const others = [
    button('Compare With…', { key: 'compare-with', secondary: true }, () => host.compareWith()),
    button('Try Another…', { key: 'try-another', secondary: true }, () => host.tryAnother()),
  ];
  return {
    element: h('div', { class: 'buttons' }, ...waiting, ...others),
    dependsOn: ({ state: { view, busy, error } }) => [view === null, busy === null, error === null],
    draw: ({ state: { view, busy, error } }) => {
      for (const element of waiting) {
        element.hidden = view === null || error !== null;
        setWaiting(element, busy === null ? null : WAITS);
      }
    },
  };
}

function controlSection(page: Page): Section {
  return section(
    ({ state: { settings, view: shown }, view }) => [
      settings,
      shown === null,
      shown?.columns,
      shown?.report.pairing.compared,
      shown?.report.stages.map(({ stage }) => stage),
      view,
    ],
    (shown) => controls(page, shown),
    h('div', { class: 'controls' }),
  );
}

function controls(page: Page, { state: { settings, view: shown }, view }: Shown): Node[] {
  if (shown === null) return [];
  const { report, columns } = shown;
  const rows = report.pairing.compared;
  const thresholds = [...new Set([...THRESHOLDS, settings.threshold])].sort((a, b) => a - b);
  const sliced = [...new Set([...columns, ...(settings.slice === null ? [] : [settings.slice])])];
  const counts = [...new Set([...BIN_COUNTS, ...(settings.bins === null ? [] : [settings.bins])])];
  return [
    select(
      'Scores',
      'stage',
      report.stages.map(({ stage }) => ({ value: stage, text: stageTitle(stage) })),
      view.stage,
      (stage) => page.look({ stage }),
    ),
    select(
      'Threshold',
      'threshold',
      thresholds.map((value) => ({ value, text: String(value) })),
      settings.threshold,
      (threshold) => page.change({ threshold }),
    ),
    select(
      'Slices',
      'slice',
      [
        { value: '', text: 'none' },
        ...sliced.map((name) => ({ value: `column:${name}`, text: labelName(name), group: 'by the column' })),
      ],
      settings.slice === null ? '' : `column:${settings.slice}`,
      (value) => page.change({ slice: value === '' ? null : value.slice('column:'.length) }),
    ),
    select(
      'Bins',
      'bins',
      [
        { value: 0, text: `${binsOf({ bins: null }, rows)}, for these rows` },
        ...counts.sort((a, b) => a - b).map((value) => ({ value, text: String(value) })),
      ],
      settings.bins ?? 0,
      (bins) => page.change({ bins: bins === 0 ? null : bins }),
    ),
    radios(
      'Bars',
      'band',
      [
        { value: 'consistency', text: 'if calibrated' },
        { value: 'wilson', text: 'interval of accuracy' },
      ],
      view.band,
      (band) => page.look({ band }),
    ),
    checkbox('Smooth curve', 'curve', view.withCurve, (withCurve) => page.look({ withCurve })),
  ];
}

function problemSection({ host }: Page): Section {
  return section(
    ({ state }) => [state.error, state.view === null, state.files],
    ({ state: { error, view, files } }) => {
      if (error === null) return [];
      return [
        h(
          'section',
          { class: 'problem' },
          h(
            'h2',
            {},
            warningIcon(),
            error.code === 'cancelled' ? 'Cancelled' : 'These tables cannot be compared',
          ),
          h('p', {}, error.message),
          ...(view === null
            ? []
            : [h('p', { class: 'quiet' }, 'The numbers below are of an earlier comparison.')]),
          h(
            'p',
            {},
            ...files.flatMap((file, table) => [
              ...(table === 0 ? [] : [' · ']),
              link(`Open ${labelName(file)}`, `open-${table}`, () => host.openTable({ table })),
            ]),
          ),
          h(
            'div',
            { class: 'buttons' },
            button('Compare Again', { key: 'retry' }, () => host.retry()),
          ),
        ),
      ];
    },
  );
}

startPage(COMPARISON_PAGE_CONTRACT, start);
