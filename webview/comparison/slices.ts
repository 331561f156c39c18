/** The comparison on each value of a column. */
import { SLICE_METRICS } from '../../src/core/comparison/compare-slices';
import { metricOf } from '../../src/core/comparison/metrics';
import { labelName, number, tooSmallInWords } from '../../src/core/words/calibration';
import {
  differenceInWords,
  findingInWords,
  metricTitle,
  unslicedInWords,
} from '../../src/core/words/comparison';
import { type DrawnReport, numbersOf } from '../../src/protocol/comparison-page';
import { type Cell, link, remarked, table } from '../calibration/tables';
import { h, warningIcon } from '../dom';
import { type Page, type Section, section, type Shown } from './page';
import { pictures } from './pictures';

type Sliced = DrawnReport['slices'][number];
type Slice = Sliced['slices'][number];

export function sliceSection(page: Page): Section {
  return section(
    ({ state, view: { band, withCurve, slice } }) => [state.view?.report, band, withCurve, slice],
    ({ state, view }) => {
      const { report } = state.view ?? {};
      if (report === undefined) return [];
      return report.slices.flatMap((sliced) => {
        const drawn = sliced.slices.find(({ name }) => name === view.slice) ?? sliced.slices[0];
        return [
          h('section', { class: 'parts' }, ...tables(report, sliced, drawn, page)),
          ...(drawn === undefined
            ? []
            : [h('section', { class: 'stage' }, ...picturesOf(report, sliced, drawn, view))]),
        ];
      });
    },
  );
}

/** @param drawn the slice whose pictures are shown; undefined if every slice is too small */
function tables(
  { names, on, threshold }: DrawnReport,
  sliced: Sliced,
  drawn: Slice | undefined,
  page: Page,
): Node[] {
  const { slices, minimumRows } = sliced;
  const column = labelName(sliced.column);
  const titleOf = (slice: Slice, key: string): Cell =>
    remarked(
      link(
        labelName(slice.name),
        key,
        () => {
          page.look({ slice: slice.name });
          page.announce(`The diagrams below show ${labelName(slice.name)}.`);
        },
        'Show its diagrams',
      ),
      slice === drawn ? 'shown below' : '',
    );
  return [
    h('h2', {}, `By ${column}`),
    h(
      'p',
      { class: 'quiet' },
      'Raw scores. What is shown is after Holm’s correction over all of these slices.',
    ),
    ...unslicedInWords(sliced).map((sentence) => h('p', { class: 'line' }, warningIcon(), sentence)),
    ...(drawn === undefined
      ? sliced.notCompared > 0
        ? []
        : [h('p', {}, `No value has ${minimumRows} rows, too few to compare any of them.`)]
      : // A table for each metric: together they would be wider than any window.
        SLICE_METRICS.flatMap((metric) => {
          const title = metricTitle(metric, on, threshold);
          return [
            h('h3', {}, title),
            metricTable(metric, `${title} by ${column}`, names, slices, (slice, at) =>
              titleOf(slice, `slice-${metric}-${at}`),
            ),
          ];
        })),
    ...tooSmallInWords('compared', sliced).map((sentence) => h('p', { class: 'quiet' }, sentence)),
  ];
}

function picturesOf(
  { names }: DrawnReport,
  { column, slices }: Sliced,
  drawn: Slice,
  view: Shown['view'],
): Node[] {
  const title = `${labelName(column)}: ${labelName(drawn.name)}`;
  return [
    h('h3', {}, title),
    ...pictures(
      {
        names,
        diagrams: drawn.runs.map(({ diagram }) => diagram),
        id: `slice-${slices.indexOf(drawn) + 1}`,
        of: title,
      },
      view,
    ),
  ];
}

/** @param titleOf the cell that names a slice */
function metricTable(
  metric: (typeof SLICE_METRICS)[number],
  caption: string,
  names: readonly string[],
  slices: readonly Slice[],
  titleOf: (slice: Slice, at: number) => Cell,
): HTMLElement {
  const [baseline = ''] = names;
  return table(
    caption,
    [
      { name: 'Value' },
      { name: 'Rows', isNumber: true },
      ...names.map((name) => ({ name: labelName(name), isNumber: true })),
      ...names.slice(1).map((name) => ({ name: `${labelName(name)} less ${labelName(baseline)}` })),
    ],
    slices.map((slice, at) => [
      titleOf(slice, at),
      slice.rows.toLocaleString('en-US'),
      ...slice.runs.map((run) => number(metricOf(numbersOf(run), metric).value)),
      ...slice.differences.map((all) => {
        const difference = all.find((found) => found.metric === metric);
        return difference === undefined
          ? '–'
          : `${differenceInWords(difference)}, ${findingInWords(difference)}`;
      }),
    ]),
  );
}
