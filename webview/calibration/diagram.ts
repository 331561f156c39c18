/**
 * The reliability diagram with its histogram, as one SVG: single predictions as dots in two strips, bin averages
 * against the diagonal, and below them, on the same axis, a histogram of the confidence.
 */
import { type Axes, number } from '../../src/core/words/calibration';
import type { Evaluation, ReliabilityBin } from '../../src/core/model/evaluation';
import type { Diagram, Dots } from '../../src/protocol/calibration-page';
import { setText, svg, type Attributes, svgText } from '../dom';
import { explain } from '../tip';
import { curvePath } from './curve';
import { binSentence, isBeyondChance } from './words';
import { pixels, shortCount } from './pixels';

export type Band = 'consistency' | 'wilson';

export interface DiagramOptions {
  readonly diagram: Diagram;
  readonly band: Band;
  readonly axes: Axes;
  /** Whether the smooth curve is drawn. Without it the bin averages are joined. */
  readonly withCurve: boolean;
  /** Unique in the page: prefix of ids and keys. */
  readonly id: string;
  readonly title: string;
  /** Rows at the histogram's top; the same for two diagrams side by side. */
  readonly densityTop?: number;
  /** Called when a bin is chosen. Without it bins can only be pointed at and read. */
  readonly onChoose?: ((bin: number) => void) | undefined;
}

/** How every diagram of the page is drawn. */
export type Look = Pick<DiagramOptions, 'band' | 'withCurve'>;

const WIDTH = 480;
const LEFT = 48;
const RIGHT = WIDTH - 12;
/** [top, bottom] of each part. */
const RIGHT_STRIP = [6, 28] as const;
const PLOT = [36, 336] as const;
const WRONG_STRIP = [344, 366] as const;
const HISTOGRAM = [380, 450] as const;
const HEIGHT = 494;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

const x = (share: number): number => pixels(LEFT + share * (RIGHT - LEFT));
const y = (share: number): number => pixels(PLOT[1] - share * (PLOT[1] - PLOT[0]));

