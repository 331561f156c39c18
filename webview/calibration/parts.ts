/** The rows in parts (by predicted label, by label, by a column): their numbers, and which one is drawn. */
import {
  type Axes,
  CORRECTNESS,
  labelAxes,
  labelName,
  nullInWords,
  number,
  signed,
  tooSmallInWords,
  withoutValueInWords,
} from '../../src/core/words/calibration';
import { divides } from '../../src/core/data/columns';
import type { Breakdown, PanelState, RowView } from '../../src/protocol/calibration-page';
import { h, warningIcon } from '../dom';
import { select, type SelectOption } from './choices';
import { type Page, type Section, section, type Shown } from './page';
import { link, metricCell, remarked, table } from './tables';

export type Part = Breakdown['parts'][number];

/** The part that is drawn: the chosen one, else the worst; undefined for all rows. */
export function shownPart({ settings, breakdown }: PanelState, wanted: string | null): Part | undefined {
  if (settings.view.by === 'all' || breakdown === null) return undefined;
  return breakdown.parts.find(({ name }) => name === wanted) ?? breakdown.parts[0];
}

export function axesOf({ breakdown }: PanelState, part: Part | undefined): Axes {
  return part !== undefined && breakdown?.view.by === 'label' ? labelAxes(part.name) : CORRECTNESS;
}

export function partTitle({ breakdown }: PanelState, { name }: Part): string {
  const words = labelName(name);
  if (breakdown?.view.by === 'label') return `Label: ${words}`;
  return breakdown?.view.by === 'predicted' ? `Predicted: ${words}` : words;
}

/** A list of all the ways to look at the rows. */
export function viewChoice(
  { settings, columns }: PanelState,
  onChange: (view: RowView) => void,
): HTMLElement {
  const views: SelectOption<string>[] = [
    { value: 'all', text: 'all rows' },
    { value: 'predicted', text: 'by predicted label (top-label)' },
    { value: 'label', text: 'P(label) of each label (classwise)' },
  ];
  const { view } = settings;
  // The chosen column is listed even if the table no longer has it.
  const offered = columns?.header.filter((name) => divides(name, settings.table.mapping)) ?? [];
  const header = new Set([...offered, ...(view.by === 'column' ? [view.column] : [])]);
  for (const name of header)
    if (name !== '') views.push({ value: `column:${name}`, text: labelName(name), group: 'by the column' });
  const chosen = view.by === 'column' ? `column:${view.column}` : view.by;
  return select('Look at', 'view', views, chosen, (value) =>
    onChange(
      value === 'all' || value === 'predicted' || value === 'label'
        ? { by: value }
        : { by: 'column', column: value.slice('column:'.length) },
    ),
  );
}

export function partsSection(page: Page): Section {
  return section(
    ({ state: { analysis, settings, breakdown, breakdownError }, view }) => [
      analysis === null,
      settings.view,
      breakdown,
      breakdownError,
      view.part,
    ],
    (shown) =>
      content(shown, (name) => {
        page.look({ part: name, chosen: null });
        page.announce(`The diagram below shows ${labelName(name)}.`);
      }),
  );
}

function content({ state, view }: Shown, onShow: (name: string) => void): Node[] {
  const { analysis, settings, breakdown, breakdownError } = state;
  if (analysis === null || settings.view.by === 'all') return [];
  const title = titleOf(settings.view);
  if (breakdownError !== null)
    return [
      h(
        'section',
        { class: 'parts' },
        h('h2', {}, title),
        h('p', { class: 'line' }, warningIcon(), h('span', {}, breakdownError.message)),
        h('p', { class: 'quiet' }, 'All rows are shown below.'),
      ),
    ];
  if (breakdown === null) return [];
  return [
    h(
      'section',
      { class: 'parts' },
      h('h2', {}, title),
      h('p', { class: 'quiet' }, explanation(breakdown)),
      partsTable(breakdown, shownPart(state, view.part), onShow),
      ...leftOutWords(breakdown),
    ),
  ];
}

function titleOf(view: RowView): string {
  switch (view.by) {
    case 'all':
      return 'All rows';
    case 'predicted':
      return 'By predicted label';
    case 'label':
      return 'Each label';
    case 'column':
      return `By the column ${labelName(view.column)}`;
  }
}

function explanation({ view, minimumRows }: Breakdown): string {
  if (view.by === 'label')
    return 'Classwise calibration: the probability of each label against the share of rows that have it, in all rows. The label with the largest ECE comes first.';
  const what =
    view.by === 'predicted'
      ? 'Top-label calibration: how far the confidence can be trusted when this label is predicted.'
      : 'How far the confidence can be trusted in the rows with this value.';
  return `${what} Worst first, by the lower end of the accuracy’s interval. Each part has at least ${minimumRows} rows.`;
}

function partsTable(
  { view, parts }: Breakdown,
  shown: Part | undefined,
  onShow: (name: string) => void,
): HTMLElement {
  const isLabel = view.by === 'label';
  return table(
    isLabel ? 'Labels' : 'Parts, worst first',
    [
      { name: view.by === 'column' ? 'Value' : 'Label' },
      { name: 'Rows', isNumber: true },
      { name: isLabel ? 'Share of rows' : 'Accuracy', isNumber: true },
      { name: isLabel ? 'Mean P(label)' : 'Mean confidence', isNumber: true },
      { name: 'Gap', isNumber: true },
      { name: 'ECE', isNumber: true },
      { name: 'ECE if calibrated', isNumber: true },
    ],
    parts.map((part, index) => {
      const { accuracy, meanConfidence, ece, eceNull, n } = part.diagram.evaluation;
      const gap =
        accuracy.value === null || meanConfidence.value === null
          ? null
          : accuracy.value - meanConfidence.value;
      const marks = [
        ...(eceNull.p !== null && eceNull.p < 0.05 ? ['◆ outside the expected range'] : []),
        ...(part === shown ? ['shown below'] : []),
      ];
      return [
        remarked(
          link(labelName(part.name), `part-${index}`, () => onShow(part.name), 'Show its diagram'),
          marks.join(', '),
        ),
        n.toLocaleString('en-US'),
        metricCell(accuracy),
        number(meanConfidence.value),
        gap === null ? '–' : signed(gap),
        number(ece.value),
        nullInWords(eceNull),
      ];
    }),
  );
}

/** What is in no part. */
function leftOutWords(breakdown: Breakdown): Node[] {
  const { view, withoutValue } = breakdown;
  const name = view.by === 'column' ? labelName(view.column) : 'the predicted label';
  return [...tooSmallInWords('evaluated', breakdown), ...withoutValueInWords(name, withoutValue)].map(
    (sentence) => h('p', { class: 'quiet' }, sentence),
  );
}
