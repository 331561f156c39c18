/** The page of a fine-tuning: how far it is, its curve, and what the hold-out says in the end. */
import '../no-eval';
import { labelName } from '../../src/core/words/calibration';
import { PROOF_COLUMNS, proofRows, proofVerdict } from '../../src/core/words/tuning';
import type { Handlers, Remote } from '../../src/protocol/contract';
import { TUNING_PAGE_CONTRACT, type TuningState } from '../../src/protocol/tuning-page';
import { button } from '../button';
import { link, table } from '../calibration/tables';
import { h, replaceContent, setText, warningIcon } from '../dom';
import { same } from '../same';
import { startPage } from '../start';
import '../base.css';
import '../calibration/calibration.css';
import '../calibration/decisions.css';
import './tuning.css';
import { curves } from './curves';

type Host = Remote<typeof TUNING_PAGE_CONTRACT.host>;

/** A part of the page. While what it is drawn from is the same, it stays. */
interface Part {
  readonly element: HTMLElement;
  readonly from: (state: TuningState) => readonly unknown[];
  readonly content: (state: TuningState) => readonly (Node | string)[];
}

function start(host: Host): Handlers<typeof TUNING_PAGE_CONTRACT.page> {
  const announcement = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  const parts = [
    heading(),
    progress(),
    actions(host),
    problem(),
    result(host),
    curve(),
    facts(),
    about(host),
  ];
  document.body.append(h('main', { class: 'tuning' }, ...parts.map(({ element }) => element)), announcement);
  const drawnFrom = new Map<Part, readonly unknown[]>();
  let before: TuningState | undefined;
  host.ready();
  return {
    state: (state) => {
      for (const part of parts) {
        const from = part.from(state);
        if (same(from, drawnFrom.get(part))) continue;
        drawnFrom.set(part, from);
        replaceContent(part.element, ...part.content(state));
      }
      // Every step would be too much to listen to.
      const words = spoken(state, before);
      if (words !== undefined) setText(announcement, words);
      before = state;
    },
  };
}

const PHASES: Readonly<Record<TuningState['phase'], string>> = {
  running: 'Running',
  paused: 'Paused',
  failed: 'Failed',
  finished: 'Complete',
  discarded: 'Discarded',
};

function spoken(state: TuningState, before: TuningState | undefined): string | undefined {
  if (state.phase === before?.phase && state.curve.length === before.curve.length) return undefined;
  if (state.proof !== null) return `${proofVerdict(state.proof).title}.`;
  return `${PHASES[state.phase]}: ${state.error ?? state.words}`;
}

function heading(): Part {
  return {
    element: h('header', {}),
    from: ({ name, classifier, table: file }) => [name, classifier, file],
    content: ({ name, classifier, table: file }) => [
      h('h1', {}, `Fine-tuning ${labelName(name)}`),
      h('p', { class: 'facts' }, `The model of ${labelName(classifier)}, on ${labelName(file)}`),
    ],
  };
}

function progress(): Part {
  return {
    element: h('section', { class: 'progress' }),
    from: ({ phase, words, share }) => [phase, words, share],
    content: ({ phase, words, share }) => {
      if (phase === 'finished') return [];
      const bar = h('progress', {
        max: 1,
        // Without a value it moves: nothing is known yet.
        ...(share === null ? {} : { value: share }),
        'aria-label': 'Share of the training that is done',
      });
      return [
        ...(phase === 'running' || phase === 'paused' ? [bar] : []),
        h('p', {}, `${PHASES[phase]}: ${words}`),
      ];
    },
  };
}

function actions(host: Host): Part {
  const pause = button('Pause', { key: 'pause', secondary: true }, () => host.pause());
  const resume = button('Resume', { key: 'resume' }, () => host.resume());
  const discard = button('Discard…', { key: 'discard', secondary: true }, () => host.discard());
  const log = button('Show Log', { key: 'log', secondary: true }, () => host.showLog());
  const shown: Readonly<Record<TuningState['phase'], readonly HTMLElement[]>> = {
    running: [pause, discard, log],
    paused: [resume, discard, log],
    failed: [resume, discard, log],
    finished: [log],
    discarded: [],
  };
  return {
    element: h('div', { class: 'buttons' }),
    from: ({ phase }) => [phase],
    content: ({ phase }) => shown[phase],
  };
}

function problem(): Part {
  return {
    element: h('div', {}),
    from: ({ error }) => [error],
    content: ({ error }) =>
      error === null
        ? []
        : [h('section', { class: 'problem' }, h('h2', {}, warningIcon(), 'It failed'), h('p', {}, error))],
  };
}

function result(host: Host): Part {
  return {
    element: h('div', {}),
    from: ({ proof }) => [proof],
    content: ({ proof }) => {
      if (proof === null) return [];
      const { title, text, warning } = proofVerdict(proof);
      const use = (secondary: boolean): HTMLElement =>
        button('Use for Classifier…', { key: 'use', secondary }, () => host.useAdapter());
      const compare = (secondary: boolean): HTMLElement =>
        button('Compare Base and Tuned', { key: 'compare', secondary }, () => host.compare());
      return [
        h(
          'section',
          { class: 'verdict' },
          h('h2', {}, title),
          h('p', {}, text),
          ...(warning === null ? [] : [h('p', { class: 'line' }, warningIcon(), warning)]),
          h(
            'div',
            { class: 'buttons' },
            ...(proof.results[proof.chosen]?.model === 'tuned'
              ? [use(false), compare(true)]
              : [compare(false), use(true)]),
          ),
          table(
            'Base and tuned model on the hold-out, with 95% intervals',
            PROOF_COLUMNS.map((name, at) => ({ name, isNumber: at > 0 })),
            proofRows(proof),
          ),
          ...proof.notes.map((note) => h('p', { class: 'quiet' }, note)),
        ),
      ];
    },
  };
}

function curve(): Part {
  return {
    element: h('div', {}),
    from: ({ curve: points, chosenStep }) => [points, chosenStep],
    content: ({ curve: points, chosenStep }) => {
      const text = h('h2', {}, 'Validation rows');
      if (points.length === 0)
        return [h('section', {}, text, h('p', { class: 'quiet' }, 'Nothing was evaluated yet.'))];
      return [
        h(
          'section',
          {},
          text,
          ...(chosenStep === null
            ? []
            : [
                h(
                  'p',
                  { class: 'quiet' },
                  'The evaluation in a ring is the one whose weights became the adapter.',
                ),
              ]),
          ...curves(points, chosenStep),
        ),
      ];
    },
  };
}

function facts(): Part {
  return {
    element: h('div', {}),
    from: (state) => [state.facts],
    content: (state) =>
      state.facts.length === 0
        ? []
        : [
            h(
              'section',
              { class: 'about' },
              h('h2', {}, 'What it does'),
              h('ul', {}, ...state.facts.map((fact) => h('li', {}, fact))),
            ),
          ],
  };
}

function about(host: Host): Part {
  return {
    element: h('p', {}),
    from: () => [],
    content: () => [link('How fine-tuning works', 'guide', () => host.openGuide())],
  };
}

startPage(TUNING_PAGE_CONTRACT, start);
