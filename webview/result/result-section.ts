/** One result in full. */
import {
  calibrationFacts,
  calibrationNotes,
  calibratorInWords,
  headline,
  needsNote,
  type OwnLabel,
  ownLabels,
  RAW,
  rawInWords,
} from '../../src/core/words/calibrated-score';
import type { Calibration } from '../../src/core/calibration/calibrated-score';
import { formatPercent } from '../../src/core/words/quantities';
import { visibleName, visibleToken } from '../../src/core/encode';
import {
  agreementLines,
  formatLogit,
  formatLogProb,
  formatMs,
  labelMassInWords,
  labelPercent,
  isDoubtful,
  modeInWords,
  scoreWarnings,
} from '../../src/core/words/score';
import { isFromHead, type LabelScore, type Score, type TokenRow } from '../../src/core/scoring/score';
import type { PageCommand, ResultDetail, TextAnswer } from '../../src/protocol/result-page';
import { bar, h, warningIcon } from '../dom';
import { button } from '../button';
import { bucketMark } from './bucket-mark';
import { labelPart } from './label-section';
import { STATUS_WORDS } from './words';

type Calibrated = Extract<Calibration, { readonly kind: 'calibrated' }>;

export interface ResultActions {
  run(command: PageCommand): void;
  reveal(id: number): void;
  readTokens(id: number): void;
  showPrompt(id: number): void;
  /** @param answer null takes the last one back */
  label(id: number, answer: TextAnswer | null): void;
}

export function resultSection(result: ResultDetail, actions: ResultActions): HTMLElement {
  const { score, calibration, bounds } = result;
  const own = ownLabels(result);
  const { label, percent } = headline(result);
  const isDoubted = isDoubtful(score) || needsNote(calibration);
  return h(
    'section',
    { 'aria-labelledby': 'verdict' },
    h(
      'h2',
      { id: 'verdict', class: isDoubted ? 'verdict doubtful' : 'verdict' },
      isDoubted ? warningIcon() : undefined,
      named('verdict-label', label),
      ' ',
      h('span', { class: 'verdict-percent' }, percent),
    ),
    calibration === undefined ? rawLine(actions) : undefined,
    calibration?.kind === 'calibrated' ? calibrationLine(result, calibration) : undefined,
    ...calibrationFacts(calibration).map((fact) => h('p', { class: 'fact' }, fact)),
    ...calibrationNotes(calibration).map((note) =>
      h('p', { class: 'warning' }, warningIcon(), h('span', {}, note)),
    ),
    ...scoreWarnings(score, bounds).map((warning) =>
      h('p', { class: 'warning' }, warningIcon(), h('span', {}, warning.message)),
    ),
    result.place === '' ? undefined : textPart(result, actions),
    h(
      'h3',
      {},
      calibration?.kind === 'calibrated' && calibration.score.on === 'confidence' ? 'Labels, raw' : 'Labels',
    ),
    own === null ? labelBars(result) : ownBars(own, bounds),
    // One label of a text is kept, which several can be here.
    result.place === '' || own !== null ? undefined : labelPart(result, actions),
    own !== null
      ? undefined
      : h(
          'p',
          { class: 'mass' },
          h(
            'span',
            { title: 'Probability that the answer is any of the labels, before normalising.' },
            'Label mass',
          ),
          ' ',
          h('strong', {}, labelMassInWords(score)),
        ),
    ...agreementPart(score),
    ...headPart(score),
    // Sampled answers alone leave no token probabilities, and a sequence classification model answers with no token.
    ...(score.mode === 'sampled' || isFromHead(score.mode) ? [] : tokenPart(result, actions)),
    h('h3', {}, 'How it was made'),
    facts(result),
    // A sequence classification model gets the text alone.
    result.place === '' || isFromHead(score.mode)
      ? undefined
      : h(
          'p',
          {},
          button('Show Prompt', { secondary: true, key: 'prompt' }, () => actions.showPrompt(result.id)),
        ),
  );
}

/** A name that is cut if it is long; its title holds all of it. */
function named(className: string, label: string): HTMLElement {
  const name = visibleName(label);
  return h('span', { class: className, dir: 'auto', title: name }, name);
}

function tokenPart({ id, score }: ResultDetail, actions: ResultActions): HTMLElement[] {
  return [
    h('h3', { id: 'tokens-title' }, 'Likeliest first tokens'),
    score.tokens === undefined
      ? h(
          'p',
          {},
          button('Read Tokens', { secondary: true, key: 'tokens' }, () => actions.readTokens(id)),
        )
      : tokenTable(score.tokens),
  ];
}

/** The outputs of a sequence classification model, each with its label. */
function headPart({ mode, labels }: Score): HTMLElement[] {
  if (!isFromHead(mode)) return [];
  return [
    h('h3', { id: 'outputs-title' }, 'Outputs of the model'),
    h(
      'table',
      { class: 'tokens', 'aria-labelledby': 'outputs-title' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col', class: 'number', 'aria-label': 'Index of the output' }, '#'),
          h('th', { scope: 'col' }, 'Label'),
          h('th', { scope: 'col', class: 'number' }, 'Logit'),
          h('th', { scope: 'col', class: 'number' }, 'Prob.'),
        ),
      ),
      h('tbody', {}, ...labels.map(outputRow)),
    ),
  ];
}

