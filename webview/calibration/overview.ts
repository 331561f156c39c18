/** What a table without truth shows in place of a diagram: predictions, how sure they are, and what to do next. */
import { count, labelName, number } from '../../src/core/words/calibration';
import { formatRowShare } from '../../src/core/words/quantities';
import type { Overview } from '../../src/protocol/calibration-page';
import { button } from '../button';
import { h, setText, svg, svgText } from '../dom';
import { bucketRange } from './buckets';
import { type Page, type Section, section } from './page';
import { pixels, shortCount } from './pixels';
import { lineLink, table, textCell } from './tables';

/** Labels that are listed. */
const MOST_LABELS = 20;

/** @param columnsButton opens the form of the columns */
export function overviewSection({ host }: Page, columnsButton: () => HTMLElement): Section {
  return section(
    ({ state }) => [state.overview, state.columns?.guess, state.shares === null],
    ({ state: { overview, columns, shares } }) =>
      overview === null
        ? []
        : [
            nextSteps({ truth: columns?.guess?.label, isLabelled: shares !== null }, columnsButton, host),
            h('div', { class: 'columns halves' }, predictions(overview), sureness(overview)),
            unsureRows(overview, (line) => host.reveal({ line })),
            h('section', { class: 'about' }, h('h2', {}, 'About these numbers'), h('p', {}, overview.origin)),
          ],
  );
}

/**
 * @param truth a column that may hold the truth
 * @param isLabelled whether people labelled some rows
 */
function nextSteps(
  { truth, isLabelled }: { readonly truth: string | undefined; readonly isLabelled: boolean },
  columnsButton: () => HTMLElement,
  host: Page['host'],
): HTMLElement {
  return h(
    'section',
    { class: 'next-steps' },
    h(
      'h2',
      {},
      isLabelled
        ? 'The table itself has no true labels'
        : 'No true labels: nobody can say yet how often these predictions are right',
    ),
    h(
      'ul',
      { class: 'advice' },
      ...(isLabelled
        ? []
        : [
            h(
              'li',
              {},
              'Label some rows, about 100. They are drawn at random, and tell how often the model is right and how many texts have each label.',
            ),
          ]),
      h(
        'li',
        {},
        truth === undefined
          ? 'If another column holds the truth, assign it (Columns…).'
          : `The column “${labelName(truth)}” may hold the truth: check that and assign it (Columns…).`,
      ),
      h('li', {}, 'To see other predictions, score the table with another classifier.'),
    ),
    h(
      'div',
      { class: 'buttons' },
      ...(isLabelled ? [] : [button('Label Rows…', { key: 'label-rows-first' }, () => host.labelRows())]),
      columnsButton(),
      button('Score With Another Classifier…', { key: 'score-table', secondary: true }, () =>
        host.scoreTable(),
      ),
    ),
  );
}

function predictions({ rows, labels, buckets }: Overview): HTMLElement {
  const share = (part: number): string => formatRowShare(part / rows);
  const listed = labels?.slice(0, MOST_LABELS) ?? [];
  const more = (labels?.length ?? 0) - listed.length;
  return h(
    'section',
    {},
    h('h2', {}, 'Predictions'),
    labels === null
      ? h('p', { class: 'quiet' }, 'The table does not name the predicted labels.')
      : table(
          'Predictions by label',
          [
            { name: 'Predicted' },
            { name: 'Rows', isNumber: true },
            { name: 'Share', isNumber: true },
            { name: 'Mean confidence', isNumber: true },
          ],
          listed.map((entry) => [
            labelName(entry.label),
            entry.rows.toLocaleString('en-US'),
            share(entry.rows),
            number(entry.meanConfidence),
          ]),
        ),
    more > 0 ? h('p', { class: 'quiet' }, `and ${count(more, 'more label')}`) : undefined,
    h('h2', { class: 'part-title' }, 'Buckets'),
    table(
      'Rows by bucket',
      [
        { name: 'Bucket' },
        { name: 'Confidence' },
        { name: 'Rows', isNumber: true },
        { name: 'Share', isNumber: true },
      ],
      buckets.map(({ name, low, rows: part }, at) => [
        labelName(name),
        bucketRange(low, buckets[at - 1]?.low),
        part.toLocaleString('en-US'),
        share(part),
      ]),
    ),
  );
}

