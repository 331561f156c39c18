/** The section that shows whether more labelled rows would help: one small plot for each calibrator. */
import { FEWEST_FOR_PROGRESSION, type ProgressionPoint } from '../../src/core/calibration/progression';
import { count, calibratorTitle, number } from '../../src/core/words/calibration';
import type { Comparison } from '../../src/protocol/calibration-page';
import type { MethodProgression, ProgressionState } from '../../src/protocol/calibration-decisions';
import { button } from '../button';
import { h, setText, svg, warningIcon, svgText } from '../dom';
import { radios } from './choices';
import { type Page, type Section, section } from './page';
import { table } from './tables';
import { ticks } from './ticks';
import type { View } from './view';
import type { CalibratorId } from '../../src/core/calibration/registry';
import { pixels, shortCount } from './pixels';

/** The metric of the plots. */
type ProgressionMetric = View['progression'];

interface ProgressionActions {
  start(): void;
  cancel(): void;
  show(metric: ProgressionMetric): void;
}

interface ProgressionPart {
  readonly progression: ProgressionState;
  /** Rows with a known truth. */
  readonly rows: number;
  /** The result of the comparison; null if none were compared. */
  readonly compared: Pick<Comparison, 'choice' | 'verdict' | 'reason'> | null;
  readonly metric: ProgressionMetric;
}

const NAMES = { nll: 'NLL', brier: 'Brier' } as const;

export function progressionSection(page: Page): Section {
  const actions: ProgressionActions = {
    start: () => page.host.startProgression(),
    cancel: () => page.host.cancelProgression(),
    show: (metric) => page.look({ progression: metric }),
  };
  return section(
    ({ state: { analysis, comparison, progression }, view }) => [
      analysis?.preliminary,
      analysis?.evaluation.n,
      comparison,
      progression,
      view.progression,
    ],
    ({ state: { analysis, comparison, progression }, view }) => {
      if (analysis === null || analysis.preliminary) return [];
      const part: ProgressionPart = {
        progression,
        rows: analysis.evaluation.n,
        compared: comparison,
        metric: view.progression,
      };
      return [h('section', { class: 'progression' }, ...contents(part, actions))];
    },
  );
}

function contents(
  { progression, rows, compared, metric }: ProgressionPart,
  actions: ProgressionActions,
): Node[] {
  const { busy, error, methods } = progression;
  const heading = h('h2', {}, 'Would more labelled rows help?');
  const about = h(
    'p',
    { class: 'about-calibrators' },
    'Every calibrator is fitted on 100, 200, 500, 1,000 and all rows that are not held out, 50 times with different rows, and evaluated on the rows that are held out. This can take minutes.',
  );
  const start = button('Compute Sample-Size Progression', { key: 'progression' }, () => actions.start());
  if (busy !== null)
    return [
      heading,
      about,
      h(
        'div',
        { class: 'progression-busy' },
        h('p', {}, `${busy}…`),
        button('Cancel', { key: 'cancel-progression', secondary: true }, () => actions.cancel()),
      ),
    ];
  if (error !== null) return [heading, h('p', { class: 'line' }, warningIcon(), error.message), start];
  if (rows < FEWEST_FOR_PROGRESSION)
    return [
      heading,
      h(
        'p',
        { class: 'about-calibrators' },
        `This needs at least ${FEWEST_FOR_PROGRESSION} labelled rows; the table has ${rows.toLocaleString('en-US')}.`,
      ),
    ];
  if (methods === null) return [heading, about, start];
  return computed(methods, compared, metric, actions);
}

function computed(
  methods: readonly MethodProgression[],
  compared: ProgressionPart['compared'],
  metric: ProgressionMetric,
  actions: ProgressionActions,
): Node[] {
  const judged = methods.find(({ method }) => method === compared?.choice) ?? best(methods);
  const [first] = methods;
  const heading = h('h2', {}, headline(judged, compared));
  const drawn = methods.filter(({ points }) => points.length > 0);
  const domain = domainOf(drawn, metric);
  return [
    heading,
    ...(judged === undefined ? [] : [h('p', { class: 'about-calibrators' }, inWords(judged, compared))]),
    ...(drawn.length === 0
      ? []
      : [
          radios(
            'Metric',
            'progression-metric',
            [
              { value: 'nll', text: NAMES.nll },
              { value: 'brier', text: NAMES.brier },
            ],
            metric,
            (chosen) => actions.show(chosen),
          ),
          h('div', { class: 'multiples' }, ...drawn.map((one) => small(one, metric, domain))),
          h(
            'p',
            { class: 'quiet' },
            `Line: median of ${count(first?.repeats ?? 0, 'repeat')}; shaded: the middle 80% of them; dashed: raw, on the same ${count(first?.holdOut ?? 0, 'row')} held out. Lower is better. The axis of rows is logarithmic. Values above a plot are in the table.`,
          ),
          h(
            'details',
            {},
            h('summary', { 'data-key': 'progression-table' }, 'Sample sizes as a table'),
            sizesTable(drawn),
          ),
        ]),
  ];
}

