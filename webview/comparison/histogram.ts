/** The histograms of several runs' confidence over each other, as outlines on one axis. */
import { count, labelName, number } from '../../src/core/words/calibration';
import type { Diagram } from '../../src/protocol/calibration-page';
import { item } from '../calibration/legend';
import { pixels, shortCount } from '../calibration/pixels';
import { h, setText, svg, svgText } from '../dom';

const WIDTH = 480;
const HEIGHT = 220;
const LEFT = 62;
const RIGHT = WIDTH - 12;
const TOP = 10;
const BOTTOM = 170;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

const x = (share: number): number => pixels(LEFT + share * (RIGHT - LEFT));

/** Rows in each hundredth of the axis, for bins of any width. */
function density({ low, high, count: rows }: { low: number; high: number; count: number }): number {
  return rows / Math.max(1e-6, high - low) / 100;
}

export function histogramFigure(
  diagrams: readonly Diagram[],
  names: readonly string[],
  id: string,
  title: string,
): HTMLElement {
  const top = Math.max(...diagrams.flatMap(({ evaluation }) => evaluation.bins.map(density)), 1e-9);
  const y = (value: number): number => pixels(BOTTOM - (value / top) * (BOTTOM - TOP));
  const titleElement = svg('title', { id: `${id}-title` });
  setText(titleElement, title);
  const picture = svg(
    'svg',
    {
      class: 'diagram histogram',
      'data-picture': id,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-labelledby': `${id}-title`,
    },
    titleElement,
    ...TICKS.flatMap((tick) => [
      svg('path', { class: 'grid', d: `M${x(tick)} ${TOP}V${BOTTOM}` }),
      svgText(
        tick === 0 || tick === 1 ? String(tick) : tick.toFixed(1),
        { x: x(tick), y: BOTTOM + 16 },
        'tick middle',
      ),
    ]),
    svg('path', { class: 'axis', d: `M${LEFT} ${BOTTOM}H${RIGHT}` }),
    svgText(shortCount(top), { x: LEFT - 6, y: TOP + 5 }, 'tick end'),
    svgText('0', { x: LEFT - 6, y: BOTTOM + 1 }, 'tick end'),
    svgText('rows/.01', { x: LEFT - 6, y: (TOP + BOTTOM) / 2 + 4 }, 'tick end'),
    svgText('Confidence', { x: (LEFT + RIGHT) / 2, y: HEIGHT - 8 }, 'axis-title middle'),
    ...diagrams.flatMap((diagram, run) => [
      svg('path', { class: `outline ${runClass(run)}`, d: outline(diagram, y) }),
      svg('path', {
        class: `mean ${runClass(run)}`,
        d: `M${x(diagram.evaluation.meanConfidence.value ?? 0)} ${TOP}V${BOTTOM}`,
      }),
    ]),
  );
  return h(
    'figure',
    { class: 'reliability' },
    picture,
    h(
      'ul',
      { class: 'legend' },
      ...diagrams.map(({ evaluation: { meanConfidence, n } }, run) =>
        item(
          svg('path', { class: `outline ${runClass(run)}`, d: 'M1 14V5H8V2H15V14' }),
          `${labelName(names[run] ?? '')}: ${count(n, 'row')}, mean ${number(meanConfidence.value)} (upright line)`,
        ),
      ),
    ),
  );
}

/** Runs beyond the fourth look like earlier ones; their legend tells them by its order. */
function runClass(run: number): string {
  return `run-${(run % 4) + 1}`;
}

/** Up and down over the bins, along the axis where there are none. */
function outline({ evaluation: { bins } }: Diagram, y: (value: number) => number): string {
  let path = '';
  let at = -1;
  for (const bin of bins) {
    if (at !== bin.low) path += `${path === '' ? '' : `V${BOTTOM}`}M${x(bin.low)} ${BOTTOM}`;
    path += `V${y(density(bin))}H${x(bin.high)}`;
    at = bin.high;
  }
  return path === '' ? path : `${path}V${BOTTOM}`;
}