function sureness({ confidence, labelMass }: Overview): HTMLElement {
  return h(
    'section',
    {},
    h('h2', {}, 'Confidence'),
    histogram('confidence', 'Rows by confidence', confidence),
    ...(labelMass === null
      ? []
      : [
          h('h2', { class: 'part-title' }, 'Label mass'),
          histogram('label-mass', 'Rows by label mass', labelMass),
        ]),
  );
}

const WIDTH = 480;
const HEIGHT = 150;
const BOX = { left: 48, right: WIDTH - 12, top: 8, bottom: 122 } as const;

function histogram(id: string, caption: string, bars: readonly number[]): HTMLElement {
  const most = Math.max(1, ...bars);
  const step = (BOX.right - BOX.left) / bars.length;
  const title = svg('title', { id: `${id}-title` });
  setText(title, caption);
  return h(
    'figure',
    { class: 'reliability' },
    svg(
      'svg',
      {
        class: 'picture',
        'data-picture': id,
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-labelledby': `${id}-title`,
      },
      title,
      svg('path', { class: 'grid', d: `M${BOX.left} ${BOX.top}H${BOX.right}` }),
      ...bars.map((rows, at) => {
        const height = (rows / most) * (BOX.bottom - BOX.top);
        return svg('rect', {
          class: 'histogram-bar',
          x: pixels(BOX.left + at * step + 0.5),
          y: pixels(BOX.bottom - height),
          width: pixels(step - 1),
          height: pixels(height),
        });
      }),
      svg('path', { class: 'axis', d: `M${BOX.left} ${BOX.bottom}H${BOX.right}` }),
      svgText(shortCount(most), { x: BOX.left - 6, y: BOX.top + 5 }, 'tick end'),
      svgText('rows', { x: BOX.left - 6, y: (BOX.top + BOX.bottom) / 2 + 4 }, 'tick end'),
      ...[0, 0.2, 0.4, 0.6, 0.8, 1].map((tick) =>
        svgText(
          String(tick),
          { x: pixels(BOX.left + tick * (BOX.right - BOX.left)), y: BOX.bottom + 16 },
          'tick middle',
        ),
      ),
    ),
    h(
      'details',
      {},
      h('summary', { 'data-key': `${id}-table` }, `${caption}, as a table`),
      table(
        caption,
        [{ name: 'Range' }, { name: 'Rows', isNumber: true }],
        bars.map((rows, at) => [
          `${at === 0 ? '[' : '('}${number(at / bars.length, 2)}, ${number((at + 1) / bars.length, 2)}]`,
          rows.toLocaleString('en-US'),
        ]),
      ),
    ),
  );
}

function unsureRows({ unsure, hasText }: Overview, onReveal: (line: number) => void): HTMLElement {
  const named = unsure.some(({ predicted }) => predicted !== null);
  return h(
    'section',
    { class: 'chosen-rows' },
    h('h2', {}, 'The most unsure rows'),
    h(
      'p',
      { class: 'quiet' },
      `The ${count(unsure.length, 'row')} with the lowest confidence. Press a line number to see the row in the text editor.${hasText ? '' : ' To see the texts, assign their column (Columns…).'}`,
    ),
    table(
      'The most unsure rows',
      [
        { name: 'Line', isNumber: true },
        { name: 'Confidence', isNumber: true },
        ...(named ? [{ name: 'Predicted' }] : []),
        ...(hasText ? [{ name: 'Text' }] : []),
      ],
      unsure.map(({ line, confidence, predicted, text }) => [
        lineLink(line, onReveal),
        number(confidence),
        ...(named ? [labelName(predicted)] : []),
        ...(hasText ? [textCell(text, line)] : []),
      ]),
    ),
  );
}
