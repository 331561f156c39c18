/**
 * Accuracy and coverage at or above each threshold, raw against calibrated, with the buckets along the axis. A slider
 * below moves a line over the plot; a sentence gives the numbers at the line.
 */
import { count, interval, labelName, calibratorTitle, number } from '../../src/core/words/calibration';
import { bucketTone } from '../../src/core/decisions/bucket-mark';
import type { Bucket } from '../../src/core/model/buckets';
import { FEWEST_TO_JUDGE } from '../../src/core/model/evaluation';
import type { ThresholdPoint } from '../../src/core/decisions/threshold-curve';
import type { Decided } from '../../src/protocol/calibration-decisions';
import { button } from '../button';
import { h, setText, svg, svgText } from '../dom';
import { bucketRange, bucketShape } from './buckets';
import { item } from './legend';
import { link, metricCell, table } from './tables';
import { pixels } from './pixels';

export interface ThresholdPlotOptions {
  /** Raw first; at most one calibrator after it. */
  readonly shown: readonly Decided[];
  readonly buckets: readonly Bucket[];
  /** Target accuracy, drawn as a line; null for none. */
  readonly target: number | null;
  /** Position of the slider: a threshold. */
  readonly at: number;
  readonly onMove: (threshold: number) => void;
  /** Lists the rows at or above a threshold. */
  readonly onList: (method: Decided['method'], threshold: number) => void;
  /** Makes a threshold that of a classifier. */
  readonly onUse: (method: Decided['method'], threshold: number) => void;
}

const WIDTH = 480;
const LEFT = 48;
const RIGHT = WIDTH - 12;
/** [top, bottom] of each part. */
const ACCURACY = [10, 220] as const;
const COVERAGE = [234, 284] as const;
const BUCKETS = [292, 308] as const;
const HEIGHT = 348;
/** The highest threshold. */
const TO = 0.99;
/** Width that a bucket needs for its shape to be drawn. */
const SHAPE_ROOM = 18;

export function thresholdPlot(options: ThresholdPlotOptions): HTMLElement {
  const { shown, at, onMove, onList, onUse } = options;
  const from = firstThreshold(shown);
  const whose = (method: Decided['method']): string =>
    shown.length > 1 ? ` (${calibratorTitle(method)})` : '';
  const x = (threshold: number): number => pixels(LEFT + ((threshold - from) / (TO - from)) * (RIGHT - LEFT));
  const cursor = svg('path', { class: 'cursor' });
  const readout = h('p', { class: 'threshold-readout' });
  const lastShown = shown.at(-1);
  // Of a threshold with a handful of rows behind it nobody knows whether it keeps its promise.
  const use =
    lastShown &&
    button('Use This Threshold…', { key: 'use-threshold', secondary: true }, () =>
      onUse(lastShown.method, Number(slider.value)),
    );
  const slider = h('input', {
    type: 'range',
    class: 'threshold-slider',
    'data-key': 'threshold',
    'aria-label': 'Threshold',
    min: from,
    max: TO,
    step: 0.01,
  });
  const show = (threshold: number): void => {
    slider.value = String(threshold);
    const words = thresholdSentence(threshold, shown);
    slider.setAttribute('aria-valuetext', words);
    setText(readout, words);
    if (use !== undefined)
      use.hidden = ((lastShown && pointAt(lastShown, threshold)?.rows) ?? 0) < FEWEST_TO_JUDGE;
    cursor.setAttribute('d', `M${x(threshold)} ${ACCURACY[0]}V${BUCKETS[1]}`);
  };
  slider.addEventListener('input', () => show(Number(slider.value)));
  slider.addEventListener('change', () => onMove(Number(slider.value)));
  show(Math.min(TO, Math.max(from, at)));
  return h(
    'figure',
    { class: 'reliability' },
    h('figcaption', {}, 'Accuracy and coverage at or above a threshold'),
    picture(options, from, x, cursor),
    slider,
    readout,
    h(
      'div',
      { class: 'buttons' },
      ...shown.map(({ method }) =>
        link(`List the rows${whose(method)}`, `threshold-rows-${method}`, () =>
          onList(method, Number(slider.value)),
        ),
      ),
      ...(use === undefined ? [] : [use]),
    ),
    legend(options),
    h(
      'details',
      {},
      h('summary', { 'data-key': 'threshold-table' }, 'Thresholds as a table'),
      curveTable(shown),
    ),
  );
}

