/** What the validation rows say while a model is tuned: one small plot for each metric. */
import type { CurvePoint } from '../../src/core/model/adapter-card';
import { number } from '../../src/core/words/calibration';
import { pixels } from '../calibration/pixels';
import { table } from '../calibration/tables';
import { ticks } from '../calibration/ticks';
import { h, setText, svg, svgText } from '../dom';

interface Line {
  /** Of the style: the first is drawn solid, the second dashed. */
  readonly series: 0 | 1;
  readonly value: (point: CurvePoint) => number | null;
}

interface Plot {
  readonly title: string;
  readonly about: string;
  readonly lines: readonly Line[];
  /** The middle of what chance alone would show, and its upper end; absent: none. */
  readonly band?: (point: CurvePoint) => { readonly low: number; readonly high: number };
  readonly best: 'highest' | 'lowest';
}

const PLOTS: readonly Plot[] = [
  {
    title: 'NLL',
    about: 'Solid: validation rows. Dashed: training loss. Lower is better.',
    lines: [
      { series: 1, value: ({ nll }) => nll },
      { series: 0, value: ({ loss }) => loss },
    ],
    best: 'lowest',
  },
  {
    title: 'Accuracy',
    about: 'Validation rows. Higher is better.',
    lines: [{ series: 1, value: ({ accuracy }) => accuracy }],
    best: 'highest',
  },
  {
    title: 'ECE',
    about:
      'Validation rows. Dashed: what a calibrated model would show by chance, on average; shaded: in 95 of 100 tables.',
    lines: [
      { series: 1, value: ({ ece }) => ece },
      { series: 0, value: ({ eceNull }) => eceNull.mean },
    ],
    band: ({ eceNull }) => ({ low: 0, high: eceNull.q95 }),
    best: 'lowest',
  },
];

const WIDTH = 260;
const HEIGHT = 160;
const BOX = { left: 44, right: 246, top: 8, bottom: 122 } as const;

/** The plots, and their numbers as a table. @param chosen step whose weights became the adapter; null before that */
export function curves(points: readonly CurvePoint[], chosen: number | null): Node[] {
  return [
    h('div', { class: 'multiples' }, ...PLOTS.map((plot) => drawn(plot, points, chosen))),
    h(
      'details',
      {},
      h('summary', { 'data-key': 'curve-table' }, 'Evaluations as a table'),
      pointTable(points, chosen),
    ),
  ];
}

function drawn(plot: Plot, points: readonly CurvePoint[], chosen: number | null): HTMLElement {
  const { title, about, lines, band, best } = plot;
  const values = points.flatMap((point) => [
    ...lines.flatMap(({ value }) => value(point) ?? []),
    ...(band === undefined ? [] : [band(point).low, band(point).high]),
  ]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(most - least, 0.02) * 0.12;
  const low = band === undefined ? least - room : 0;
  const high = most + room;
  const last = Math.max(1, points.at(-1)?.epoch ?? 1);
  const x = (epoch: number): number => pixels(BOX.left + (epoch / last) * (BOX.right - BOX.left));
  const y = (value: number): number =>
    pixels(BOX.bottom - ((value - low) / (high - low)) * (BOX.bottom - BOX.top));
  const heading = svg('title');
  setText(heading, `${title} of the validation rows by epoch`);
  const chosenPoint = points.find(({ step }) => step === chosen);
  const [main] = lines;
  return h(
    'figure',
    {},
    h('figcaption', {}, title),
    svg(
      'svg',
      {
        class: 'picture',
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': spoken(plot, points),
        'data-plot': title,
      },
      heading,
      ...ticks(low, high).flatMap((tick) => [
        svg('path', { class: 'grid', d: `M${BOX.left} ${y(tick)}H${BOX.right}` }),
        svgText(String(tick), { x: BOX.left - 5, y: y(tick) + 4 }, 'tick end'),
      ]),
      ...(band === undefined || points.length < 2
        ? []
        : [
            svg('path', {
              class: 'interval-band series-1',
              d: `M${[
                ...points.map((point) => `${x(point.epoch)} ${y(band(point).high)}`),
                ...points.map((point) => `${x(point.epoch)} ${y(band(point).low)}`).reverse(),
              ].join('L')}Z`,
            }),
          ]),
      ...lines.map(({ series, value }) =>
        svg('polyline', {
          class: `curve series-${series}`,
          points: points
            .flatMap((point) => {
              const found = value(point);
              return found === null ? [] : [`${x(point.epoch)},${y(found)}`];
            })
            .join(' '),
        }),
      ),
      ...points.map((point) =>
        svg('circle', { class: 'bin-point', cx: x(point.epoch), cy: y(main?.value(point) ?? 0), r: 3.2 }),
      ),
      ...(chosenPoint === undefined
        ? []
        : [
            svg('circle', {
              class: 'chosen',
              cx: x(chosenPoint.epoch),
              cy: y(main?.value(chosenPoint) ?? 0),
              r: 6.5,
            }),
          ]),
      svg('rect', {
        class: 'plot',
        x: BOX.left,
        y: BOX.top,
        width: BOX.right - BOX.left,
        height: BOX.bottom - BOX.top,
      }),
      ...wholeEpochs(last).map((epoch) =>
        svgText(String(epoch), { x: x(epoch), y: BOX.bottom + 16 }, 'tick middle'),
      ),
      svgText('epoch', { x: (BOX.left + BOX.right) / 2, y: HEIGHT - 6 }, 'tick middle'),
    ),
    h('p', { class: 'quiet' }, `${about} ${bestInWords(plot, points, best)}`),
  );
}

function wholeEpochs(last: number): number[] {
  const step = Math.max(1, Math.ceil(last / 6));
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, at) => at * step);
}

function bestInWords({ lines }: Plot, points: readonly CurvePoint[], best: Plot['best']): string {
  const [main] = lines;
  const values = points.map((point) => main?.value(point) ?? 0);
  const found = best === 'lowest' ? Math.min(...values) : Math.max(...values);
  return `The ${best} so far: ${number(found)}.`;
}

function spoken({ title, lines }: Plot, points: readonly CurvePoint[]): string {
  const [main] = lines;
  return `${title}: ${points.map((point) => `${number(main?.value(point) ?? null)} after epoch ${point.epoch.toFixed(1)}`).join(', ')}.`;
}

function pointTable(points: readonly CurvePoint[], chosen: number | null): HTMLElement {
  return table(
    'Evaluations on the validation rows',
    [
      { name: 'Epoch' },
      { name: 'Training loss', isNumber: true },
      { name: 'NLL', isNumber: true },
      { name: 'Accuracy', isNumber: true },
      { name: 'ECE', isNumber: true },
      { name: 'ECE if calibrated', isNumber: true },
      { name: 'Remark' },
    ],
    points.map(({ step, epoch, loss, nll, accuracy, ece, eceNull }) => [
      epoch.toFixed(1),
      number(loss),
      number(nll),
      number(accuracy),
      number(ece),
      number(eceNull.mean),
      step === chosen ? 'became the adapter' : '',
    ]),
  );
}
