/** The verdict, every stage at a glance, and the numbers and pictures of the stage that is looked at. */
import { COMPARED_METRICS, metricOf } from '../../src/core/comparison/metrics';
import { SLICE_METRICS } from '../../src/core/comparison/compare-slices';
import type { Difference } from '../../src/core/comparison/differences';
import { CORRECTNESS, foldsInWords, labelName, nullInWords, number } from '../../src/core/words/calibration';
import {
  differenceInWords,
  findingInWords,
  findingWithRows,
  HIGH_MEANINGS,
  metricTitle,
  pOf,
  recommendedInWords,
  stageTitle,
  stageWinner,
  testInWords,
  thresholdInWords,
  verdictsOf,
} from '../../src/core/words/comparison';
import { metricInWords } from '../../src/core/words/metrics';
import {
  type DrawnReport,
  type DrawnStage,
  reportedOf,
  reportOfDrawn,
} from '../../src/protocol/comparison-page';
import { link, metricCell, table, term } from '../calibration/tables';
import { h } from '../dom';
import { type Page, type Section, section, type Shown } from './page';
import { pictures } from './pictures';

/** What the raw scores say in words, and below it what the scores after the recommended calibrator say. */
export function verdictSection(): Section {
  return section(
    ({ state }) => [state.view?.report],
    ({ state: { view } }) => {
      if (view === null) return [];
      const report = reportOfDrawn(view.report);
      const [raw, ...others] = report.stages;
      const last = others.find(({ stage }) => stage === 'recommended');
      if (raw === undefined) return [];
      return [
        h(
          'section',
          { class: 'verdict' },
          ...verdictsOf(report, raw).flatMap(({ title, text }) => [h('h2', {}, title), h('p', {}, text)]),
          ...(last === undefined
            ? []
            : [
                h(
                  'p',
                  { class: 'quiet' },
                  `${stageTitle(last.stage)}: ${verdictsOf(report, last)
                    .map(({ title }) => `${title}.`)
                    .join(' ')} ${recommendedInWords(report.names, report.recommended, report.folds)}`,
                ),
              ]),
        ),
      ];
    },
  );
}

/** The main numbers of every stage. */
export function overviewSection(page: Page): Section {
  return section(
    ({ state, view }) => [state.view?.report, view.stage],
    ({ state: { view: shown }, view }) => {
      if (shown === null) return [];
      const { names, on, threshold, stages, excluded } = shown.report;
      const columns = SLICE_METRICS.flatMap((metric) =>
        names.map((name) => ({
          name: `${metricTitle(metric, on, threshold)}, ${labelName(name)}`,
          isNumber: true,
        })),
      );
      return [
        h(
          'section',
          { class: 'stages' },
          h('h2', {}, 'At a glance'),
          table(
            'Main numbers of every stage',
            [{ name: 'Scores' }, ...columns, { name: 'Finding in accuracy' }],
            stages.map((drawn) => [
              link(stageTitle(drawn.stage), `stage-${drawn.stage}`, () => {
                page.look({ stage: drawn.stage });
                page.announce(`Shown below: ${stageTitle(drawn.stage)}.`);
              }),
              ...SLICE_METRICS.flatMap((metric) =>
                reportedOf(drawn).runs.map((run) => number(metricOf(run, metric).value)),
              ),
              `${drawn.differences
                .map((all) => words(all, 'accuracy'))
                .join(', ')}${drawn.stage === view.stage ? ' · shown below' : ''}`,
            ]),
          ),
          ...excluded.map(({ stage, reason }) =>
            h('p', { class: 'quiet' }, `Not compared: ${stageTitle(stage)}. ${reason}`),
          ),
        ),
      ];
    },
  );
}

function words(differences: readonly Difference[], metric: Difference['metric']): string {
  const difference = differences.find((found) => found.metric === metric);
  return difference === undefined ? '–' : findingInWords(difference);
}

/** The stage that is looked at: its numbers, the table at the threshold, and its pictures. */
export function stageSection(page: Page): Section {
  return section(
    ({ state, view }) => [state.view?.report, view],
    (shown) => stageContent(shown, page),
  );
}

