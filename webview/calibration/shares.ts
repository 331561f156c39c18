/** What labels of people tell about the whole table, how many more are worth it, and a way to give some. */
import { fewestForTarget, labelsForGate, labelsForWidth } from '../../src/core/labelling/plan';
import { count, interval, labelName, number } from '../../src/core/words/calibration';
import { labelledInWords, worthInWords } from '../../src/core/words/shares';
import type { TableOptions } from '../../src/protocol/calibration-page';
import type { FoundShares, SharesReport } from '../../src/protocol/calibration-shares';
import { button } from '../button';
import { h, setText, warningIcon } from '../dom';
import { type Page, type Section, section } from './page';
import { table } from './tables';

/** Of a table without truth, the labels that were found come first. */
export function foundSharesSection(page: Page): Section {
  return section(
    ({ state: { shares, overview } }) => [shares, overview === null],
    ({ state: { shares, overview } }) =>
      overview === null || shares === null ? [] : [content(page, shares, null)],
  );
}

/** @see foundSharesSection */
export function sharesSection(page: Page): Section {
  return section(
    ({ state: { shares, analysis, overview } }) => [
      shares,
      analysis === null,
      analysis?.truthFrom,
      overview === null,
    ],
    ({ state: { shares, analysis, overview } }) =>
      analysis !== null || (overview !== null && shares === null)
        ? [content(page, shares, analysis?.truthFrom ?? null)]
        : [],
  );
}

/** @param truthFrom name of the file with the labels that are the truth of all numbers; null for the table itself */
function content(page: Page, found: FoundShares, truthFrom: string | null): HTMLElement {
  const { host } = page;
  const label = button('Label Rows…', { key: 'label-rows', secondary: found !== null }, () =>
    host.labelRows(),
  );
  const report = found?.report ?? null;
  return h(
    'section',
    { class: 'label-shares' },
    h('h2', {}, 'Shares'),
    ...(found === null
      ? [
          h(
            'p',
            {},
            'How many texts really have each label, and how often is the model right? Label a random sample of rows: about 100 give a first answer for the whole table.',
          ),
        ]
      : [
          h(
            'p',
            {},
            `Labels of this table were found in .prompt-confidence/labels/${found.file}. ${report === null ? '' : labelledInWords(report)}`,
          ),
        ]),
    ...(found?.error === null || found === null
      ? []
      : [h('p', { class: 'line' }, warningIcon(), h('span', {}, found.error.message))]),
    ...(report === null ? [] : reported(report)),
    h(
      'div',
      { class: 'buttons' },
      label,
      ...(report === null
        ? []
        : [
            truthButton(page, truthFrom),
            button('Save a Labelled Copy…', { key: 'save-labelled', secondary: true }, () =>
              host.saveLabelled(),
            ),
            button('Copy Findings', { key: 'copy-audit', secondary: true }, () => host.copyAudit()),
          ]),
    ),
    planner(),
  );
}

/** All numbers of the panel with these labels, or without them. */
function truthButton(page: Page, truthFrom: string | null): HTMLElement {
  const use = (truth: TableOptions['truth']) => () => {
    const table = page.shown?.state.settings.table;
    if (table !== undefined) page.change({ table: { ...table, truth } });
  };
  return truthFrom === null
    ? button('Measure With These Labels', { key: 'truth', secondary: true }, use('people'))
    : button('Measure Without These Labels', { key: 'truth', secondary: true }, use('table'));
}

function reported(report: SharesReport): Node[] {
  const { shares, accuracy, kappa, people, warnings } = report;
  const worth = worthInWords(report);
  const rows = [
    ...shares.map((share) => ({
      name: `share of ${labelName(share.label)}`,
      ...share,
      predicted: number(share.predicted),
    })),
    { name: 'accuracy', ...accuracy, predicted: '' },
  ];
  return [
    ...(worth === undefined ? [] : [h('p', { class: 'worth' }, worth)]),
    table(
      'Shares and accuracy in the whole table',
      [
        { name: 'In the whole table' },
        { name: 'Estimate', isNumber: true },
        { name: '95% interval', isNumber: true },
        { name: 'Labels worth', isNumber: true },
        { name: 'Labels alone', isNumber: true },
        { name: '95% interval', isNumber: true },
        { name: 'Predictions', isNumber: true },
      ],
      rows.map(({ name, value, low, high, worth: labels, alone, predicted }) => [
        name,
        number(value),
        interval({ low, high }),
        labels === null ? '–' : Math.round(labels).toLocaleString('en-US'),
        number(alone.value),
        interval(alone),
        predicted,
      ]),
    ),
    ...bounds(rows),
    ...(typeof kappa?.value === 'number'
      ? [
          h(
            'p',
            {},
            `The model agrees with people on ${number(kappa.agreement)} of the labelled texts; beyond chance, κ = ${number(kappa.value)} (${interval(kappa)}).`,
          ),
        ]
      : []),
    ...confused(report),
    ...(people.length === 0 ? [] : [agreement(people)]),
    ...warnings.map(({ message }) => h('p', { class: 'quiet' }, message)),
  ];
}

