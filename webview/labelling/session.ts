/** The row that is labelled, its labels, and how far the labels have come. */
import { count } from '../../src/core/words/calibration';
import { accuracyInWords, DESIGN_WORDS, neededInWords } from '../../src/core/words/labelling';
import type { Said, ShownSession } from '../../src/protocol/labelling-page';
import { button } from '../button';
import { link } from '../calibration/tables';
import { bar, h, warningIcon } from '../dom';
import { type Page, type Section, section } from './page';

/** Labels that have a key of their own. */
export const KEYED = 9;

export function textSection({ host }: Page): Section {
  return section(
    ({ setup, session }) => [setup === null, session?.row],
    ({ setup, session }) => {
      if (setup !== null || session === null) return [];
      const { row } = session;
      if (row === null) return [];
      return [
        h('p', { class: 'text', 'data-key': 'text', tabindex: 0, 'aria-label': 'Text to label' }, row.text),
        ...(row.cut === 0
          ? []
          : [h('p', { class: 'quiet' }, `The text is ${count(row.cut, 'character')} longer.`)]),
        h(
          'p',
          { class: 'quiet place' },
          `Row ${row.at + 1} of ${session.rows}. `,
          link(`Line ${row.line} of the table`, 'reveal', () => host.reveal({ line: row.line })),
        ),
        ...(row.others === null ? [] : [h('p', { class: 'before' }, `People differ: ${row.others}.`)]),
        ...beforeInWords(row),
      ];
    },
    h('div', { class: 'row' }),
  );
}

/** What was said about the row before. */
function beforeInWords({ said, model, isSeen }: NonNullable<ShownSession['row']>): Node[] {
  const parts = [
    ...(said === null ? [] : [`Your answer: ${saidInWords(said)}.`]),
    ...(model === null ? [] : [`The model’s answer: ${model}.`]),
    ...(isSeen && said !== null && model !== null
      ? ['You have seen it, so estimates keep your first answer.']
      : []),
  ];
  return parts.length === 0 ? [] : [h('p', { class: 'before' }, parts.join(' '))];
}

function saidInWords(said: Said): string {
  return said.kind === 'label' ? said.label : said.kind === 'unsure' ? 'unsure' : 'skipped';
}

export function answerSection(page: Page): Section {
  return section(
    ({ setup, session }) => [setup === null, session?.labels, session?.row === null, session?.row?.said],
    ({ setup, session }) => {
      if (setup !== null || !session?.row) return [];
      const { labels, row } = session;
      const isSaid = (label: string): boolean => row.said?.kind === 'label' && row.said.label === label;
      return [
        ...labels
          .slice(0, KEYED)
          .map((label, at) =>
            answerButton(String(at + 1), label, isSaid(label), () => page.answer({ kind: 'label', label })),
          ),
        answerButton('0', 'Unsure', row.said?.kind === 'unsure', () => page.answer({ kind: 'unsure' })),
        answerButton('Space', 'Skip', row.said?.kind === 'skip', () => page.answer({ kind: 'skip' })),
      ];
    },
    h('div', { class: 'answers', role: 'group', 'aria-label': 'Answers' }),
  );
}

function answerButton(key: string, text: string, isSaid: boolean, onClick: () => void): HTMLElement {
  const element = h(
    'button',
    { type: 'button', class: 'answer', 'data-key': `answer-${key}`, 'aria-pressed': String(isSaid) },
    h('kbd', {}, key),
    h('span', {}, text),
  );
  element.addEventListener('click', () => {
    // Space would press it again, and shall skip.
    element.blur();
    onClick();
  });
  return element;
}

export function moveSection({ host }: Page): Section {
  return section(
    ({ setup, session }) => [setup === null, session === null, session?.canUndo, session?.answered === 0],
    ({ setup, session }) => {
      if (setup !== null || session === null) return [];
      return [
        button(
          'Undo (Backspace)',
          { key: 'undo', secondary: true, waits: session.canUndo ? null : 'Nothing was answered yet.' },
          () => host.undo(),
        ),
        button('Back (←)', { key: 'back', secondary: true }, () => host.back()),
        button('Forward (→)', { key: 'forward', secondary: true }, () => host.forward()),
      ];
    },
    h('div', { class: 'buttons moves' }),
  );
}