function stageContent({ state: { view: shown }, view }: Shown, page: Page): Node[] {
  if (shown === null) return [];
  const { report } = shown;
  const drawn = report.stages.find(({ stage }) => stage === view.stage) ?? report.stages[0];
  if (drawn === undefined) return [];
  const stage = reportedOf(drawn);
  const winner = stageWinner(report, stage);
  return [
    h(
      'section',
      { class: 'stage' },
      h('h2', {}, stageTitle(stage.stage)),
      ...(stage.stage === 'raw' || report.folds === null
        ? []
        : [h('p', { class: 'quiet' }, foldsInWords(report.folds))]),
      numbersTable(report, drawn),
      ...(winner === undefined ? [] : [h('p', { class: 'winner' }, winner)]),
      h('h3', {}, `At a confidence of ${thresholdInWords(report.threshold)} or above`),
      thresholdTable(report, drawn),
      ...pictures(
        {
          names: report.names,
          diagrams: drawn.runs.map(({ diagram }) => diagram),
          id: drawn.stage,
          of: stageTitle(drawn.stage),
        },
        view,
      ),
      h(
        'p',
        { class: 'quiet' },
        ...report.names.flatMap((name, at) => [
          ...(at === 0 ? [] : [' · ']),
          link(`Open ${labelName(name)} in the calibration panel`, `panel-${at}`, () =>
            page.host.openTable({ table: at }),
          ),
        ]),
      ),
    ),
  ];
}

function numbersTable({ names, on, threshold, pairing }: DrawnReport, drawn: DrawnStage): HTMLElement {
  const { runs, differences } = reportedOf(drawn);
  const [baseline = ''] = names;
  const others = names.slice(1);
  return table(
    `Numbers of every run, ${stageTitle(drawn.stage)}`,
    [
      { name: 'Metric' },
      ...names.map((name) => ({ name: labelName(name), isNumber: true })),
      ...others.flatMap((name) => [
        { name: `${labelName(name)} less ${labelName(baseline)}`, isNumber: true },
        { name: 'p', isNumber: true },
        { name: 'Finding' },
      ]),
    ],
    [
      ...COMPARED_METRICS.map((metric) => [
        meaning(metricTitle(metric, on, threshold), HIGH_MEANINGS[metric]),
        ...runs.map((run) => metricCell(metricOf(run, metric))),
        ...differences.flatMap((all) => {
          const difference = all.find((found) => found.metric === metric);
          if (difference === undefined) return ['–', '–', ''];
          const p = pOf(difference);
          return [
            differenceCell(difference),
            difference.test === null
              ? p
              : term(p, `By the ${testInWords(difference.test)}, after Holm’s correction.`),
            mark(difference, pairing.compared),
          ];
        }),
      ]),
      [
        meaning('ECE if calibrated'),
        ...runs.map(({ evaluation }) => h('span', { class: 'quiet' }, nullInWords(evaluation.eceNull))),
        ...others.flatMap(() => ['', '', '']),
      ],
    ],
  );
}

function meaning(title: string, own?: string): Node {
  const said = own ?? metricInWords(title, CORRECTNESS);
  return said === '' ? h('span', {}, title) : term(title, said);
}

function differenceCell(difference: Difference): Node {
  const [value = '', range = ''] = differenceInWords(difference).split(' (');
  return h(
    'span',
    {},
    value,
    h('span', { class: 'interval' }, range === '' ? '' : ` ${range.replace(/\)$/, '')}`),
  );
}

/** The shape says it too, not the colour alone. */
const MARKS: Readonly<Record<Difference['finding'], string>> = {
  better: '▲ ',
  worse: '▼ ',
  higher: '',
  lower: '',
  'not-shown': '',
  'not-tested': '',
  undefined: '',
};

function mark(difference: Difference, rows: number): Node {
  const { finding } = difference;
  return h('span', { class: `finding ${finding}` }, `${MARKS[finding]}${findingWithRows(difference, rows)}`);
}

/** What a business reads. */
function thresholdTable({ names, pairing }: DrawnReport, { runs }: DrawnStage): HTMLElement {
  const [first] = runs;
  const cell = (now: number, then: number | undefined, at: number): string =>
    at === 0 || then === undefined
      ? now.toLocaleString('en-US')
      : `${now.toLocaleString('en-US')} (${changeInWords(now - then)})`;
  return table(
    'At the threshold',
    [
      { name: 'Run' },
      { name: `Predictions of ${pairing.compared.toLocaleString('en-US')}`, isNumber: true },
      { name: 'Accuracy of those', isNumber: true },
      { name: 'Errors', isNumber: true },
    ],
    runs.map(({ high }, at) => [
      labelName(names[at] ?? ''),
      cell(high.rows, first?.high.rows, at),
      metricCell(high.accuracy),
      cell(high.errors, first?.high.errors, at),
    ]),
  );
}

function changeInWords(change: number): string {
  if (change === 0) return '±0';
  return `${change > 0 ? '+' : '−'}${Math.abs(change).toLocaleString('en-US')}`;
}