function legend({ shown, buckets, target }: ThresholdPlotOptions): HTMLElement {
  const last = shown.length - 1;
  const isReached = shown.some(({ threshold }) => threshold.threshold !== null);
  return h(
    'ul',
    { class: 'legend' },
    ...shown.map(({ method }, index) =>
      item(
        svg('path', { class: `curve series-${index}`, d: 'M0 8H16' }),
        method === 'raw' ? 'raw' : `${calibratorTitle(method)}, on rows that the fit did not see`,
      ),
    ),
    item(
      svg('rect', { class: `interval-band series-${last}`, x: 0, y: 2, width: 16, height: 12 }),
      '95% interval of the accuracy (Wilson), point by point',
    ),
    ...(target === null
      ? []
      : [item(svg('path', { class: 'target', d: 'M0 8H16' }), `target accuracy: ${target}`)]),
    ...(target === null || !isReached
      ? []
      : [
          item(
            svg('circle', { class: `chosen series-${last}`, cx: 8, cy: 8, r: 5 }),
            'threshold for the target',
          ),
        ]),
    ...buckets.map(({ name, low }, at) =>
      item(
        bucketShape(bucketTone(at, buckets.length), 8, 8),
        `${labelName(name)} ${bucketRange(low, buckets[at - 1]?.low)}`,
      ),
    ),
  );
}

/** The last tenth that no row is below. */
function firstThreshold(shown: readonly Decided[]): number {
  const all = shown.map(({ curve }) => curve.findLast((point) => point.coverage >= 1)?.threshold ?? 0);
  return Math.min(0.9, Math.floor(Math.min(...all) * 10 + 1e-9) / 10);
}

function picture(
  { shown, buckets, target }: ThresholdPlotOptions,
  from: number,
  x: (threshold: number) => number,
  cursor: SVGElement,
): SVGSVGElement {
  const curves = shown.map(({ curve }) => curve.filter(({ threshold }) => threshold >= from));
  const lowest = Math.min(...curves.flat().map(({ accuracy }) => accuracy), target ?? 1, 0.9);
  const floor = Math.floor(lowest * 10 - 1e-9) / 10;
  const y = (accuracy: number): number => scaled((Math.max(floor, accuracy) - floor) / (1 - floor), ACCURACY);
  const title = svg('title', { id: 'threshold-title' });
  setText(title, 'Accuracy and coverage at or above each threshold; the table below has the numbers');
  return svg(
    'svg',
    {
      class: 'picture',
      'data-picture': 'thresholds',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-labelledby': 'threshold-title',
    },
    title,
    ...axes(from, floor, x, y),
    ...curves.map((curve, index) =>
      svg('path', { class: `interval-band series-${index}`, d: band(curve, x, y) }),
    ),
    ...(target === null
      ? []
      : [
          svg('path', { class: 'target', d: `M${LEFT} ${y(target)}H${RIGHT}` }),
          svgText('target', { x: LEFT + 4, y: y(target) - 4 }, 'tick'),
        ]),
    ...curves.flatMap((curve, index) => [
      line(curve, `curve series-${index}`, ({ threshold, accuracy }) => [x(threshold), y(accuracy)]),
      line(curve, `curve series-${index}`, ({ threshold, coverage }) => [
        x(threshold),
        scaled(coverage, COVERAGE),
      ]),
    ]),
    ...(target === null ? [] : shown.flatMap((decided, index) => chosen(decided, index, x, y))),
    ...buckets.flatMap((bucket, index) => bucketPart(bucket, index, buckets, from, x)),
    cursor,
  );
}

function axes(
  from: number,
  floor: number,
  x: (threshold: number) => number,
  y: (accuracy: number) => number,
): SVGElement[] {
  const middle = (ACCURACY[0] + ACCURACY[1]) / 2;
  return [
    ...tenths(floor).flatMap((tick) => [
      svg('path', { class: 'grid', d: `M${LEFT} ${y(tick)}H${RIGHT}` }),
      svgText(tick.toFixed(1), { x: LEFT - 6, y: y(tick) + 4 }, 'tick end'),
    ]),
    ...[...tenths(from).filter((tick) => tick < TO), TO].flatMap((tick) => [
      svg('path', { class: 'grid', d: `M${x(tick)} ${ACCURACY[0]}V${COVERAGE[1]}` }),
      svgText(String(tick), { x: x(tick), y: BUCKETS[1] + 15 }, 'tick middle'),
    ]),
    ...[ACCURACY, COVERAGE].map(([top, bottom]) =>
      svg('rect', { class: 'plot', x: LEFT, y: top, width: RIGHT - LEFT, height: bottom - top }),
    ),
    svgText('all', { x: LEFT - 6, y: COVERAGE[0] + 10 }, 'tick end'),
    svgText('none', { x: LEFT - 6, y: COVERAGE[1] }, 'tick end'),
    svgText('Accuracy', { x: 12, y: middle }, 'axis-title middle', `rotate(-90 12 ${middle})`),
    svgText('Rows', { x: 12, y: 259 }, 'axis-title middle', 'rotate(-90 12 259)'),
    svgText('Threshold', { x: (LEFT + RIGHT) / 2, y: HEIGHT - 6 }, 'axis-title middle'),
  ];
}