/** The last answer beside the model's. */
export function lastSection(): Section {
  return section(
    ({ setup, session }) => [setup === null, session?.last],
    ({ setup, session }) => {
      const last = setup === null ? session?.last : undefined;
      if (last === undefined || last === null) return [];
      return [
        h(
          'p',
          { class: last.agrees ? 'last agrees' : 'last differs' },
          last.agrees
            ? `✓ ${last.label}: the model agrees.`
            : `≠ You: ${last.label}. The model: ${last.model}.`,
        ),
      ];
    },
    h('div', { class: 'after' }),
  );
}

export function progressSection(): Section {
  return section(
    ({ setup, session }) => [
      setup === null,
      session?.answered,
      session?.labelled,
      session?.rows,
      session?.accuracy,
      session?.goal,
    ],
    ({ setup, session }) => {
      if (setup !== null || session === null) return [];
      const { answered, labelled, rows, accuracy, goal, isScored } = session;
      const without = answered - labelled;
      return [
        h(
          'p',
          {},
          `${answered} of ${rows} answered${without === 0 ? '' : `, ${without} of them unsure or skipped`}.`,
        ),
        bar(answered / rows, 'progress'),
        ...(accuracy === null ? [] : [h('p', {}, accuracyInWords(accuracy))]),
        ...(goal === null ? [] : [h('p', {}, neededInWords(goal.goal, goal.needed, isScored))]),
      ];
    },
    h('section', { class: 'standing', 'aria-label': 'Progress' }),
  );
}

export function doneSection({ host }: Page): Section {
  return section(
    ({ setup, session }) => [
      setup === null,
      session?.row === null,
      session?.rows,
      session?.isScored,
      session?.settles,
    ],
    ({ setup, session }) => {
      if (setup !== null || session?.row !== null) return [];
      const { isScored, rows, settles } = session;
      if (settles)
        return [
          h('h2', {}, 'No row is left to settle'),
          h(
            'div',
            { class: 'buttons' },
            button('Back to Labelling', { key: 'labelling' }, () => host.retry()),
          ),
        ];
      return [
        h('h2', {}, `All ${count(rows, 'row')} are answered`),
        h(
          'p',
          {},
          isScored
            ? 'The calibration panel says what these labels tell about the whole table.'
            : 'Score the table: then these labels tell how often the model is right, and what is in the whole table.',
        ),
        h(
          'div',
          { class: 'buttons' },
          button(isScored ? 'Open Calibration Panel' : 'Open Table', { key: 'panel' }, () =>
            host.openPanel(),
          ),
          button('Label More Rows…', { key: 'more', secondary: true }, () => host.setUp({ isShown: true })),
        ),
      ];
    },
    h('div', { class: 'done' }),
  );
}

export function aboutSection({ host }: Page): Section {
  return section(
    ({ setup, session, notes, disputed }) => [
      disputed,
      session?.settles,
      setup === null,
      session?.kind,
      session?.rows,
      session?.isBlind,
      session?.isScored,
      notes,
    ],
    ({ setup, session, notes, disputed }) => {
      const about =
        setup !== null || session === null || session.settles
          ? []
          : [
              `${DESIGN_WORDS[session.kind].title}: ${count(session.rows, 'row')}, worth ${Math.round(session.worth)} drawn all at random.`,
              ...(session.isScored
                ? [
                    session.isBlind
                      ? 'The model’s answer is shown after yours.'
                      : 'The model’s answer is in view, which pulls people towards it.',
                  ]
                : []),
              'Letters filter the labels; Enter takes the first.',
            ];
      return [
        ...(about.length === 0 ? [] : [h('p', { class: 'quiet' }, about.join(' '))]),
        ...(disputed === 0 || setup !== null || session === null
          ? []
          : [
              h(
                'p',
                { class: 'line' },
                warningIcon(),
                h(
                  'span',
                  {},
                  `People differ about ${count(disputed, 'row')}. They count as unlabelled until somebody settles them. `,
                  session.settles
                    ? link('Back to labelling', 'labelling', () => host.retry())
                    : link('Settle them', 'settle', () => host.settle()),
                ),
              ),
            ]),
        ...notes.map((note) => h('p', { class: 'line' }, warningIcon(), note)),
        h(
          'p',
          { class: 'more' },
          ...(about.length === 0
            ? []
            : [link('Export rows for somebody else…', 'export', () => host.exportRows()), ' · ']),
          // Labels that were given elsewhere need no rows that are drawn here.
          ...(about.length === 0 && setup === null
            ? []
            : [link('Import labels…', 'import', () => host.importLabels()), ' · ']),
          link('How labels are used', 'guide', () => host.openGuide()),
        ),
      ];
    },
    h('footer', {}),
  );
}