/** Labels of a matrix that is drawn. */
const MOST_LABELS = 12;

function confused({ confusion, shares }: SharesReport): Node[] {
  if (confusion === null || shares.length > MOST_LABELS) return [];
  const labels = shares.map(({ label }) => labelName(label));
  return [
    h(
      'p',
      {},
      'What people say, and what the model says: shares of the whole table, by the labelled rows alone.',
    ),
    table(
      'Shares of the whole table by the label of people and of the model',
      [{ name: 'People say' }, ...labels.map((name) => ({ name: `model: ${name}`, isNumber: true }))],
      confusion.map((row, k) => [labels[k] ?? '', ...row.map((share) => number(share))]),
    ),
  ];
}

type Row = SharesReport['accuracy'] & { readonly name: string };

function bounds(rows: readonly Row[]): Node[] {
  const bounded = rows.flatMap(({ name, ifNone, ifAll }) =>
    ifNone === null || ifAll === null
      ? []
      : [[name, number(ifNone.value), interval(ifNone), number(ifAll.value), interval(ifAll)]],
  );
  if (bounded.length === 0) return [];
  return [
    h('p', {}, 'Whatever the texts are that people could not label, the numbers lie between these:'),
    table(
      'Bounds for texts that people could not label',
      [
        { name: 'Bounds' },
        { name: 'If none counts', isNumber: true },
        { name: '95% interval', isNumber: true },
        { name: 'If all do', isNumber: true },
        { name: '95% interval', isNumber: true },
      ],
      bounded,
    ),
  ];
}

function agreement(people: SharesReport['people']): HTMLElement {
  return table(
    'Agreement of people, and of the model with each of them',
    [
      { name: 'Agreement' },
      { name: 'Rows', isNumber: true },
      { name: 'Same answer', isNumber: true },
      { name: 'κ', isNumber: true },
      { name: '95% interval', isNumber: true },
    ],
    people.map(({ one, other, n, agreement: same, value, ...ends }) => [
      `${labelName(one) || 'no name'} and ${other === null ? 'the model' : labelName(other) || 'no name'}`,
      String(n),
      number(same),
      number(value),
      interval(ends),
    ]),
  );
}

/** How many labels a purpose needs, as it is typed. */
function planner(): HTMLElement {
  const field = (id: string, label: string, value: number, step: number): HTMLInputElement => {
    const input = h('input', {
      id: `plan-${id}`,
      'data-key': `plan-${id}`,
      type: 'number',
      min: step,
      step,
      value,
      'aria-label': label,
    });
    input.addEventListener('input', draw);
    return input;
  };
  const answers = [0, 1, 2].map(() => h('strong', { 'aria-live': 'polite' }));
  function draw(): void {
    const [width = NaN, limit = NaN, expected = NaN, target = NaN] = inputs.map(({ value }) => Number(value));
    const isShare = (x: number): boolean => x > 0 && x < 1;
    const needed = [
      width > 0 && width < 50 ? labelsForWidth((2 * width) / 100) : undefined,
      isShare(limit) && isShare(expected) ? labelsForGate('min', { limit, expected, power: 0.8 }) : undefined,
      isShare(target) ? fewestForTarget(target) : undefined,
    ];
    answers.forEach((answer, at) => setText(answer, neededInWords(needed[at])));
  }
  const inputs = [
    field('points', 'Points', 3, 1),
    field('limit', 'Limit of the gate', 0.85, 0.01),
    field('expected', 'Accuracy that is expected', 0.9, 0.01),
    field('target', 'Target accuracy', 0.95, 0.01),
  ];
  draw();
  const [points, limit, expected, target] = inputs;
  const [forWidth, forGate, forTarget] = answers;
  return h(
    'details',
    { class: 'planner' },
    h('summary', { 'data-key': 'planner' }, 'How many labels do I need?'),
    h('p', {}, 'For a number to ± ', points, ' points: ', forWidth, ' at most.'),
    h(
      'p',
      {},
      'For a gate on an accuracy of at least ',
      limit,
      ' that passes in 80% of samples if the accuracy is ',
      expected,
      ': ',
      forGate,
      '.',
    ),
    h(
      'p',
      {},
      'For a threshold with a target accuracy of ',
      target,
      ': ',
      forTarget,
      ' at or above it, all of them right, or more.',
    ),
    h(
      'p',
      { class: 'quiet' },
      'Counted for rows drawn all at random, without help of the model’s probabilities, which can only lower the number.',
    ),
  );
}

function neededInWords(labels: number | null | undefined): string {
  if (labels === undefined) return 'enter a number in the range';
  return labels === null ? 'no practical number of labels' : count(labels, 'label');
}
