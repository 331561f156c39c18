/** The form that assigns the columns of a table: the command line's --column, --scores and --on. */
import { labelName, number } from '../../src/core/words/calibration';
import {
  prefixesOf,
  type NamedColumns,
  namedColumns,
  SCORE_TYPES,
  type ScoreType,
  scoreKey,
  solePrefix,
} from '../../src/core/data/columns';
import { AS_FOUND, type ColumnList, type TableOptions } from '../../src/protocol/calibration-page';
import { button } from '../button';
import { h, replaceContent, setText } from '../dom';
import { select, type SelectOption } from './choices';
import { field } from './fields';

export interface FormOptions {
  readonly columns: ColumnList;
  readonly table: TableOptions;
  /** Whether nobody chose the mapping of `table`. */
  readonly isGuessed: boolean;
  /** The labels with their shares in the table; null if it has no scores for them. */
  readonly labels: readonly { readonly label: string; readonly share: number }[] | null;
  readonly use: (table: TableOptions) => void;
  /** Closes the form; null if the table cannot be used without it. */
  readonly close: (() => void) | null;
}

type Mapped = 'label' | 'predicted' | 'confidence' | 'correct' | 'positive' | 'labelMass';
type RowRole = 'text' | 'id' | 'group' | 'split' | 'weight';

const ROLES: Readonly<Record<Mapped | RowRole, { readonly name: string; readonly hint: string }>> = {
  label: { name: 'Truth', hint: 'the true label of the row' },
  predicted: { name: 'Predicted label', hint: '' },
  confidence: { name: 'Confidence', hint: 'from 0 to 1' },
  correct: { name: 'Correct', hint: '1 or 0' },
  positive: { name: 'Probability of 1', hint: 'where the labels are 0 and 1' },
  labelMass: { name: 'Label mass', hint: 'probability of any label, before normalising' },
  text: { name: 'Text', hint: 'rows of equal text stay together' },
  id: { name: 'Id', hint: '' },
  group: { name: 'Group', hint: 'user, document or thread: never divided between folds' },
  split: { name: 'Split', hint: 'fit or test: replaces folds' },
  weight: { name: 'Weight', hint: '' },
};
const PREDICTION_ROLES: readonly Mapped[] = [
  'label',
  'predicted',
  'confidence',
  'correct',
  'positive',
  'labelMass',
];
const ROW_ROLES: readonly RowRole[] = ['text', 'id', 'group', 'split', 'weight'];

/** Values of a column's list that are not a column. Values of columns begin with "=" and are never empty. */
const BY_NAME = 'by-name';
const NONE = 'none';

const TYPE_WORDS: Readonly<Record<ScoreType, string>> = {
  prob: 'probability',
  logprob: 'log-probability',
  logit: 'logit',
};