export function reliabilityDiagram(options: DiagramOptions): SVGSVGElement {
  const { diagram, band, axes, withCurve, id, title, onChoose } = options;
  const { bins } = diagram.evaluation;
  const top = options.densityTop ?? densityTop(diagram);
  const titleElement = svg('title', { id: `${id}-title` });
  setText(titleElement, title);
  const picture = svg(
    'svg',
    {
      class: 'diagram',
      'data-picture': id,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'group',
      'aria-labelledby': `${id}-title`,
    },
    titleElement,
    svg(
      'g',
      { 'aria-hidden': 'true' },
      ...frame(axes),
      ...histogramScale(diagram.evaluation.binning, top),
      dots(diagram.dots),
      ...histogram(diagram, top),
      svg('path', { class: 'diagonal', d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}` }),
      ...bins.map((_, index) => bandBar(diagram, index, band)),
      withCurve && diagram.curve !== null
        ? svg('path', { class: 'curve', d: curvePath(diagram.curve, x, y) })
        : svg('polyline', {
            class: 'bin-line',
            points: bins.map((bin) => `${x(bin.meanConfidence)},${y(bin.accuracy)}`).join(' '),
          }),
      ...bins.map((_, index) => marker(diagram, index, band)),
      ...bins.map((bin) => rowsLabel(bin, rowRadius(bin, bins))),
    ),
    onChoose === undefined ? readBins(options) : choosableBins(options, onChoose),
  );
  return picture;
}

/** Rows for each unit of confidence in the fullest bin. */
export function densityTop({ evaluation }: Diagram): number {
  return Math.max(0, ...evaluation.bins.map((bin) => bin.count / width(bin)));
}

/**
 * What the height of the histogram means: rows of a bin if all bins are of one width, else rows for each hundredth of
 * the axis.
 *
 * @param top rows for each unit of the axis at the top
 */
function histogramScale({ kind, count }: Evaluation['binning'], top: number): SVGElement[] {
  const rows = kind === 'width' ? top / count : top / 100;
  const [high, low] = HISTOGRAM;
  return [
    svg('path', { class: 'grid', d: `M${LEFT} ${high}H${RIGHT}` }),
    svgText(shortCount(rows), { x: LEFT - 6, y: high + 5 }, 'tick end'),
    svgText('0', { x: LEFT - 6, y: low + 1 }, 'tick end'),
    svgText(kind === 'width' ? 'rows' : 'rows/.01', { x: LEFT - 6, y: (high + low) / 2 + 4 }, 'tick end'),
  ];
}

function frame(axes: Axes): SVGElement[] {
  const box = ([top, bottom]: readonly [number, number], className: string) =>
    svg('rect', { class: className, x: LEFT, y: top, width: RIGHT - LEFT, height: bottom - top });
  const middle = (PLOT[0] + PLOT[1]) / 2;
  return [
    box(RIGHT_STRIP, 'strip'),
    box(PLOT, 'plot'),
    box(WRONG_STRIP, 'strip'),
    ...TICKS.flatMap((tick) => [
      svg('path', { class: 'grid', d: `M${LEFT} ${y(tick)}H${RIGHT}M${x(tick)} ${PLOT[0]}V${PLOT[1]}` }),
      svgText(tickName(tick), { x: LEFT - 6, y: y(tick) + 4 }, 'tick end'),
      svgText(tickName(tick), { x: x(tick), y: HISTOGRAM[1] + 16 }, 'tick middle'),
    ]),
    svg('path', { class: 'axis', d: `M${LEFT} ${HISTOGRAM[1]}H${RIGHT}` }),
    svgText(axes.hit, { x: LEFT - 6, y: RIGHT_STRIP[0] + 15 }, 'tick end'),
    svgText(axes.miss, { x: LEFT - 6, y: WRONG_STRIP[0] + 15 }, 'tick end'),
    svgText(axes.up, { x: 12, y: middle }, 'axis-title middle', `rotate(-90 12 ${middle})`),
    svgText(axes.across, { x: (LEFT + RIGHT) / 2, y: HEIGHT - 8 }, 'axis-title middle'),
  ];
}

function tickName(tick: number): string {
  return tick === 0 || tick === 1 ? String(tick) : tick.toFixed(1);
}

/** All dots of a strip as one path: a line of no length with a round end is a dot. */
function dots({ confidence, correct, jitter }: Dots): SVGElement {
  const paths = { right: '', wrong: '' };
  confidence.forEach((value, index) => {
    const isRight = correct[index] === 1;
    const [top, bottom] = isRight ? RIGHT_STRIP : WRONG_STRIP;
    const across = top + 3 + (jitter[index] ?? 0) * (bottom - top - 6);
    paths[isRight ? 'right' : 'wrong'] += `M${x(value)} ${pixels(across)}h0`;
  });
  return svg(
    'g',
    {},
    svg('path', { class: 'dots dots-right', d: paths.right }),
    svg('path', { class: 'dots dots-wrong', d: paths.wrong }),
  );
}

function histogram({ evaluation }: Diagram, top: number): SVGElement[] {
  const [highest, bottom] = HISTOGRAM;
  return evaluation.bins.map((bin) => {
    const height = top === 0 ? 0 : Math.max(1, (bin.count / width(bin) / top) * (bottom - highest));
    return svg('rect', {
      class: 'histogram-bar',
      x: x(bin.low) + 0.5,
      y: pixels(bottom - height),
      width: Math.max(0.5, pixels(x(bin.high) - x(bin.low) - 1)),
      height: pixels(height),
    });
  });
}

function width({ low, high }: { readonly low: number; readonly high: number }): number {
  return Math.max(high - low, 1e-6);
}

/** The consistency bar around the diagonal, or the interval of the accuracy. */
function bandBar({ evaluation, consistency }: Diagram, index: number, band: Band): SVGElement {
  const bin = evaluation.bins[index];
  const bar = consistency[index] ?? null;
  if (bin === undefined) return svg('g');
  const at = x(bin.meanConfidence);
  const { accuracyLow: low, accuracyHigh: high } = bin;
  if (band === 'wilson')
    return low === null || high === null
      ? svg('g')
      : svg('path', {
          class: 'wilson',
          d: `M${at} ${y(low)}V${y(high)}M${at - 4} ${y(low)}h8M${at - 4} ${y(high)}h8`,
        });
  if (bar === null) return svg('g');
  return svg('rect', {
    class: 'consistency',
    x: at - 5,
    y: y(bar.high),
    width: 10,
    height: Math.max(1, pixels(y(bar.low) - y(bar.high))),
    rx: 2,
  });
}

/** Area grows with the rows. */
function rowRadius({ count }: ReliabilityBin, bins: readonly ReliabilityBin[]): number {
  const most = Math.max(1, ...bins.map((other) => other.count));
  return 3 + 4.5 * Math.sqrt(count / most);
}

/** The number of rows of a bin, above its mark; below it at the top of the plot. */
function rowsLabel({ meanConfidence, accuracy, count }: ReliabilityBin, radius: number): SVGElement {
  const above = y(accuracy) - radius - 3;
  return svgText(
    shortCount(count),
    { x: x(meanConfidence), y: pixels(above < PLOT[0] + 8 ? y(accuracy) + radius + 10 : above) },
    'rows-label middle',
  );
}

/** A disc if the bin is within the expected range, else a diamond. It is larger for more rows. */
function marker({ evaluation, consistency }: Diagram, index: number, band: Band): SVGElement {
  const bin = evaluation.bins[index];
  if (bin === undefined) return svg('g');
  const r = rowRadius(bin, evaluation.bins);
  const [cx, cy] = [x(bin.meanConfidence), y(bin.accuracy)];
  if (!isBeyondChance(bin, consistency[index] ?? null, band))
    return svg('circle', { class: 'bin-point', cx, cy, r: pixels(r) });
  const d = pixels(r * 1.3);
  return svg('path', {
    class: 'bin-point beyond',
    d: `M${cx} ${pixels(cy - d)}l${d} ${d}l${-d} ${d}l${-d} ${-d}Z`,
  });
}

/** A column over both plots for every bin, to be pointed at. It tells the bin's numbers. */
function binAreas({ diagram, axes, id }: DiagramOptions, attributes: Attributes): SVGRectElement[] {
  return diagram.evaluation.bins.map((bin, index) => {
    const words = binSentence(bin, diagram.consistency[index] ?? null, axes);
    const area = svg('rect', {
      class: 'bin',
      ...attributes,
      'aria-label': words,
      'data-key': `${id}-bin-${number(bin.low)}`,
      x: x(bin.low),
      y: RIGHT_STRIP[0],
      width: Math.max(1, pixels(x(bin.high) - x(bin.low))),
      height: HISTOGRAM[1] - RIGHT_STRIP[0],
    });
    explain(area, words);
    return area;
  });
}

/** Bins that can only be read: no stop of the Tab key. */
function readBins(options: DiagramOptions): SVGElement {
  const name = `Bins of ${options.axes.acrossWords}`;
  return svg(
    'g',
    { class: 'bins', role: 'list', 'aria-label': name },
    ...binAreas(options, { role: 'listitem' }),
  );
}

/** Bins that can be focused and chosen: one stop of the Tab key for all. */
function choosableBins(options: DiagramOptions, onChoose: (bin: number) => void): SVGElement {
  const { axes } = options;
  const items = binAreas(options, { role: 'option', tabindex: -1, 'aria-selected': 'false' });
  items[0]?.setAttribute('tabindex', '0');
  const list = svg(
    'g',
    {
      class: 'bins',
      role: 'listbox',
      'aria-label': `Bins of ${axes.acrossWords}`,
      'aria-orientation': 'horizontal',
    },
    ...items,
  );
  const focus = (index: number): void => {
    const target = items[Math.min(items.length - 1, Math.max(0, index))];
    for (const item of items) item.setAttribute('tabindex', item === target ? '0' : '-1');
    target?.focus();
  };
  items.forEach((item, index) => {
    item.addEventListener('click', () => {
      focus(index);
      onChoose(index);
    });
    item.addEventListener('keydown', (event) => {
      const steps: Partial<Record<string, number>> = {
        ArrowRight: index + 1,
        ArrowUp: index + 1,
        ArrowLeft: index - 1,
        ArrowDown: index - 1,
        Home: 0,
        End: items.length - 1,
      };
      const next = steps[event.key];
      if (next !== undefined) focus(next);
      else if (event.key === 'Enter' || event.key === ' ') onChoose(index);
      else return;
      event.preventDefault();
    });
  });
  return list;
}

/** Marks the chosen bin, and makes it the stop of the Tab key. */
export function markChosen(picture: Element, chosen: number | undefined): void {
  picture.querySelectorAll('.bin').forEach((bin, index) => {
    bin.setAttribute('aria-selected', String(index === chosen));
    if (chosen !== undefined) bin.setAttribute('tabindex', index === chosen ? '0' : '-1');
  });
}