/** Of two labels with one output, the first has none of its own. */
function outputRow({ label, confidence, output }: LabelScore): HTMLElement {
  const none = (): HTMLElement =>
    h('span', {}, h('span', { 'aria-hidden': 'true' }, '–'), h('span', { class: 'unseen' }, 'none'));
  return h(
    'tr',
    {},
    h('td', { class: 'number rank' }, output === undefined ? none() : String(output.index)),
    h('th', { scope: 'row', class: 'token' }, named('clipped', label)),
    h('td', { class: 'number' }, output === undefined ? none() : formatLogit(output.logit)),
    h(
      'td',
      { class: 'number probability', title: `probability ${confidence.toPrecision(4)}` },
      formatPercent(confidence),
      bar(confidence, 'token-bar'),
    ),
  );
}

/** Counts of the sampled answers, and how they were sampled. */
function agreementPart(score: Score): HTMLElement[] {
  const lines = agreementLines(score);
  if (lines.length === 0) return [];
  return [
    h('h3', {}, 'Sampled answers'),
    h('ul', { class: 'agreement' }, ...lines.map((line) => h('li', { dir: 'auto' }, line))),
  ];
}

function textPart(result: ResultDetail, actions: ResultActions): HTMLElement {
  const status = STATUS_WORDS[result.status];
  const place = status === '' ? result.place : `${result.place}, ${status}`;
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
      h('span', { class: 'place', title: place }, place),
      result.status === 'edited'
        ? undefined
        : button('Go to Text', { secondary: true, key: 'reveal' }, () => actions.reveal(result.id)),
    ),
    result.note === undefined ? undefined : h('p', { class: 'note' }, result.note),
  );
}

/** Says that nothing has shown yet what a confidence is worth, and leads there. */
function rawLine(actions: Pick<ResultActions, 'run'>): HTMLElement {
  return h(
    'p',
    { class: 'calibrated uncalibrated' },
    h('span', {}, `${RAW}.`),
    button('Measure…', { secondary: true, key: 'measure' }, () => actions.run('measure')),
  );
}

/** The bucket of a calibrated score, and the raw score beside it. */
function calibrationLine(result: ResultDetail, { score: calibrated }: Calibrated): HTMLElement {
  return h(
    'p',
    { class: 'calibrated' },
    bucketMark(calibrated.bucket),
    ' ',
    h('span', { class: 'raw', dir: 'auto' }, `calibrated; ${rawInWords(result, calibrated)}`),
  );
}

/** A bar for every label: calibrated if possible, with the raw number beside it. */
function labelBars({ score, calibration, bounds }: ResultDetail): HTMLElement {
  const calibrated = calibration?.kind === 'calibrated' ? calibration.score : undefined;
  const winner = calibrated?.label ?? score.label;
  // A tie of the raw scores is none after a calibrator of all labels.
  const isTied = score.tie && calibrated?.on !== 'labels';
  return h(
    'ul',
    { class: 'labels' },
    ...score.labels.map((entry, k) => {
      const { label, confidence } = entry;
      const own = calibrated?.labels?.[k]?.confidence;
      return h(
        'li',
        { class: label === winner && !isTied ? 'winner' : undefined },
        named('label-name', label),
        calibrated === undefined || own === undefined
          ? h('span', { class: 'label-percent' }, labelPercent(entry, score.labels, bounds))
          : h(
              'span',
              { class: 'label-percent' },
              formatPercent(own, bounds),
              h('span', { class: 'raw' }, ` raw ${labelPercent(entry, score.labels, bounds)}`),
            ),
        bar(own ?? confidence, 'label-bar'),
      );
    }),
  );
}

/** A bar for each label by itself, with a mark at its threshold, and whether it is right; the likeliest first. */
function ownBars(own: readonly OwnLabel[], bounds: readonly number[]): HTMLElement {
  return h(
    'ul',
    { class: 'labels' },
    ...own
      .toSorted((a, b) => b.confidence - a.confidence)
      .map(({ label, confidence, raw, threshold, isRight, by }) =>
        h(
          'li',
          { class: isRight ? 'winner' : undefined },
          named('label-name', label),
          h(
            'span',
            { class: 'label-percent' },
            formatPercent(confidence, [...bounds, threshold]),
            by === null
              ? undefined
              : h(
                  'span',
                  { class: 'raw', title: `calibrated by ${by}` },
                  ` raw ${formatPercent(raw, bounds)}`,
                ),
            h('span', { class: 'own-answer' }, isRight ? ' yes' : ' no'),
            threshold === 0.5 ? undefined : h('span', { class: 'raw' }, ` from ${formatPercent(threshold)}`),
          ),
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

/** The time of today, or the date with it: results are found again days later. */
function timeInWords(at: Date, now: Date): string {
  return at.toDateString() === now.toDateString() ? at.toLocaleTimeString() : at.toLocaleString();
}

function facts(result: ResultDetail): HTMLElement {
  const { calibration } = result;
  const time =
    result.batch === 1 ? formatMs(result.ms) : `${formatMs(result.ms)} for ${result.batch} texts together`;
  const entries: readonly (readonly [string, string])[] = [
    ['Classifier', visibleName(result.classifier)],
    ...(calibration?.kind === 'calibrated'
      ? [
          [
            'Calibrator',
            `${visibleName(calibration.by.file)} (${calibratorInWords(calibration.by)})`,
          ] as const,
        ]
      : []),
    ['Read from', modeInWords(result.score.mode)],
    ['Model', visibleName(result.model)],
    ['Device', visibleName(result.device)],
    ['Took', time],
    ['At', timeInWords(new Date(result.at), new Date())],
  ];
  return h(
    'dl',
    { class: 'facts' },
    ...entries.flatMap(([term, value]) => [h('dt', {}, term), h('dd', { title: value }, value)]),
  );
}