export function columnsForm({ columns, table, isGuessed, labels, use, close }: FormOptions): HTMLElement {
  let draft = table;
  const body = h('div', {});
  const complaint = h('p', { class: 'complaint', role: 'alert' });
  const added = { type: 'prob' as ScoreType, label: '', column: '' };
  const shares = new Map(labels?.map(({ label }) => [label, shareOf(table, label)]));

  const byName = (): NamedColumns => namedColumns(columns.header, draft.prefix ?? solePrefix(columns.header));
  const map = (key: string, value: string): void => {
    const others = Object.fromEntries(Object.entries(draft.mapping).filter(([other]) => other !== key));
    const said = value === BY_NAME ? {} : { [key]: value === NONE ? '' : value.slice(1) };
    draft = { ...draft, mapping: { ...others, ...said } };
    draw();
  };
  const add = (): void => {
    const { type, label, column } = added;
    if (label.trim() === '' || column === '') return;
    added.label = '';
    added.column = '';
    map(scoreKey(type, label.trim()), `=${column}`);
  };

  const draw = (): void =>
    replaceContent(
      body,
      ...methodPart(),
      group('Predictions', ...PREDICTION_ROLES.map(roleChoice)),
      scorePart(),
      group('Rows', ...ROW_ROLES.map(roleChoice)),
      ...sharePart(),
    );

  const roleChoice = (role: Mapped | RowRole): HTMLElement => {
    const { name, hint } = ROLES[role];
    const found = byName().roles[role] ?? [];
    return columnChoice(name, hint, role, found);
  };

  /** A list of the columns for one role. */
  const columnChoice = (name: string, hint: string, key: string, found: readonly string[]): HTMLElement => {
    const mapped = draft.mapping[key];
    const value = mapped === undefined ? BY_NAME : mapped === '' ? NONE : `=${mapped}`;
    const options: SelectOption<string>[] = [
      {
        value: BY_NAME,
        text: found.length === 0 ? 'not found by name' : `by name: ${found.map(labelName).join(', ')}`,
      },
      { value: NONE, text: 'none' },
      ...columnOptions(columns, mapped),
    ];
    const shown = mapped === undefined ? found : mapped === '' ? [] : [mapped];
    return h(
      'div',
      { class: 'column-choice' },
      select(name, `column-${key}`, options, value, (chosen) => map(key, chosen)),
      h(
        'p',
        { class: 'quiet' },
        [hint, ...shown.slice(0, 1).map((column) => examples(columns, column))].filter(Boolean).join(' · '),
      ),
    );
  };

  const methodPart = (): HTMLElement[] => {
    const methods = prefixesOf(columns.header);
    const truth = oneOrAuto(
      { name: 'True labels', key: 'column-truth', auto: 'those of the table, else those that people gave' },
      { table: 'those of the table', people: 'those that people gave (Label Rows…)' },
      draft.truth,
      (value) => (draft = { ...draft, truth: value }),
    );
    const on = oneOrAuto(
      { name: 'Evaluate', key: 'column-on', auto: 'labels if they have scores, else confidence' },
      { labels: 'labels', confidence: 'confidence alone' },
      draft.on,
      (value) => (draft = { ...draft, on: value }),
    );
    if (methods.length === 0) return [group('What to evaluate', on, truth)];
    const prefix = select(
      'Column prefix',
      'column-method',
      [
        { value: '', text: 'columns without a prefix, or the only prefix' },
        ...methods.map((name) => ({ value: name, text: `${labelName(name)}/` })),
      ],
      draft.prefix ?? '',
      (value) => {
        draft = { ...draft, prefix: value === '' ? null : value };
        draw();
      },
    );
    return [group('What to evaluate', prefix, on, truth)];
  };

  const scorePart = (): HTMLElement => {
    const named = byName().scores;
    const keys = [...named.keys()];
    const own = Object.keys(draft.mapping).filter((key) => key.includes(':') && !named.has(key));
    return group(
      'Scores of the labels',
      ...keys.map((key) => columnChoice(labelName(key), '', key, named.get(key) ?? [])),
      ...own.map((key) =>
        h(
          'div',
          { class: 'column-choice' },
          h('p', {}, `${labelName(key)}: ${labelName(draft.mapping[key] ?? '')}`),
          button('Remove', { key: `remove-${key}`, secondary: true }, () => map(key, BY_NAME)),
        ),
      ),
      adder(),
    );
  };

  /** Fields for one more label and its column. They count when the form is submitted, even if they were not added. */
  const adder = (): HTMLElement => {
    // Not the editor's field: a list of known values does not reach the input inside.
    const input = h('input', {
      id: 'added-label',
      type: 'text',
      list: 'known-labels',
      value: added.label,
      'data-key': 'added-label',
      autocomplete: 'off',
    });
    input.addEventListener('input', () => (added.label = input.value));
    const truth = draft.mapping.label ?? byName().roles.label?.[0];
    const values = columns.samples[columns.header.indexOf(truth ?? '')] ?? [];
    return h(
      'div',
      { class: 'adder' },
      select(
        'The',
        'added-type',
        SCORE_TYPES.map((type) => ({ value: type, text: TYPE_WORDS[type] })),
        added.type,
        (type) => (added.type = type),
      ),
      h('div', { class: 'choice' }, h('label', { for: 'added-label' }, 'of the label'), input),
      h('datalist', { id: 'known-labels' }, ...values.map((value) => h('option', { value }))),
      select(
        'is the column',
        'added-column',
        [{ value: '', text: 'choose a column' }, ...columnOptions(columns, undefined)],
        added.column === '' ? '' : `=${added.column}`,
        (value) => (added.column = value.slice(1)),
      ),
      button('Add', { key: 'add-score', secondary: true }, add),
    );
  };

  const sharePart = (): HTMLElement[] => {
    if (labels === null) return [];
    return [
      group(
        'Label shares in use',
        h(
          'p',
          { class: 'quiet' },
          'If labels will be more or less common in use than in this table, enter the share of each, from 0 to 1. Scores are shifted and rows weighted accordingly, and a saved calibrator is shifted too. Leave all fields empty for the shares of the table.',
        ),
        h(
          'div',
          { class: 'shares' },
          ...labels.map(({ label, share }, k) => {
            const { element, input } = field({
              label: labelName(label),
              key: `share-${k}`,
              value: shares.get(label) ?? '',
              placeholder: number(share),
              isNumber: true,
            });
            input.addEventListener('input', () => shares.set(label, input.value));
            return element;
          }),
        ),
      ),
    ];
  };

  const submit = (): void => {
    add();
    const prevalence = givenShares(shares);
    setText(complaint, typeof prevalence === 'string' ? prevalence : '');
    if (typeof prevalence !== 'string') use({ ...draft, prevalence });
  };

  draw();
  return h(
    'section',
    { class: 'columns-form' },
    h('h2', { tabindex: -1, 'data-key': 'columns-heading' }, 'Columns of the table'),
    h(
      'p',
      { class: 'quiet' },
      'These choices are remembered for this file. The command line has an option for each of them.',
    ),
    isGuessed
      ? h(
          'p',
          {},
          'The names of the columns do not tell what they hold. The fields show a guess: check them.',
        )
      : undefined,
    body,
    complaint,
    h(
      'div',
      { class: 'buttons' },
      button('Use These Columns', { key: 'use-columns' }, submit),
      button('Reset', { key: 'reset-columns', secondary: true }, () => use(AS_FOUND)),
      close === null ? undefined : button('Close', { key: 'close-columns', secondary: true }, close),
    ),
  );
}

