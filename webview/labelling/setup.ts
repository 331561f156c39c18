/** What is chosen before rows are drawn: which rows, how many, the labels, the goal. */
import { DESIGN_KINDS, type DesignKind } from '../../src/core/labelling/design';
import type { Goal } from '../../src/core/labelling/goal';
import { labelsForWidth } from '../../src/core/labelling/plan';
import { count } from '../../src/core/words/calibration';
import { DESIGN_WORDS } from '../../src/core/words/labelling';
import type { LabellingState } from '../../src/protocol/labelling-page';
import { button } from '../button';
import { checkbox } from '../calibration/choices';
import { h, setText } from '../dom';
import { type Page, type Section, section } from './page';

/** Rows that are drawn unless somebody asks for others. */
const USUAL_ROWS = 100;
const FEWEST_LABELS = 2;

const GOALS: readonly { readonly name: string; readonly text: string; readonly isOfModel: boolean }[] = [
  { name: 'none', text: 'no goal', isOfModel: false },
  { name: 'width-0.2', text: 'numbers to ± 10 points', isOfModel: false },
  { name: 'width-0.1', text: 'numbers to ± 5 points', isOfModel: false },
  { name: 'width-0.06', text: 'numbers to ± 3 points', isOfModel: false },
  { name: 'gate', text: 'a gate on accuracy', isOfModel: true },
  { name: 'calibrator', text: 'a calibrator', isOfModel: true },
];

export function setupSection(page: Page): Section {
  return section(
    ({ setup, session }) => [setup, session === null],
    ({ setup, session }) => (setup === null ? [] : form(page, setup, session !== null)),
    h('div', { class: 'setup' }),
  );
}

type Setup = NonNullable<LabellingState['setup']>;

function form(page: Page, setup: Setup, isSecond: boolean): Node[] {
  const { isScored, rows } = setup;
  const chosen: { kind: DesignKind; isBlind: boolean } = {
    kind: isScored ? 'stratified' : 'random',
    isBlind: true,
  };
  const labels = h('input', {
    id: 'labels',
    type: 'text',
    'data-key': 'labels',
    value: setup.labels.join(', '),
    placeholder: 'positive, negative',
    readonly: setup.areAllLabels,
    'aria-describedby': 'labels-note',
  });
  const size = h('input', {
    id: 'rows',
    type: 'number',
    'data-key': 'rows',
    min: 1,
    max: rows,
    value: Math.min(USUAL_ROWS, rows),
    'aria-describedby': 'rows-note',
  });
  const goal = h('select', { id: 'goal', 'data-key': 'goal' });
  for (const { name, text, isOfModel } of GOALS)
    if (isScored || !isOfModel) goal.append(h('option', { value: name }, text));
  const limit = h('input', {
    id: 'limit',
    type: 'number',
    'data-key': 'limit',
    min: 0.5,
    max: 0.999,
    step: 0.01,
    value: 0.85,
  });
  const limitField = h(
    'div',
    { class: 'field', hidden: true },
    h('label', { for: 'limit' }, 'At least'),
    limit,
  );
  const rowsNote = h('p', { class: 'quiet', id: 'rows-note' });
  const problem = h('p', { class: 'form-problem', role: 'alert' });
  const tellRows = (): void => {
    limitField.hidden = goal.value !== 'gate';
    setText(rowsNote, rowsInWords(rows, goal.value));
  };
  goal.addEventListener('change', tellRows);
  tellRows();
  const begin = (): void => {
    const names = labelsIn(labels.value, setup);
    const wanted = Number(size.value);
    if (names.length < FEWEST_LABELS) {
      setText(problem, 'Enter at least two labels, separated by commas.');
      labels.focus();
      return;
    }
    if (!Number.isInteger(wanted) || wanted < 1) {
      setText(problem, 'Enter how many rows to draw: a whole number of at least 1.');
      size.focus();
      return;
    }
    const aim = goalOf(goal.value, Number(limit.value));
    if (aim === undefined) {
      setText(problem, 'Enter an accuracy between 0 and 1, such as 0.85.');
      limit.focus();
      return;
    }
    setText(problem, '');
    page.host.begin({ ...chosen, rows: wanted, labels: names, goal: aim });
  };
  const element = h(
    'form',
    {},
    h(
      'div',
      { class: 'field' },
      h('label', { for: 'labels' }, 'Labels'),
      labels,
      h(
        'p',
        { class: 'quiet', id: 'labels-note' },
        setup.areAllLabels
          ? 'The table has a score for each of them.'
          : 'Separated by commas. The first nine are on the keys 1 to 9.',
      ),
    ),
    ...(isScored ? [designs((kind) => (chosen.kind = kind))] : []),
    h(
      'div',
      { class: 'fields' },
      h('div', { class: 'field' }, h('label', { for: 'rows' }, 'Rows'), size),
      h('div', { class: 'field' }, h('label', { for: 'goal' }, 'Goal'), goal),
      limitField,
    ),
    rowsNote,
    ...(isScored
      ? [
          checkbox(
            'Hide the model’s answer until I have answered',
            'blind',
            true,
            (isBlind) => (chosen.isBlind = isBlind),
          ),
        ]
      : []),
    problem,
    h(
      'div',
      { class: 'buttons' },
      button('Start Labelling', { key: 'begin' }, begin),
      ...(isSecond
        ? [
            button('Back', { key: 'back-from-setup', secondary: true }, () =>
              page.host.setUp({ isShown: false }),
            ),
          ]
        : []),
    ),
  );
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    begin();
  });
  // A form of several fields needs a button of the browser’s own to be sent by Enter; ours is none.
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    begin();
  });
  return [h('h2', {}, isSecond ? 'Label more rows' : 'Which rows?'), element];
}

function designs(choose: (kind: DesignKind) => void): HTMLElement {
  return h(
    'fieldset',
    { class: 'designs' },
    h('legend', {}, 'Which rows'),
    ...DESIGN_KINDS.map((kind) => {
      const input = h('input', {
        type: 'radio',
        name: 'design',
        'data-key': `design-${kind}`,
        checked: kind === 'stratified',
        'aria-describedby': `design-${kind}-words`,
      });
      input.addEventListener('change', () => choose(kind));
      const { title, words } = DESIGN_WORDS[kind];
      return h(
        'div',
        { class: 'design' },
        h('label', { class: 'radio' }, input, title),
        h('p', { class: 'quiet', id: `design-${kind}-words` }, words),
      );
    }),
  );
}

/** @returns undefined for an accuracy that is none; null for no goal */
function goalOf(name: string, limit: number): Goal | null | undefined {
  if (name === 'none') return null;
  if (name === 'calibrator') return { kind: 'calibrator' };
  if (name !== 'gate') return { kind: 'width', width: Number(name.slice('width-'.length)) };
  return limit > 0 && limit < 1 ? { kind: 'gate', limit } : undefined;
}

function rowsInWords(rows: number, goal: string): string {
  const all = `The table has ${count(rows, 'row')} to draw from.`;
  if (!goal.startsWith('width-')) return all;
  const needed = labelsForWidth(Number(goal.slice('width-'.length)));
  if (needed === null) return all;
  return `${all} At most ${count(needed, 'label')} reach this goal; the model’s confidences can make fewer do.`;
}

function labelsIn(value: string, { areAllLabels, labels }: Setup): string[] {
  if (areAllLabels) return [...labels];
  return [...new Set(value.split(',').flatMap((name) => name.trim().replace(/\s+/gu, ' ') || []))];
}
