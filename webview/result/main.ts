/** The page of the result view. It draws what the host sends, and keeps only the focus. */
import '../no-eval';
import { calibrationNotes, headline, rawInWords } from '../../src/core/words/calibrated-score';
import { visibleName } from '../../src/core/encode';
import { scoreWarnings } from '../../src/core/words/score';
import type { Remote } from '../../src/protocol/contract';
import { RESULT_PAGE_CONTRACT, type PageState, type ResultDetail } from '../../src/protocol/result-page';
import { drawBusy } from '../busy';
import { button } from '../button';
import { h, replaceContent, setText } from '../dom';
import { same } from '../same';
import { startPage } from '../start';
import { HistoryList } from './history';
import '../base.css';
import './result.css';
import { labelByKey } from './label-section';
import { resultSection, type ResultActions } from './result-section';
import { TrialSection } from './trial-section';

type Host = Remote<typeof RESULT_PAGE_CONTRACT.host>;

class ResultPage {
  private readonly busy = h('div', { class: 'busy', hidden: true });
  private readonly content = h('div', { class: 'content' });
  private readonly history: HistoryList;
  private readonly trial: TrialSection;
  /** Read aloud when it changes; never visible. */
  private readonly announcement = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  private readonly actions: ResultActions;
  private drawn: PageState | undefined;

  constructor(private readonly host: Host) {
    this.actions = {
      run: (command) => host.run({ command }),
      reveal: (id) => host.reveal({ id }),
      readTokens: (id) => host.readTokens({ id }),
      showPrompt: (id) => host.showPrompt({ id }),
      label: (id, answer) => host.label({ id, answer }),
    };
    this.trial = new TrialSection(
      {
        typed: (text) => host.tryText({ text }),
        now: () => host.tryNow(),
        showPrompt: () => host.showTrialPrompt(),
        end: () => host.endTrial(),
      },
      this.actions,
    );
    this.history = new HistoryList(
      (id) => host.show({ id }),
      (id) => host.reveal({ id }),
    );
    addEventListener('keydown', (event) => {
      const { drawn } = this;
      if (drawn?.result !== undefined && drawn.result !== null && drawn.trial === null)
        labelByKey(event, drawn.result, this.actions);
    });
    document.body.append(
      h(
        'main',
        {},
        h('h1', { class: 'unseen' }, 'Result'),
        this.busy,
        this.trial.element,
        this.content,
        this.history.element,
      ),
      this.announcement,
    );
  }

  show(state: PageState): void {
    const { drawn, announcement } = this;
    if (state.busy !== null && (drawn?.busy ?? null) === null) setText(announcement, state.busy);
    // Results from before the page was loaded are not announced.
    if (drawn !== undefined && state.result !== null && state.result.id !== drawn.result?.id)
      setText(announcement, spoken(state.result));
    const tried = state.trial?.result ?? null;
    if (tried !== null && !same(tried, drawn?.trial?.result)) setText(announcement, spoken(tried));
    this.draw(state);
  }

  private draw(state: PageState): void {
    const { drawn, content, history, host } = this;
    drawBusy(this.busy, state.busy, () => host.cancel());
    if (!same(state.trial, drawn?.trial)) this.trial.update(state.trial);
    content.hidden = state.trial !== null;
    // Drawing everything again would end a selection of text in the page, so only what changed is drawn.
    if (!same(state.result, drawn?.result) || state.hasModel !== drawn?.hasModel) {
      if (state.result?.id !== drawn?.result?.id) content.scrollTop = 0;
      replaceContent(
        content,
        state.result === null
          ? emptyState(state.hasModel, this.actions)
          : resultSection(state.result, this.actions),
      );
    }
    if (!same(listed(state), drawn && listed(drawn)) || state.result?.id !== drawn?.result?.id)
      history.update(listed(state), state.result?.id);
    this.drawn = state;
  }
}

/** While something is tried, its result gets the room of the history. */
function listed({ trial, history }: PageState): PageState['history'] {
  return trial === null ? history : [];
}

function emptyState(hasModel: boolean, actions: Pick<ResultActions, 'run'>): HTMLElement {
  return h(
    'section',
    { class: 'empty' },
    h(
      'p',
      {},
      hasModel
        ? 'Select text in an editor and classify it: its label, its confidence and the tokens that they come from appear here. Or score a table of texts, and measure how far the confidence can be trusted.'
        : 'Texts are classified by a language model on this machine. There is none yet: download one first. A table that was scored elsewhere can be measured without a model.',
    ),
    ...(hasModel
      ? [
          button('Classify Selection', { key: 'classify' }, () => actions.run('classifySelection')),
          button('Score CSV…', { key: 'score', secondary: true }, () => actions.run('scoreCsv')),
        ]
      : [
          button('Download Model…', { key: 'download' }, () => actions.run('downloadModel')),
          button('Choose Model…', { key: 'choose', secondary: true }, () => actions.run('chooseModel')),
        ]),
    button('Open Calibration Panel', { key: 'panel', secondary: true }, () => actions.run('openCalibration')),
  );
}

/** What a screen reader announces for a new result: the answer, and every reason to doubt it. */
function spoken(result: ResultDetail): string {
  const { score, calibration, bounds, batch } = result;
  const more = batch > 1 ? ` First of ${batch} results.` : '';
  const warnings = [
    ...calibrationNotes(calibration),
    ...scoreWarnings(score, bounds).map((warning) => warning.message),
  ];
  const { label, percent } = headline(result);
  const bucket =
    calibration?.kind === 'calibrated'
      ? `, ${calibration.score.bucket.name}, ${rawInWords(result, calibration.score)}`
      : calibration === undefined
        ? ', raw, not calibrated'
        : '';
  return [`${visibleName(label)}, ${percent}${bucket}.${more}`, ...warnings].join(' ');
}

startPage(RESULT_PAGE_CONTRACT, (host) => {
  const page = new ResultPage(host);
  host.ready();
  return { state: (state) => page.show(state) };
});