/** The calibrator with the lowest NLL on all rows. */
function best(methods: readonly MethodProgression[]): MethodProgression | undefined {
  const nll = ({ points }: MethodProgression): number => points.at(-1)?.nll.median ?? Infinity;
  return [...methods].sort((a, b) => nll(a) - nll(b))[0];
}

const HEADLINES: Record<MethodProgression['verdict'], string> = {
  'still-improving': 'More labelled rows would help',
  flat: 'More labelled rows would help little',
  unknown: 'Too few rows to say whether more would help',
  'too-few-rows': 'Too few rows to say whether more would help',
};

function headline(judged: MethodProgression | undefined, compared: ProgressionPart['compared']): string {
  if (judged === undefined) return 'Would more labelled rows help?';
  // What is too little to recommend anything from is too little to call flat.
  return HEADLINES[compared?.verdict === 'not-enough-data' ? 'unknown' : judged.verdict];
}

/** How the calibrator that is judged stands to the recommendation of the comparison. */
function standing(method: CalibratorId, compared: ProgressionPart['compared']): string {
  if (method === compared?.choice) return 'which is recommended';
  const lowest = 'which has the lowest NLL with all rows';
  if (compared === null) return `${lowest} (compare calibrators for a recommendation)`;
  return compared.choice === 'raw'
    ? `${lowest}, though raw is recommended: it is not better by more than one standard error`
    : lowest;
}

function inWords(
  { method, message, lastGain, points, raw }: MethodProgression,
  compared: ProgressionPart['compared'],
): string {
  if (compared?.verdict === 'not-enough-data') return compared.reason;
  const last = points.at(-1);
  if (last === undefined || raw === null) return message;
  const which = `${calibratorTitle(method)}, ${standing(method, compared)}`;
  const scores = `NLL ${number(last.nll.median)} with ${count(last.rows, 'row')}, ${number(raw.nll.median)} raw`;
  const gain =
    lastGain === null
      ? ''
      : ` From ${lastGain.from.toLocaleString('en-US')} to ${count(lastGain.to, 'row')} it fell by ${fine(lastGain.median)} (${fine(lastGain.low)} to ${fine(lastGain.high)} in the middle 80% of repeats).`;
  return `${which}: ${scores}.${gain} ${message}`;
}

/** A difference, with more digits than the numbers that it is between. */
function fine(value: number): string {
  return value.toFixed(4).replace('-', '−');
}

interface Domain {
  readonly low: number;
  readonly high: number;
  readonly fewest: number;
  readonly most: number;
}

/** The same axes for all plots, so that they can be compared. Fits on few rows can be far above; they are cut. */
function domainOf(methods: readonly MethodProgression[], metric: ProgressionMetric): Domain {
  const lows = methods.flatMap(({ points, raw }) => [
    ...points.map((point) => point[metric].low),
    ...(raw === null ? [] : [raw[metric].median]),
  ]);
  const settled = methods.flatMap(({ points, raw }) => [
    points.at(-1)?.[metric].high ?? 0,
    ...(raw === null ? [] : [raw[metric].median]),
  ]);
  const rows = methods.flatMap(({ points }) => points.map((point) => point.rows));
  const [low, top] = [Math.min(...lows), Math.max(...settled)];
  const room = Math.max(top - low, 0.01);
  return {
    low: low - room * 0.1,
    high: top + room * 0.3,
    fewest: Math.min(...rows),
    most: Math.max(...rows),
  };
}

const WIDTH = 260;
const HEIGHT = 150;
const BOX = { left: 44, right: 240, top: 8, bottom: 122 } as const;
const INSIDE = { x: BOX.left, y: BOX.top, width: BOX.right - BOX.left, height: BOX.bottom - BOX.top };

