/** The hover as Markdown. Everything that comes from texts, files or the model is in code spans. */
import { largest } from '../../core/extremes';
import {
  bucketAndRaw,
  calibrationFacts,
  calibrationNotes,
  calibratorInWords,
  headline,
  needsNote,
  type OwnLabel,
  ownFigures,
  ownLabels,
  RAW,
  type ShownScore,
  surestFirst,
} from '../../core/words/calibrated-score';
import type { TextAnswer } from '../../protocol/result-page';
import { COMMANDS, UNSURE } from '../../protocol/manifest';
import { formatPercent } from '../../core/words/quantities';
import { codeBlock, codeSpan } from '../../core/markdown';
import { visibleName, visibleToken } from '../../core/encode';
import {
  blockBar,
  excerpt,
  formatLogProb,
  formatMs,
  labelMassInWords,
  labelPercent,
  outputInWords,
  isDoubtful,
  modeInWords,
  agreementLines,
  scoreWarnings,
} from '../../core/words/score';
import type { TokenRow } from '../../core/scoring/score';

/** What the hover needs of a result. */
export interface HoverResult extends ShownScore {
  readonly id: number;
  readonly classifier: string;
  readonly model: string;
  readonly device: string;
  readonly ms: number;
  readonly batch: number;
}

/** The commands that links of a hover may run. The editor refuses all others. */
export const HOVER_COMMANDS = [
  COMMANDS.classifySelection,
  COMMANDS.classifyWith,
  COMMANDS.showResult,
  COMMANDS.labelResult,
  COMMANDS.measure,
  COMMANDS.clearResults,
  COMMANDS.downloadModel,
  COMMANDS.chooseModel,
] as const;
type HoverCommand = (typeof HOVER_COMMANDS)[number];

const BAR_WIDTH = 16;
const NAME_WIDTH = 24;
/** Labels and tokens that a hover has room for; the result view shows all. */
const LABELS_SHOWN = 8;
const TOKENS_SHOWN = 4;

/**
 * The hover of a classified text.
 *
 * @param together what came out for all texts of the same command, if that says something about this one
 * @param said what the person said about it
 */
export function resultMarkdown(
  result: HoverResult,
  together?: string,
  said: TextAnswer | null = null,
): string {
  const { score, calibration, bounds } = result;
  const own = ownLabels(result);
  const { label, percent } = headline(result);
  const mark = isDoubtful(score) || needsNote(calibration) ? '⚠ ' : '';
  return [
    // The figure first: Markdown renderers lose count of the asterisks around code that holds backticks.
    `${mark}${own === null ? `**${figures(percent)}** ${codeSpan(visibleName(label))}` : ownHeading(own, bounds)} by ${codeSpan(visibleName(result.classifier))}`,
    ...calibrationLines(result),
    ...(together === undefined ? [] : [codeSpan(together)]),
    ...scoreWarnings(score, bounds).map(
      // The other warnings hold nothing but our own words and figures.
      ({ kind, message }) =>
        `⚠ ${kind === 'tie' || kind === 'disagreement' ? codeSpan(message) : figures(message)}`,
    ),
    codeBlock(own === null ? [...labelLines(result), ...tokenLines(score.tokens)] : ownLines(own, bounds)),
    ...agreementLines(score).map(codeSpan),
    `${own === null ? `Label mass ${figures(labelMassInWords(score))} · ` : ''}${modeInWords(score.mode)} · ${codeSpan(visibleName(result.model))} on ${codeSpan(visibleName(result.device))} · ${timeInWords(result)}`,
    ...(own === null ? [labelLinks(result, said)] : []),
    links([
      ['Show Result', COMMANDS.showResult, [result.id]],
      ['Classify With…', COMMANDS.classifyWith, []],
      ['Clear', COMMANDS.clearResults, [result.id]],
    ]),
  ].join('\n\n');
}

/**
 * The hover of a selection that was not classified.
 *
 * @param why the reason why it was not, although the setting asks for it
 */
export function offerMarkdown(selections: number, why?: string): string {
  const offer = links([
    [
      selections === 1 ? 'Classify Selection' : `Classify ${selections} Selections`,
      COMMANDS.classifySelection,
      [],
    ],
    ['Classify With…', COMMANDS.classifyWith, []],
  ]);
  return why === undefined ? offer : `${codeSpan(why)}\n\n${offer}`;
}

/** The hover of a selection that could not be classified. */
export function errorMarkdown(message: string, offersModel: boolean): string {
  const sentence = `⚠ ${codeSpan(message)}`;
  if (!offersModel) return sentence;
  return `${sentence}\n\n${links([
    ['Download Model…', COMMANDS.downloadModel, []],
    ['Choose Model…', COMMANDS.chooseModel, []],
  ])}`;
}

/** Every label is one press away, the predicted one too: to confirm costs as much as to correct. */
function labelLinks({ id, score: { labels } }: HoverResult, said: TextAnswer | null): string {
  const shown = labels
    .slice(0, LABELS_SHOWN)
    .map(
      ({ label }, index) =>
        [codeSpan(excerpt(label, NAME_WIDTH)), COMMANDS.labelResult, [id, index]] as const,
    );
  const before =
    said === null
      ? 'Your label'
      : `Your label: ${said === 'unsure' ? 'unsure' : codeSpan(visibleName(said.label))}, change`;
  return `${before}: ${links([...shown, ['Unsure', COMMANDS.labelResult, [id, UNSURE]]])}`;
}

