/** The comparison on each value of a column. */
import { SLICE_METRICS } from '../../src/core/comparison/compare-slices';
import { metricOf } from '../../src/core/comparison/metrics';
import { labelName, number } from '../../src/core/words/calibration';
import { differenceInWords, findingInWords, metricTitle } from '../../src/core/words/comparison';
import { table } from '../calibration/tables';
import { h } from '../dom';
import type { DrawnReport } from '../../src/protocol/comparison-page';
import { type Section, section } from './page';

type Slices = DrawnReport['slices'][number]['slices'];

/** Number of small slices that are named. */
const NAMED_SMALL = 12;

export function sliceSection(): Section {
  return section(
    ({ state }) => [state.view?.report.slices],
    ({ state: { view } }) => {
      if (view === null) return [];
      const { names, on, threshold, slices: sliced } = view.report;
      return sliced.map(({ column, slices, minimumRows, tooSmall }) =>
        h(
          'section',
          { class: 'parts' },
          h('h2', {}, `By ${labelName(column)}`),
          h(
            'p',
            { class: 'quiet' },
            'Raw scores. What is shown is after Holm’s correction over all of these slices.',
          ),
          ...(slices.length === 0
            ? [h('p', {}, `No value has ${minimumRows} rows, too few to compare any of them.`)]
            : // A table for each metric: together they would be wider than any window.
              SLICE_METRICS.flatMap((metric) => {
                const title = metricTitle(metric, on, threshold);
                return [
                  h('h3', {}, title),
                  metricTable(metric, `${title} by ${labelName(column)}`, names, slices),
                ];
              })),
          ...(tooSmall.length === 0
            ? []
            : [
                h(
                  'p',
                  { class: 'quiet' },
                  `Not compared, because they have fewer than ${minimumRows} rows: ${tooSmall
                    .slice(0, NAMED_SMALL)
                    .map(({ name, rows }) => `${labelName(name)} (${rows})`)
                    .join(
                      ', ',
                    )}${tooSmall.length > NAMED_SMALL ? ` and ${tooSmall.length - NAMED_SMALL} more` : ''}.`,
                ),
              ]),
        ),
      );
    },
  );
}

function metricTable(
  metric: (typeof SLICE_METRICS)[number],
  caption: string,
  names: readonly string[],
  slices: Slices,
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
    slices.map(({ name, rows, runs, differences }) => [
      labelName(name),
      rows.toLocaleString('en-US'),
      ...runs.map((run) => number(metricOf(run, metric).value)),
      ...differences.map((all) => {
        const difference = all.find((found) => found.metric === metric);
        return difference === undefined
          ? '–'
          : `${differenceInWords(difference)}, ${findingInWords(difference)}`;
      }),
    ]),
  );
}
