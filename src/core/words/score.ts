/** Scores in words and figures, shared by decoration, hover, result view and command line. */
import { visibleName } from '../encode';
import { largest } from '../extremes';
import { disagrees } from '../scoring/consistency';
import { isFromHead, isLabelMassLow, type LabelScore, type Score } from '../scoring/score';
import { confidenceMethodOf } from '../scoring/score-parts';
import { formatPercent } from './quantities';

/** A natural logarithm of a probability, two decimals, with a real minus sign. */
export function formatLogProb(logProb: number): string {
  if (logProb < -1e9) return '−∞';
  const shown = logProb.toFixed(2);
  return /^-0\.0+$/.test(shown) ? shown.slice(1) : shown.replace('-', '−');
}

/** Milliseconds: "31 ms", "1.4 s". */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** A text on one line, cut after `limit` characters as people count them (graphemes). */
export function excerpt(text: string, limit: number): string {
  // Long texts are not looked through to their end for the few characters that are shown.
  const start = text.trimStart().slice(0, limit * 32);
  const line = visibleName(start.trim());
  const characters = Array.from(GRAPHEMES.segment(line), ({ segment }) => segment);
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join('')}…`;
}

/**
 * The share of a label in figures: "≤" if only a bound is known. Where several labels are bounded, "≈": each share
 * depends on the other bounds.
 *
 * @param bounds where buckets begin
 */
export function labelPercent(
  { confidence, isBound }: Pick<LabelScore, 'confidence' | 'isBound'>,
  all: readonly Pick<LabelScore, 'isBound'>[],
  bounds: readonly number[],
): string {
  const bounded = all.filter((entry) => entry.isBound === true).length;
  return `${isBound !== true ? '' : bounded === 1 ? '≤ ' : '≈ '}${formatPercent(confidence, bounds)}`;
}

/** A bar of block characters for a probability, `width` characters wide, to an eighth of a character, padded. */
export function blockBar(probability: number, width: number): string {
  const eighths = Math.floor(Math.min(1, Math.max(0, probability)) * width * 8);
  const partial = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return `${'█'.repeat(Math.floor(eighths / 8))}${partial}`.padEnd(width, ' ');
}

type WarningKind = 'low-mass' | 'bound' | 'contradiction' | 'disagreement' | 'tie' | 'cut' | 'thought';

export interface ScoreWarning {
  readonly kind: WarningKind;
  readonly message: string;
}

/** As a percentage; "not applicable" where the model can answer nothing but a label. */
export function labelMassInWords({ labelMass }: Pick<Score, 'labelMass'>): string {
  return labelMass === null ? 'not applicable' : formatPercent(labelMass);
}

/**
 * Reasons to doubt a score, in words; the most important first.
 *
 * @param bounds where buckets begin; those of the default buckets if absent
 */
export function scoreWarnings(score: Score, bounds?: readonly number[]): ScoreWarning[] {
  const warnings: ScoreWarning[] = [];
  if (isLabelMassLow(score))
    warnings.push({
      kind: 'low-mass',
      message:
        score.mode === 'sampled'
          ? `Low label mass: only ${labelMassInWords(score)} of the sampled answers were labels. The model tends to answer something else, so the confidence means little.`
          : `Low label mass: only ${labelMassInWords(score)} of the probability is on the labels. The model tends to answer something else, so the confidence means little.${score.notes?.includes('may-think') === true ? ' Its chat template knows thoughts: it may think before it answers. Choose a model that does not, or set "prompt" of the classifier to "completion".' : ''}`,
    });
  const bounded = score.labels.filter(({ isBound }) => isBound === true).map(({ label }) => label);
  if (bounded.length > 0)
    warnings.push({
      kind: 'bound',
      message: `Not all shown: the server did not show every spelling of ${bounded.map(visibleName).join(' and ')} among the likeliest tokens. ${boundInWords(score, bounded, bounds)}`,
    });
  if (score.notes?.includes('chosen-differs') === true)
    warnings.push({
      kind: 'contradiction',
      message:
        'Contradiction: the server gives two probabilities for the token that it chose. The one of the token itself is used.',
    });
  if (disagrees(score))
    warnings.push({
      kind: 'disagreement',
      message: `Disagreement: most sampled answers are ${visibleName(score.agreement?.label ?? '')}, but the token probability favours ${visibleName(tokenLabel(score))}.`,
    });
  if (score.tie)
    warnings.push({
      kind: 'tie',
      message: `Tie: ${tiedLabels(score).map(visibleName).join(' and ')} are exactly equal.${tieBreak(score)}`,
    });
  if (score.cutTokens > 0)
    warnings.push({
      kind: 'cut',
      message: `Text cut: ${score.cutTokens} of its ${score.textTokens} tokens were ${isFromHead(score.mode) ? 'left out, because it is longer than the model allows' : 'cut from its middle, because it is longer than the classifier allows'}.`,
    });
  if (score.notes?.includes('answer-opened') === true)
    warnings.push({
      kind: 'thought',
      message:
        "Thought closed: the model's chat template ends with an open thought or before a channel. The prompt was continued to the answer.",
    });
  return warnings;
}

/** What the confidence of the winner means where some labels are only bounded. */
function boundInWords(
  { label, confidence }: Score,
  bounded: readonly string[],
  bounds: readonly number[] | undefined,
): string {
  const name = visibleName(label);
  const percent = formatPercent(confidence, bounds);
  if (!bounded.includes(label))
    return `The number shown is an upper bound, so ${name} has at least its ${percent}.`;
  return bounded.length === 1
    ? `The number shown is an upper bound, so ${name} has at most its ${percent}.`
    : `The probabilities of these labels are upper bounds, so the confidence of ${name} may be lower or higher than ${percent}.`;
}

/** True if the figures should not be shown without a warning. */
export function isDoubtful(score: Score): boolean {
  return score.tie || isLabelMassLow(score) || disagrees(score);
}

/** What the confidence of a score is called. */
export function confidenceName(score: Score): string {
  // One output stands for one label: nothing is combined.
  if (score.mode === 'head') return 'confidence';
  if (score.mode === 'multi-label') return 'the least sure decision';
  switch (confidenceMethodOf(score)) {
    case 'token-probability':
      return 'combined confidence';
    case 'consistency':
      return 'agreement';
    case 'ensemble':
      return 'ensemble confidence';
  }
}

/** The result of sampling, line by line; empty if no answers were sampled. */
export function agreementLines({ agreement, tokenLabels, labels }: Score): string[] {
  if (agreement === undefined) return [];
  const { samples, counts, unparsed, temperature, variants, answerRate } = agreement;
  const counted = labels.map(({ label }, k) => `${visibleName(label)} ${counts[k] ?? 0}`);
  const shares = tokenLabels?.map(
    ({ label, confidence }) => `${visibleName(label)} ${formatPercent(confidence)}`,
  );
  return [
    `${samples} answers: ${[...counted, `no label ${unparsed}`].join(', ')}`,
    `the model answers ${visibleName(agreement.label)} in ${formatPercent(answerRate.low)} to ${formatPercent(answerRate.high)} of cases (95% range of its answer rate, not of its accuracy)`,
    `sampled at ${temperature === null ? 'a temperature that the provider does not report' : `temperature ${temperature}`}, ${variants === 'permuted' ? 'with the examples and labels of the prompt permuted' : 'all from the same prompt (if an answer is one token, this only adds noise to the token probability)'}`,
    ...(shares === undefined ? [] : [`token probability: ${shares.join(', ')}`]),
  ];
}

/** A logit, three decimals, with a real minus sign. */
export function formatLogit(logit: number): string {
  const shown = logit.toFixed(3);
  return /^-0\.0+$/.test(shown) ? shown.slice(1) : shown.replace('-', '−');
}

/** The output that stands for a label: "output 3, logit −0.084"; empty where no output does. */
export function outputInWords({ output }: Pick<LabelScore, 'output'>): string {
  return output === undefined ? '' : `output ${output.index}, logit ${formatLogit(output.logit)}`;
}

/** The scoring mode, in words. */
export function modeInWords(mode: Score['mode']): string {
  switch (mode) {
    case 'first-token':
      return 'first token';
    case 'sequence':
      return 'whole label sequences';
    case 'sampled':
      return 'sampled answers';
    case 'head':
      return 'outputs of the model';
    case 'multi-label':
      return 'outputs of the model, each by itself';
  }
}

/** The labels that share the highest score. */
export function tiedLabels(score: Score): string[] {
  const best = largest(score.labels.map((entry) => entry.logProb));
  return score.labels.filter((entry) => entry.logProb === best).map((entry) => entry.label);
}

/** How a tie among sampled answers was broken. */
function tieBreak({ mode, label, agreement }: Score): string {
  if (mode !== 'sampled' || agreement === undefined) return '';
  const by =
    agreement.tieBrokenBy === 'token-probability' ? 'its token probability is higher' : 'it is listed first';
  return ` ${visibleName(label)} is taken because ${by}.`;
}

/** The label with the highest token probability, of a score that knows both. */
function tokenLabel({ tokenLabels = [] }: Score): string {
  const best = largest(tokenLabels.map(({ logProb }) => logProb));
  return tokenLabels.find(({ logProb }) => logProb === best)?.label ?? '';
}
