/** Try It: a text field whose text is classified while a person types, and its result. */
import type { TrialState } from '../../src/protocol/result-page';
import { button } from '../button';
import { h, replaceContent, setText, warningIcon } from '../dom';
import { type ResultActions, resultSection } from './result-section';

export interface TrialActions {
  typed(text: string): void;
  now(): void;
  showPrompt(): void;
  end(): void;
}

export class TrialSection {
  readonly element: HTMLElement;
  private readonly title = h('h2', { class: 'trial-title' });
  private readonly field = h('textarea', { rows: 2, dir: 'auto', 'aria-label': 'Text to try' });
  private readonly note = h('p', { class: 'note', id: 'trial-note' });
  private readonly send: HTMLElement;
  private readonly outcome = h('div', { class: 'trial-outcome' });
  private shownId: number | undefined;

  constructor(
    actions: TrialActions,
    private readonly resultActions: ResultActions,
  ) {
    this.send = h(
      'div',
      { class: 'trial-send' },
      button('Classify', { key: 'try' }, () => actions.now()),
    );
    this.element = h(
      'section',
      { class: 'trial', hidden: true },
      h(
        'div',
        { class: 'trial-head' },
        this.title,
        button('Close', { key: 'end-trial', secondary: true }, () => actions.end()),
      ),
      this.field,
      this.send,
      // Directly under the field: what a person types and what comes of it are seen together.
      this.outcome,
      h(
        'div',
        { class: 'trial-foot' },
        button('Show Prompt', { key: 'trial-prompt', secondary: true }, () => actions.showPrompt()),
        this.note,
      ),
    );
    this.field.setAttribute('aria-describedby', 'trial-note');
    this.field.addEventListener('input', () => {
      this.outcome.classList.add('outdated');
      actions.typed(this.field.value);
    });
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') actions.end();
      else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) actions.now();
      else return;
      event.preventDefault();
    });
  }

  update(trial: TrialState | null): void {
    this.element.hidden = trial === null;
    if (trial === null) {
      this.shownId = undefined;
      return;
    }
    const { file, sendsTextsTo } = trial;
    const name = file.split('/').at(-1) ?? file;
    setText(this.title, `Try ${name}`);
    this.title.setAttribute('title', file);
    setText(
      this.note,
      sendsTextsTo === null
        ? 'The text is classified half a second after it or the file has changed.'
        : `The text is sent to ${sendsTextsTo} each time you press Classify.`,
    );
    this.send.hidden = sendsTextsTo === null;
    this.outcome.classList.toggle('outdated', trial.isOutdated);
    replaceContent(this.outcome, outcomeOf(trial, this.resultActions));
    if (trial.id === this.shownId) return;
    // From now on the field is the person's: what the host has of it is always older.
    this.shownId = trial.id;
    this.field.value = trial.text;
    this.field.focus();
    this.field.select();
  }
}

function outcomeOf({ problem, result }: TrialState, actions: ResultActions): HTMLElement | undefined {
  if (problem !== null)
    return h('p', { class: 'warning', role: 'alert' }, warningIcon(), h('span', {}, problem));
  return result === null ? undefined : resultSection(result, actions);
}