/** Every tenth from a first one to 1; every second one if there are many. */
function tenths(from: number): number[] {
  const first = Math.round(from * 10);
  const step = first < 5 ? 2 : 1;
  const found: number[] = [];
  for (let tenth = 10; tenth >= first; tenth -= step) found.push(tenth / 10);
  return found;
}

function band(
  curve: readonly ThresholdPoint[],
  x: (threshold: number) => number,
  y: (accuracy: number) => number,
): string {
  const end = (at: number, value: number | null): readonly string[] =>
    value === null ? [] : [`${x(at)} ${y(value)}`];
  const upper = curve.flatMap(({ threshold, accuracyHigh }) => end(threshold, accuracyHigh));
  const lower = curve.flatMap(({ threshold, accuracyLow }) => end(threshold, accuracyLow));
  // Too few groups have no interval anywhere.
  if (upper.length === 0) return '';
  return `M${[...upper, ...lower.reverse()].join('L')}Z`;
}

function line(
  curve: readonly ThresholdPoint[],
  className: string,
  at: (point: ThresholdPoint) => readonly [number, number],
): SVGElement {
  return svg('polyline', { class: className, points: curve.map((point) => at(point).join(',')).join(' ') });
}

/** The point of the threshold for the target on its line. */
function chosen(
  { threshold: { threshold }, curve }: Decided,
  index: number,
  x: (threshold: number) => number,
  y: (accuracy: number) => number,
): SVGElement[] {
  const point = curve.find((candidate) => candidate.threshold === threshold);
  if (point === undefined) return [];
  return [
    svg('circle', { class: `chosen series-${index}`, cx: x(point.threshold), cy: y(point.accuracy), r: 5 }),
  ];
}

function bucketPart(
  { low }: Bucket,
  index: number,
  buckets: readonly Bucket[],
  from: number,
  x: (threshold: number) => number,
): SVGElement[] {
  const inside = (threshold: number): number => x(Math.min(TO, Math.max(from, threshold)));
  const [left, right] = [inside(low), inside(buckets[index - 1]?.low ?? 1)];
  if (right - left < 1) return [];
  const tone = bucketTone(index, buckets.length);
  const [top, bottom] = BUCKETS;
  return [
    svg('rect', {
      class: `bucket-strip bucket-${tone}`,
      x: left + 0.5,
      y: top,
      width: pixels(right - left - 1),
      height: bottom - top,
    }),
    ...(right - left < SHAPE_ROOM ? [] : [bucketShape(tone, pixels((left + right) / 2), (top + bottom) / 2)]),
  ];
}

/** Accuracy and coverage at or above a threshold, raw and calibrated. */
function thresholdSentence(threshold: number, shown: readonly Decided[]): string {
  const parts = shown.map((decided) => {
    const name = shown.length > 1 ? `${calibratorTitle(decided.method)}: ` : '';
    const point = pointAt(decided, threshold);
    if (point === undefined) return `${name}no row.`;
    const { rows, coverage, accuracy, accuracyLow: low, accuracyHigh: high } = point;
    return `${name}${count(rows, 'row')} (coverage ${number(coverage)}), accuracy ${number(accuracy)}${low === null ? '' : ` (${interval({ low, high })})`}.`;
  });
  return `Threshold ${threshold.toFixed(2)}. ${parts.join(' ')}`;
}

/** What is known at a threshold; undefined where no row reaches it. */
function pointAt({ curve }: Decided, threshold: number): ThresholdPoint | undefined {
  return curve.find((candidate) => Math.abs(candidate.threshold - threshold) < 1e-9);
}

function curveTable(shown: readonly Decided[]): HTMLElement {
  const thresholds = [...new Set(shown.flatMap(({ curve }) => curve.map(({ threshold }) => threshold)))];
  return table(
    'Accuracy and coverage at or above each threshold',
    [
      { name: 'Threshold' },
      ...(shown.length > 1 ? [{ name: 'Calibrator' }] : []),
      { name: 'Rows', isNumber: true },
      { name: 'Coverage', isNumber: true },
      { name: 'Accuracy', isNumber: true },
    ],
    thresholds
      .sort((a, b) => b - a)
      .flatMap((threshold) =>
        shown.map(({ method, curve }) => {
          const point = curve.find((candidate) => candidate.threshold === threshold);
          return [
            threshold.toFixed(2),
            ...(shown.length > 1 ? [calibratorTitle(method)] : []),
            (point?.rows ?? 0).toLocaleString('en-US'),
            number(point?.coverage ?? 0),
            point === undefined
              ? '–'
              : metricCell({ value: point.accuracy, low: point.accuracyLow, high: point.accuracyHigh }),
          ];
        }),
      ),
  );
}

function scaled(share: number, [top, bottom]: readonly [number, number]): number {
  return pixels(bottom - share * (bottom - top));
}