function small(one: MethodProgression, metric: ProgressionMetric, domain: Domain): HTMLElement {
  const { method, points, raw, verdict } = one;
  const { low, high, fewest, most } = domain;
  const width = Math.log(most / fewest) || 1;
  const x = (rows: number): number =>
    pixels(BOX.left + (Math.log(rows / fewest) / width) * (BOX.right - BOX.left));
  const y = (value: number): number =>
    pixels(BOX.bottom - ((value - low) / (high - low)) * (BOX.bottom - BOX.top));
  const ends = (end: 'low' | 'high'): string[] =>
    points.map((point) => `${x(point.rows)} ${y(point[metric][end])}`);
  const title = svg('title');
  setText(title, `${NAMES[metric]} after ${calibratorTitle(method)}, by the number of labelled rows`);
  return h(
    'figure',
    {},
    h('figcaption', {}, calibratorTitle(method)),
    svg(
      'svg',
      {
        class: 'picture',
        'data-picture': `progression-${method}`,
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': spoken(one, metric),
      },
      title,
      ...ticks(low, high).flatMap((tick) => [
        svg('path', { class: 'grid', d: `M${BOX.left} ${y(tick)}H${BOX.right}` }),
        svgText(String(tick), { x: BOX.left - 5, y: y(tick) + 4 }, 'tick end'),
      ]),
      // A picture of its own, which cuts what is beyond its edges.
      svg(
        'svg',
        {
          role: 'presentation',
          ...INSIDE,
          viewBox: `${INSIDE.x} ${INSIDE.y} ${INSIDE.width} ${INSIDE.height}`,
        },
        svg('path', {
          class: 'interval-band series-1',
          d: `M${[...ends('high'), ...ends('low').reverse()].join('L')}Z`,
        }),
        ...(raw === null
          ? []
          : [
              svg('path', {
                class: 'curve series-0',
                d: `M${BOX.left} ${y(raw[metric].median)}H${BOX.right}`,
              }),
            ]),
        svg('polyline', {
          class: 'curve series-1',
          points: points.map((point) => `${x(point.rows)},${y(point[metric].median)}`).join(' '),
        }),
        ...points.map((point) =>
          svg('circle', { class: 'bin-point', cx: x(point.rows), cy: y(point[metric].median), r: 3.2 }),
        ),
      ),
      svg('rect', { class: 'plot', ...INSIDE }),
      ...sizeTicks(points, x).map(({ rows, at }) =>
        svgText(shortCount(rows), { x: at, y: BOX.bottom + 16 }, 'tick middle'),
      ),
    ),
    h('p', { class: 'quiet' }, MULTIPLE_VERDICTS[verdict]),
  );
}

const MULTIPLE_VERDICTS: Record<MethodProgression['verdict'], string> = {
  'still-improving': '↘ still improving',
  flat: '→ flat',
  unknown: '? unknown',
  'too-few-rows': '? too few rows',
};

function spoken({ method, points, raw, message }: MethodProgression, metric: ProgressionMetric): string {
  const values = points.map((point) => `${number(point[metric].median)} at ${count(point.rows, 'row')}`);
  const against = raw === null ? '' : `; raw ${number(raw[metric].median)}`;
  return `${calibratorTitle(method)}, ${NAMES[metric]}: ${values.join(', ')}${against}. ${message}`;
}

/** Width of the widest number of rows. */
const TICK_ROOM = 38;

/** The last size, and each earlier one that has room beside those after it. */
function sizeTicks(
  points: readonly ProgressionPoint[],
  x: (rows: number) => number,
): { rows: number; at: number }[] {
  let next = Infinity;
  return points.toReversed().flatMap(({ rows }) => {
    const at = x(rows);
    if (at > next - TICK_ROOM) return [];
    next = at;
    return [{ rows, at }];
  });
}

function sizesTable(methods: readonly MethodProgression[]): HTMLElement {
  const spread = ({ median, low, high }: ProgressionPoint['nll']): Node =>
    h('span', {}, number(median), h('span', { class: 'interval' }, ` ${number(low)} to ${number(high)}`));
  const scores = (point: Omit<ProgressionPoint, 'rows' | 'failures'>): Node[] => [
    spread(point.nll),
    spread(point.brier),
    spread(point.ece),
    spread(point.eceNull),
  ];
  const raw = methods[0]?.raw ?? null;
  return table(
    'Metrics by number of rows fitted on: median and middle 80% of repeats',
    [
      { name: 'Calibrator' },
      { name: 'Rows', isNumber: true },
      { name: 'NLL', isNumber: true },
      { name: 'Brier', isNumber: true },
      { name: 'ECE', isNumber: true },
      { name: 'ECE if calibrated', isNumber: true },
      { name: 'Could not be fitted', isNumber: true },
    ],
    [
      ...(raw === null ? [] : [['Raw', '–', ...scores(raw), '–']]),
      ...methods.flatMap(({ method, points }) =>
        points.map((point) => [
          calibratorTitle(method),
          point.rows.toLocaleString('en-US'),
          ...scores(point),
          point.failures === 0 ? '–' : count(point.failures, 'repeat'),
        ]),
      ),
    ],
  );
}