/**
 * A list of values, with what is done where none of them is chosen.
 *
 * @param texts by value
 * @param chosen null for none
 */
function oneOrAuto<Value extends string>(
  { name, key, auto }: { readonly name: string; readonly key: string; readonly auto: string },
  texts: Readonly<Record<Value, string>>,
  chosen: Value | null,
  choose: (value: Value | null) => void,
): HTMLElement {
  const values = Object.keys(texts) as Value[];
  const options = [{ value: 'auto', text: auto }, ...values.map((value) => ({ value, text: texts[value] }))];
  return select<string>(name, key, options, chosen ?? 'auto', (value) =>
    choose(values.find((own) => own === value) ?? null),
  );
}

function group(legend: string, ...children: readonly Node[]): HTMLElement {
  return h('fieldset', { class: 'column-group' }, h('legend', {}, legend), ...children);
}

/** @param mapped column that is listed even if the table no longer has it */
function columnOptions({ header }: ColumnList, mapped: string | undefined): SelectOption<string>[] {
  const names = new Set([...header, mapped ?? '']);
  names.delete('');
  return [...names].map((name) => ({ value: `=${name}`, text: labelName(name), group: 'the column' }));
}

function examples({ header, samples }: ColumnList, column: string): string {
  const values = samples[header.indexOf(column)] ?? [];
  return values.length === 0 ? '' : `e.g. ${values.map(labelName).join(', ')}`;
}

function shareOf({ prevalence }: TableOptions, label: string): string {
  const found = prevalence?.find((entry) => entry.label === label);
  return found === undefined ? '' : String(found.share);
}

/** The shares as typed; null if there are none; a sentence if they are invalid. */
function givenShares(shares: ReadonlyMap<string, string>): TableOptions['prevalence'] | string {
  const typed = Array.from(shares, ([label, text]) => ({ label, text: text.trim() }));
  if (typed.every(({ text }) => text === '')) return null;
  const given = typed.map(({ label, text }) => ({
    label,
    share: /^\d*\.?\d+$/.test(text) ? Number(text) : NaN,
  }));
  const bad = given.find(({ share }) => !(share > 0 && share < 1));
  if (bad !== undefined)
    return `Give the share of “${labelName(bad.label)}” as a number between 0 and 1, such as 0.2, or leave all shares empty.`;
  const sum = given.reduce((total, { share }) => total + share, 0);
  return Math.abs(sum - 1) <= 0.01 ? given : `The shares sum to ${number(sum)}. They must sum to 1.`;
}
