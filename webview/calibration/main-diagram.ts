/** The main diagram, of all rows or of the part that is shown, with its numbers beside it. */
import { FEWEST_TO_JUDGE } from '../../src/core/model/evaluation';
import { verdict } from '../../src/core/words/calibration';
import { h } from '../dom';
import type { ChosenRows, Choosable } from './chosen-rows';
import { figure } from './figure';
import { type Section, section, type Shown } from './page';
import { axesOf, partTitle, shownPart } from './parts';
import { confusionTable, metricsTable } from './tables';

export function mainDiagramSection(rows: ChosenRows): Section {
  return section(
    ({ state: { analysis, settings, breakdown }, view }) => [
      analysis,
      settings.view,
      breakdown,
      view.part,
      view.band,
      view.withCurve,
    ],
    (shown) => content(shown, rows),
  );
}

/** The main diagram; undefined if none is drawn. */
export function drawnDiagram(shown: Shown): Choosable | undefined {
  const main = mainDiagram(shown);
  return main !== undefined && isDrawn(main) ? main : undefined;
}

function isDrawn({ diagram }: Choosable): boolean {
  return diagram.evaluation.n >= FEWEST_TO_JUDGE;
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

function content(shown: Shown, rows: ChosenRows): Node[] {
  const main = mainDiagram(shown);
  if (main === undefined) return [];
  const { diagram, axes, words } = main;
  const { evaluation } = diagram;
  const said = verdict(evaluation, axes);
  const isPreliminary = main.of.kind === 'table' && shown.state.analysis?.preliminary === true;
  const numbers = h(
    'section',
    { class: 'numbers' },
    ...(said === undefined ? [] : [h('h2', {}, said.title), h('p', {}, said.text)]),
    metricsTable(evaluation, isPreliminary, axes),
    ...matrix(main, rows),
  );
  return [
    ...(words === '' ? [] : [h('h2', { class: 'part-title' }, words)]),
    isDrawn(main) ? h('div', { class: 'columns' }, mainFigure(main, shown, rows), numbers) : numbers,
  ];
}

/** With more labels, the matrix would be no table that anybody reads. */
const MOST_IN_MATRIX = 12;

function matrix({ diagram: { evaluation } }: Choosable, rows: ChosenRows): Node[] {
  const { labels, labelMetrics } = evaluation;
  if (labels === null || labelMetrics === null) return [];
  if (labels.length > MOST_IN_MATRIX)
    return [
      h('p', { class: 'quiet' }, `The confusion matrix of ${labels.length} labels is in the JSON export.`),
    ];
  return [
    h('h3', {}, 'Confusion matrix'),
    confusionTable(labels, labelMetrics.confusion, (truth, predicted) =>
      rows.choose('matrix', { kind: 'cell', truth, predicted }),
    ),
  ];
}

function mainFigure(main: Choosable, { view: { band, withCurve } }: Shown, rows: ChosenRows): HTMLElement {
  const { diagram, axes, words } = main;
  const whose = words === '' ? '' : ` of ${words}`;
  return figure({
    diagram,
    axes,
    band,
    withCurve,
    id: 'raw',
    title: `Reliability diagram${whose}: ${axes.upWords} by ${axes.acrossWords}, with a histogram below`,
    ...rows.choosing('raw', diagram),
  });
}
