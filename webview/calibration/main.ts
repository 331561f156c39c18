/** The page of the calibration panel. The host sends numbers; the page keeps the view. */
import '../no-eval';
import { count, dominanceInWords, factsOf } from '../../src/core/words/calibration';
import type { Handlers, Remote } from '../../src/protocol/contract';
import { CALIBRATION_PAGE_CONTRACT, type PanelState } from '../../src/protocol/calibration-page';
import { drawBusy } from '../busy';
import { h, warningIcon } from '../dom';
import { type Memory, startPage } from '../start';
import '../base.css';
import './calibration.css';
import './decisions.css';
import { calibratorSection, pairDiagram } from './calibrators';
import { ChosenRows } from './chosen-rows';
import { controlSection } from './controls';
import { DecisionSection } from './decisions';
import { doubtSection } from './doubts';
import { drawPicture, exportSection } from './export';
import { labelSection } from './label-choice';
import { drawnDiagram, mainDiagramSection } from './main-diagram';
import { columnsButton, mappingSection } from './mapping';
import { methodsSection } from './confidence-methods';
import { notesSection } from './notes';
import { overviewSection } from './overview';
import { Page, type Section, section } from './page';
import { partsSection } from './parts';
import { problemSection } from './problem';
import { progressionSection } from './progression';
import { foundSharesSection, sharesSection } from './shares';
import { spoken } from './spoken';
import type { Place } from './view';
import { warningSection } from './warnings';

function start(
  host: Remote<typeof CALIBRATION_PAGE_CONTRACT.host>,
  memory: Memory,
): Handlers<typeof CALIBRATION_PAGE_CONTRACT.page> {
  /** Read aloud when it changes; never visible. */
  const announcement = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  const page = new Page(host, memory, announcement);

  const heading = section(
    ({ state }) => [state.name],
    ({ state }) => [state.name],
    h('h1', {}),
  );
  const facts = section(
    ({ state }) => [state.analysis?.evaluation, state.analysis?.truthFrom, state.overview?.rows],
    ({ state: { analysis, overview } }) => {
      if (overview !== null) return [h('p', { class: 'facts' }, `${count(overview.rows, 'row')}, no truth`)];
      if (analysis === null) return [];
      const dominance = dominanceInWords(analysis.evaluation);
      return [
        h('p', { class: 'facts' }, factsOf(analysis.evaluation)),
        ...(analysis.truthFrom === null
          ? []
          : [
              h(
                'p',
                { class: 'facts' },
                `The truth is the labels that people gave: .prompt-confidence/labels/${analysis.truthFrom}`,
              ),
            ]),
        ...(dominance === undefined ? [] : [h('p', { class: 'line' }, warningIcon(), dominance)]),
      ];
    },
  );
  const label = labelSection(page);
  const busy = busySection(page);
  const exporting = exportSection(page);
  const mapping = mappingSection(page);
  const toColumns = (): HTMLElement => columnsButton(page, mapping);
  const controls = controlSection(page, toColumns);
  const problem = problemSection(page, toColumns);
  const methods = methodsSection(page);
  const parts = partsSection(page);
  const rows = new ChosenRows({
    page,
    diagramOf: (figure, shown) => (figure === 'raw' ? drawnDiagram(shown) : pairDiagram(figure, shown)),
    placeOf: (place) => places[place].element,
  });
  const main = mainDiagramSection(rows);
  const calibrators = calibratorSection(page, rows);
  const decisions = new DecisionSection(page, rows);
  const places: Readonly<Record<Place, Section>> = {
    raw: main,
    matrix: main,
    before: calibrators,
    after: calibrators,
    decisions,
  };
  const progression = progressionSection(page);
  const doubts = doubtSection(page);
  const warnings = warningSection(page);
  const overview = overviewSection(page, toColumns);
  const found = foundSharesSection(page);
  const shares = sharesSection(page);
  const notes = notesSection(page);

  const body = [
    problem,
    doubts,
    warnings,
    methods,
    mapping,
    found,
    overview,
    parts,
    main,
    rows,
    calibrators,
    decisions,
    progression,
    shares,
    notes,
  ];
  document.body.append(
    h(
      'main',
      {},
      busy.element,
      h(
        'header',
        {},
        h('div', {}, heading.element, label.element, facts.element, exporting.element),
        controls.element,
      ),
      ...body.map(({ element }) => element),
    ),
    announcement,
  );
  // The chosen rows last: their bin is marked in diagrams that are drawn.
  page.add(heading, label, facts, busy, exporting, controls, ...body.filter((part) => part !== rows), rows);

  const show = (state: PanelState): void => {
    const words = spoken(state, page.shown?.state);
    if (words !== undefined) page.announce(words);
    page.show(state);
  };
  host.ready({ settings: page.before?.settings ?? null, choices: page.before?.choices ?? null });
  return {
    state: show,
    change: (change) => {
      // Before the page knows anything, all of it is on its way.
      if (page.shown !== undefined) show(Object.assign({}, page.shown.state, change));
    },
    picture: drawPicture,
  };
}

function busySection({ host }: Page): Section {
  const element = h('div', { class: 'busy', hidden: true });
  return {
    element,
    dependsOn: ({ state }) => [state.busy],
    draw: ({ state: { busy } }) => drawBusy(element, busy === null ? null : `${busy}…`, () => host.cancel()),
  };
}

startPage(CALIBRATION_PAGE_CONTRACT, start);
