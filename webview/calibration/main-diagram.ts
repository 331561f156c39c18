/** The main diagram, of all rows or of the part that is shown, with its numbers beside it. */
import { count, verdict } from '../../src/core/words/calibration';
import { FEWEST_FOR_PLOT } from '../../src/protocol/calibration-page';
import { h } from '../dom';
import type { ChosenBin, Choosable } from './chosen-bin';
import { figure } from './figure';
import { type Section, section, type Shown } from './page';
import { axesOf, partTitle, shownPart } from './parts';
import { metricsTable } from './tables';

export function mainDiagramSection(bins: ChosenBin): Section {
  return section(
    ({ state: { analysis, settings, breakdown }, view }) => [
      analysis,
      settings.view,
      breakdown,
      view.part,
      view.band,
      view.withCurve,
    ],
    (shown) => content(shown, bins),
  );
}

/** The main diagram; undefined if none is drawn. */
export function drawnDiagram(shown: Shown): Choosable | undefined {
  const main = mainDiagram(shown);
  return main !== undefined && isDrawn(main) ? main : undefined;
}

function isDrawn({ diagram }: Choosable): boolean {
  return diagram.evaluation.n >= FEWEST_FOR_PLOT;
}

/** The rows that the numbers are computed on; undefined without numbers. */
function mainDiagram({ state, view }: Shown): Choosable | undefined {
  if (state.analysis === null) return undefined;
  const part = shownPart(state, view.part);
  if (part === undefined)
    return { diagram: state.analysis, axes: axesOf(state, part), of: { kind: 'table' }, words: '' };
  return {
    diagram: part.diagram,
    axes: axesOf(state, part),
    of: { kind: 'part', name: part.name },
    words: partTitle(state, part),
  };
}

function content(shown: Shown, bins: ChosenBin): Node[] {
  const main = mainDiagram(shown);
  if (main === undefined) return [];
  const { diagram, axes, words } = main;
  const { evaluation } = diagram;
  const said = verdict(evaluation, axes);
  const isPreliminary = main.of.kind === 'table' && shown.state.analysis?.preliminary === true;
  return [
    ...(words === '' ? [] : [h('h2', { class: 'part-title' }, words)]),
    h(
      'div',
      { class: 'columns' },
      isDrawn(main) ? mainFigure(main, shown, bins) : tooFew(evaluation.n),
      h(
        'section',
        { class: 'numbers' },
        ...(said === undefined ? [] : [h('h2', {}, said.title), h('p', {}, said.text)]),
        metricsTable(evaluation, isPreliminary, axes),
      ),
    ),
  ];
}

function tooFew(n: number): HTMLElement {
  return h(
    'section',
    { class: 'too-few' },
    h('h2', {}, 'Too few rows for a diagram'),
    h(
      'p',
      {},
      `${count(n, 'row')} cannot show how confidence and accuracy relate. A diagram needs at least ${FEWEST_FOR_PLOT} rows, and shows little with fewer than a few hundred. The numbers of the table are shown beside this text, with their intervals.`,
    ),
  );
}

function mainFigure(main: Choosable, { view: { band, withCurve } }: Shown, bins: ChosenBin): HTMLElement {
  const { diagram, axes, words } = main;
  const whose = words === '' ? '' : ` of ${words}`;
  return figure({
    diagram,
    axes,
    band,
    withCurve,
    id: 'raw',
    title: `Reliability diagram${whose}: ${axes.upWords} by ${axes.acrossWords}, with a histogram below`,
    ...bins.choosing('raw', diagram),
  });
}
