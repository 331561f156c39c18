/** The page of the result view. It draws what the host sends, and keeps nothing but what is focused. */
import '../no-eval';
import { calibrationNotes, headline, rawInWords } from '../../src/core/words/calibrated-score';
import { scoreWarnings, visibleName } from '../../src/core/words/score';
import {
  pageStateSchema,
  RESULT_PAGE_METHODS,
  type PageCommand,
  type PageState,
  type ResultDetail,
} from '../../src/protocol/result-page';
import { drawBusy } from '../busy';
import { button } from '../button';
import { h, replaceContent } from '../dom';
import { connectHost } from '../rpc';
import { HistoryList } from './history';
import '../base.css';
import './result.css';
import { resultSection } from './result-section';

const host = connectHost();
const { connection } = host;

const notify = (method: string, params?: object): void => {
  connection.sendNotification(method, params).catch((error: unknown) => console.error(error));
};
const actions = {
  run: (command: PageCommand) => notify(RESULT_PAGE_METHODS.run, { command }),
  reveal: (id: number) => notify(RESULT_PAGE_METHODS.reveal, { id }),
  show: (id: number) => notify(RESULT_PAGE_METHODS.show, { id }),
  readTokens: (id: number) => {
    connection
      .sendRequest(RESULT_PAGE_METHODS.tokens, { id })
      .catch((error: unknown) => console.error(error));
  },
};

const busy = h('div', { class: 'busy', hidden: true });
const content = h('div', { class: 'content' });
const history = new HistoryList(actions.show, actions.reveal);
/** Read aloud when it changes; never seen. */
const announcement = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
document.body.append(
  h('main', {}, h('h1', { class: 'unseen' }, 'Classification'), busy, content, history.element),
  announcement,
);

let drawn: PageState | undefined;

function draw(state: PageState): void {
  drawBusy(busy, state.busy, () => notify(RESULT_PAGE_METHODS.cancel));
  // Drawing anew would end a selection of text in the page: only what changed is drawn.
  if (!same(state.result, drawn?.result) || state.hasModel !== drawn?.hasModel) {
    if (state.result?.id !== drawn?.result?.id) content.scrollTop = 0;
    replaceContent(
      content,
      state.result === null ? emptyState(state.hasModel) : resultSection(state.result, actions),
    );
  }
  if (!same(state.history, drawn?.history) || state.result?.id !== drawn?.result?.id)
    history.update(state.history, state.result?.id);
  drawn = state;
}

function emptyState(hasModel: boolean): HTMLElement {
  return h(
    'section',
    { class: 'empty' },
    h(
      'p',
      {},
      hasModel
        ? 'Select text in an editor and classify it: its label, the confidence and the tokens behind them appear here.'
        : 'Texts are classified by a language model on this machine, and there is none yet. Download one first.',
    ),
    ...(hasModel
      ? [
          button('Classify Selection', { key: 'classify' }, () => actions.run('classifySelection')),
          button('Classify With…', { key: 'with', secondary: true }, () => actions.run('classifyWith')),
        ]
      : [
          button('Download Model', { key: 'download' }, () => actions.run('downloadModel')),
          button('Choose Model', { key: 'choose', secondary: true }, () => actions.run('chooseModel')),
        ]),
  );
}

/** What a screen reader says about a new result: the answer, and every reason to doubt it. */
function spoken({ score, calibration, batch }: ResultDetail): string {
  const more = batch > 1 ? ` First of ${batch} results.` : '';
  const warnings = [
    ...calibrationNotes(calibration),
    ...scoreWarnings(score).map((warning) => warning.message),
  ];
  const { label, percent } = headline(score, calibration);
  const bucket =
    calibration?.kind === 'calibrated'
      ? `, ${calibration.score.bucket.name}, ${rawInWords(score, calibration.score)}`
      : '';
  return [`${visibleName(label)}, ${percent}${bucket}.${more}`, ...warnings].join(' ');
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

// What was seen last stands at once; the host's answer corrects it.
const kept = pageStateSchema.safeParse(host.getState());
if (kept.success) draw({ ...kept.data, busy: null });

let connected = false;
connection.onNotification(RESULT_PAGE_METHODS.state, (params: unknown) => {
  const state = pageStateSchema.parse(params);
  const isNew = state.result !== null && state.result.id !== drawn?.result?.id;
  if (state.busy !== null && (drawn?.busy ?? null) === null) announcement.textContent = state.busy;
  // What was there before the page was is no news.
  if (connected && isNew && state.result !== null) announcement.textContent = spoken(state.result);
  connected = true;
  draw(state);
  host.setState(state);
});
connection.listen();
notify(RESULT_PAGE_METHODS.ready);
