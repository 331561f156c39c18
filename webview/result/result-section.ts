/** One result in full. */
import {
  formatLogProb,
  formatMs,
  formatPercent,
  isDoubtful,
  methodInWords,
  scoreWarnings,
  visibleName,
  visibleToken,
} from '../../src/core/presentation';
import type { LabelScore, TokenRow } from '../../src/core/scoring/score';
import type { PageCommand, ResultDetail } from '../../src/protocol/result-page';
import { bar, h, warningIcon } from '../dom';
import { button } from '../button';
import { STATUS_WORDS } from './words';

export interface ResultActions {
  run(command: PageCommand): void;
  reveal(id: number): void;
  readTokens(id: number): void;
}

export function resultSection(result: ResultDetail, actions: ResultActions): HTMLElement {
  const { score } = result;
  return h(
    'section',
    { 'aria-labelledby': 'verdict' },
    h(
      'h2',
      { id: 'verdict', class: isDoubtful(score) ? 'verdict doubtful' : 'verdict' },
      isDoubtful(score) ? warningIcon() : undefined,
      h('span', { class: 'verdict-label', dir: 'auto' }, visibleName(score.label)),
      ' ',
      h('span', { class: 'verdict-percent' }, formatPercent(score.confidence)),
    ),
    ...scoreWarnings(score).map((warning) =>
      h('p', { class: 'warning' }, warningIcon(), h('span', {}, warning.message)),
    ),
    textPart(result, actions),
    h('h3', {}, 'Labels'),
    labelBars(score.labels, score.label, score.tie),
    h(
      'p',
      { class: 'mass' },
      h(
        'span',
        { title: 'Probability that the answer is any of the labels, before it is shared out among them.' },
        'Label mass',
      ),
      ' ',
      h('strong', {}, formatPercent(score.labelMass)),
    ),
    h('h3', { id: 'tokens-title' }, 'Likeliest first tokens'),
    score.tokens === undefined
      ? h(
          'p',
          {},
          button('Read Tokens', { secondary: true, key: 'tokens' }, () => actions.readTokens(result.id)),
        )
      : tokenTable(score.tokens),
    h('h3', {}, 'How it was made'),
    facts(result),
  );
}

function textPart(result: ResultDetail, actions: ResultActions): HTMLElement {
  const status = STATUS_WORDS[result.status];
  return h(
    'figure',
    { class: 'text' },
    h(
      'blockquote',
      { dir: 'auto', tabindex: 0, 'aria-label': 'Classified text' },
      result.text,
      result.textCut ? '…' : undefined,
    ),
    h(
      'figcaption',
      {},
      h('span', { class: 'place' }, result.place, status === '' ? '' : `, ${status}`),
      result.status === 'edited'
        ? undefined
        : button('Go to Text', { secondary: true, key: 'reveal' }, () => actions.reveal(result.id)),
    ),
    result.note === undefined ? undefined : h('p', { class: 'note' }, result.note),
  );
}

function labelBars(labels: readonly LabelScore[], winner: string, tie: boolean): HTMLElement {
  return h(
    'ul',
    { class: 'labels' },
    ...labels.map(({ label, confidence }) =>
      h(
        'li',
        { class: label === winner && !tie ? 'winner' : undefined },
        h('span', { class: 'label-name', dir: 'auto' }, visibleName(label)),
        h('span', { class: 'label-percent' }, formatPercent(confidence)),
        bar(confidence, 'label-bar'),
      ),
    ),
  );
}

function tokenTable(tokens: readonly TokenRow[]): HTMLElement {
  return h(
    'table',
    { class: 'tokens', 'aria-labelledby': 'tokens-title' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col', class: 'number', 'aria-label': 'Rank' }, '#'),
        h('th', { scope: 'col' }, 'Token'),
        h('th', { scope: 'col', class: 'number' }, 'Prob.'),
        h('th', { scope: 'col', class: 'number', title: 'Natural logarithm of the probability' }, 'log p'),
        h('th', { scope: 'col' }, 'Label'),
      ),
    ),
    h('tbody', {}, ...tokens.map(tokenRow)),
  );
}

function tokenRow(row: TokenRow): HTMLElement {
  const probability = Math.exp(row.logProb);
  return h(
    'tr',
    { class: row.label === undefined ? undefined : 'counts' },
    h('td', { class: 'number rank' }, String(row.rank)),
    h(
      'th',
      { scope: 'row', class: 'token' },
      h('code', { title: visibleToken(row.text) }, visibleToken(row.text)),
    ),
    h(
      'td',
      { class: 'number probability', title: `probability ${probability.toPrecision(4)}` },
      formatPercent(probability),
      bar(probability, 'token-bar'),
    ),
    h('td', { class: 'number' }, formatLogProb(row.logProb)),
    h(
      'td',
      { class: 'token-label', dir: 'auto' },
      row.label === undefined
        ? h('span', {}, h('span', { 'aria-hidden': 'true' }, '–'), h('span', { class: 'unseen' }, 'none'))
        : h('span', { class: 'clipped', title: visibleName(row.label) }, visibleName(row.label)),
    ),
  );
}

function facts(result: ResultDetail): HTMLElement {
  const time =
    result.batch === 1 ? formatMs(result.ms) : `${formatMs(result.ms)} for ${result.batch} texts together`;
  const entries: readonly (readonly [string, string])[] = [
    ['Classifier', visibleName(result.classifier)],
    ['Read from', methodInWords(result.score.method)],
    ['Model', visibleName(result.model)],
    ['Device', visibleName(result.device)],
    ['Took', time],
    ['At', new Date(result.at).toLocaleTimeString()],
  ];
  return h(
    'dl',
    { class: 'facts' },
    ...entries.flatMap(([term, value]) => [h('dt', {}, term), h('dd', {}, value)]),
  );
}
