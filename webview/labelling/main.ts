/** The page on which a person labels rows: one text at a time, and the keys. */
import '../no-eval';
import { labelName } from '../../src/core/words/calibration';
import type { Handlers, Remote } from '../../src/protocol/contract';
import { LABELLING_PAGE_CONTRACT, type LabellingState } from '../../src/protocol/labelling-page';
import { drawBusy } from '../busy';
import { button } from '../button';
import { h, warningIcon } from '../dom';
import { type Memory, startPage } from '../start';
import '../base.css';
import '../calibration/calibration.css';
import './labelling.css';
import { filterSection } from './keys';
import { Page, type Section, section } from './page';
import {
  aboutSection,
  answerSection,
  doneSection,
  lastSection,
  moveSection,
  progressSection,
  textSection,
} from './session';
import { setupSection } from './setup';

function start(
  host: Remote<typeof LABELLING_PAGE_CONTRACT.host>,
  memory: Memory,
): Handlers<typeof LABELLING_PAGE_CONTRACT.page> {
  const announcement = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  const page = new Page(host, memory, announcement);
  const heading = section(
    ({ file }) => [file],
    ({ file }) => [`Label ${labelName(file)}`],
    h('h1', {}),
  );
  const body = [
    problemSection(page),
    savingSection(page),
    setupSection(page),
    doneSection(page),
    textSection(page),
    filterSection(page),
    answerSection(page),
    lastSection(),
    moveSection(page),
    progressSection(),
    aboutSection(page),
  ];
  const busy = busySection(page);
  document.body.append(
    h(
      'main',
      { class: 'labelling' },
      busy.element,
      h('header', {}, heading.element),
      ...body.map(({ element }) => element),
    ),
    announcement,
  );
  page.add(busy, heading, ...body);
  host.ready();
  return {
    state: (state) => {
      const words = spoken(state, page.state);
      page.show(state);
      if (words !== undefined) page.announce(words);
    },
  };
}

/** What a screen reader says when the state changes; undefined for nothing new. */
function spoken(state: LabellingState, before: LabellingState | undefined): string | undefined {
  if (state.error !== null && state.error !== before?.error) return state.error.message;
  if (state.saving !== null && state.saving.message !== before?.saving?.message) return state.saving.message;
  const { session } = state;
  if (session === null || state.setup !== null) return undefined;
  if (session.row === null)
    return before?.session?.row === null ? undefined : `All ${session.rows} rows are answered.`;
  const { at, text } = session.row;
  if (before?.session?.row?.at === at && before.setup === null) return undefined;
  const isAnswer = session.answered > (before?.session?.answered ?? session.answered);
  const last = isAnswer ? session.last : null;
  const outcome = last === null ? '' : last.agrees ? 'The model agrees. ' : `The model says ${last.model}. `;
  return `${outcome}Row ${at + 1} of ${session.rows}: ${text}`;
}

function busySection({ host }: Page): Section {
  const element = h('div', { class: 'busy', hidden: true });
  return {
    element,
    dependsOn: ({ busy }) => [busy],
    draw: ({ busy }) => drawBusy(element, busy === null ? null : `${busy}…`, () => host.retry()),
  };
}

function problemSection({ host }: Page): Section {
  return section(
    ({ error }) => [error],
    ({ error }) =>
      error === null
        ? []
        : [
            h(
              'section',
              { class: 'problem' },
              h('h2', {}, warningIcon(), 'Rows of this table cannot be labelled'),
              h('p', {}, error.message),
              h(
                'div',
                { class: 'buttons' },
                button('Try Again', { key: 'retry' }, () => host.retry()),
                ...(error.code === 'no-file'
                  ? []
                  : [
                      button('Open Calibration Panel', { key: 'panel-of-problem', secondary: true }, () =>
                        host.openPanel(),
                      ),
                    ]),
              ),
            ),
          ],
  );
}

/** Says that answers are not saved. */
function savingSection({ host }: Page): Section {
  return section(
    ({ saving, session }) => [saving, session === null],
    ({ saving }) =>
      saving === null
        ? []
        : [
            h(
              'section',
              { class: 'problem' },
              h('h2', {}, warningIcon(), 'Labels are not saved'),
              h('p', {}, saving.message),
              h('p', { class: 'quiet' }, 'You can read the texts. No answer counts until it can be saved.'),
              ...(saving.code === 'not-trusted'
                ? [
                    h(
                      'div',
                      { class: 'buttons' },
                      button('Manage Workspace Trust', { key: 'trust', secondary: true }, () =>
                        host.manageTrust(),
                      ),
                    ),
                  ]
                : []),
            ),
          ],
  );
}

startPage(LABELLING_PAGE_CONTRACT, start);