/** The bucket and the raw score, the calibrator's file, and doubts about it. */
function calibrationLines(result: HoverResult): string[] {
  const { calibration } = result;
  if (calibration === undefined) return [`${RAW}: ${links([['Measure…', COMMANDS.measure, []]])}`];
  const notes = calibrationNotes(calibration).map((note) => `⚠ ${codeSpan(note)}`);
  if (calibration.kind !== 'calibrated') return [...calibrationFacts(calibration).map(codeSpan), ...notes];
  const { by, score: calibrated } = calibration;
  return [
    `${codeSpan(bucketAndRaw(result, calibrated))}, calibrated by ${codeSpan(by.file)} (${calibratorInWords(by)})`,
    ...calibrationFacts(calibration).map(codeSpan),
    ...notes,
  ];
}

/** Labels that a heading has room for. */
const HEADED = 3;

/** "**97.0%** `toxic`, **63.9%** `insult`", "none of 6 labels" with what each is at most. */
function ownHeading(own: readonly OwnLabel[], bounds: readonly number[]): string {
  const right = surestFirst(own);
  const percent = (confidence: number): string => `**${figures(formatPercent(confidence, bounds))}**`;
  if (right.length === 0)
    return `None of ${own.length} labels, each at most ${percent(largest(own.map(({ confidence }) => confidence)))},`;
  const named = right
    .slice(0, HEADED)
    .map(({ label, confidence }) => `${percent(confidence)} ${codeSpan(visibleName(label))}`);
  const more = right.length - named.length;
  return `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

/** Each label by itself: whether it is right, its probability, and its output. */
function ownLines(own: readonly OwnLabel[], bounds: readonly number[]): string[] {
  const shown = own.toSorted((a, b) => b.confidence - a.confidence).slice(0, LABELS_SHOWN);
  const names = shown.map(({ label }) => excerpt(label, NAME_WIDTH));
  const width = largest(names.map(displayWidth));
  const lines = shown.map((label, index) =>
    `${label.isRight ? 'yes' : 'no '} ${pad(names[index] ?? '', width)} ${blockBar(label.confidence, BAR_WIDTH)} ${ownFigures(label, bounds)}  ${outputInWords(label)}`.trimEnd(),
  );
  return own.length > shown.length ? [...lines, `… and ${own.length - shown.length} more labels`] : lines;
}

function labelLines({ score: { labels: raw }, calibration, bounds }: HoverResult): string[] {
  const calibrated = calibration?.kind === 'calibrated' ? calibration.score : null;
  const labels = raw.map((entry, k) => {
    const { label, confidence } = entry;
    const own = calibrated?.labels?.[k]?.confidence;
    const before = labelPercent(entry, raw, bounds).padStart(7);
    return {
      label,
      confidence: own ?? confidence,
      figures:
        calibrated === null || own === undefined
          ? before
          : `${formatPercent(own, bounds).padStart(7)}  raw ${before}`,
      output: outputInWords(entry),
    };
  });
  const shown = labels.toSorted((a, b) => b.confidence - a.confidence).slice(0, LABELS_SHOWN);
  const names = shown.map((entry) => excerpt(entry.label, NAME_WIDTH));
  const width = largest(names.map(displayWidth));
  const lines = shown.map(({ confidence, figures: shownFigures, output }, index) =>
    `${pad(names[index] ?? '', width)} ${blockBar(confidence, BAR_WIDTH)} ${shownFigures}  ${output}`.trimEnd(),
  );
  return labels.length > shown.length
    ? [...lines, `… and ${labels.length - shown.length} more labels`]
    : lines;
}

function tokenLines(tokens: readonly TokenRow[] | undefined): string[] {
  if (tokens === undefined || tokens.length === 0) return [];
  const rows = tokens.slice(0, TOKENS_SHOWN).map((row) => ({
    probability: formatPercent(Math.exp(row.logProb)),
    logProb: formatLogProb(row.logProb),
    token: excerpt(visibleToken(row.text), NAME_WIDTH),
    label: row.label === undefined ? '' : excerpt(row.label, NAME_WIDTH),
  }));
  const header = { probability: 'prob.', logProb: 'log p', token: 'first token', label: 'label' };
  const width = largest([header, ...rows].map((row) => displayWidth(row.token)));
  return [
    '',
    ...[header, ...rows].map(({ probability, logProb, token, label }) =>
      `${probability.padStart(7)} ${logProb.padStart(7)}  ${pad(token, width)}  ${label}`.trimEnd(),
    ),
  ];
}

function timeInWords({ ms, batch }: HoverResult): string {
  return batch === 1 ? formatMs(ms) : `${formatMs(ms)} for ${batch} texts`;
}

/** Escapes our own numbers, because "<" and ">" are Markdown. */
function figures(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function links(entries: readonly (readonly [string, HoverCommand, readonly number[]])[]): string {
  return entries
    .map(([title, command, args]) => {
      const query = args.length === 0 ? '' : `?${encodeURIComponent(JSON.stringify(args))}`;
      return `[${title}](command:${command}${query})`;
    })
    .join(' · ');
}

/** Columns in a monospaced font: East Asian characters and emoji take two, marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}
