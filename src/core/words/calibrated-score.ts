/** Calibrated scores in words, shared by decoration, hover, result view and command line. */
import type { CalibratedBy, CalibratedScore, Calibration } from '../calibration/calibrated-score';
import { BUCKET_SHAPES, type MarkedBucket } from '../decisions/bucket-mark';
import { formatPercent, formatRowShare } from './quantities';
import { visibleName } from '../encode';
import { excerpt, isDoubtful, labelMassInWords, tiedLabels } from './score';
import { largest } from '../extremes';
import { decided, isRight } from '../scoring/decided';
import { isLabelMassLow, type LabelScore, type Score } from '../scoring/score';

/** What is known of a text. */
export interface ShownScore<S = Score> {
  readonly score: S;
  /** The score after the calibrator that the classifier names; undefined if it names none. */
  readonly calibration?: Calibration | undefined;
  /** Where the classifier's buckets begin, in [0, 1]. No figure, raw or calibrated, is rounded over them. */
  readonly bounds: readonly number[];
}

type Winner = Pick<Score, 'label' | 'confidence'>;

/** One of the labels that do not exclude each other, as it is shown. */
export interface OwnLabel extends Pick<LabelScore, 'label' | 'output'> {
  /** P(label), calibrated if possible, and raw. */
  readonly confidence: number;
  readonly raw: number;
  readonly threshold: number;
  /** Whether it is right: from its threshold on. */
  readonly isRight: boolean;
  /** Its calibrator; null: raw. */
  readonly by: string | null;
}

/** The labels of a score whose labels do not exclude each other, in its order; null for any other score. */
export function ownLabels({
  score,
  calibration,
}: Pick<ShownScore, 'score' | 'calibration'>): OwnLabel[] | null {
  if (score.mode !== 'multi-label') return null;
  const calibrated = calibration?.kind === 'each' ? calibration.labels : [];
  return score.labels.map(({ label, output, confidence: raw, threshold = 1 }) => {
    const own = calibrated.find((entry) => entry.label === label);
    const confidence = own?.confidence ?? raw;
    return {
      label,
      ...(output === undefined ? {} : { output }),
      confidence,
      raw,
      threshold,
      isRight: isRight({ label, confidence, threshold }),
      by: own === undefined || own.confidence === null ? null : own.by,
    };
  });
}

/** P(label), never rounded over its threshold. */
function ownPercent({ confidence, threshold }: OwnLabel, bounds: readonly number[]): string {
  return formatPercent(confidence, [...bounds, threshold]);
}

/** The labels that are right, the likeliest first. */
export function surestFirst(own: readonly OwnLabel[]): OwnLabel[] {
  return own.filter((entry) => entry.isRight).sort((a, b) => b.confidence - a.confidence);
}

/** "97.0%", "97.0%, raw 63.9%", "41.0%, yes from 30.0%": where a calibrator or another threshold than one half counts. */
export function ownFigures(own: OwnLabel, bounds: readonly number[]): string {
  const { raw, threshold, by } = own;
  return [
    ownPercent(own, bounds).padStart(6),
    ...(by === null ? [] : [`raw ${formatPercent(raw, bounds)}`]),
    ...(threshold === 0.5 ? [] : [`yes from ${formatPercent(threshold)}`]),
  ].join(', ');
}

/** What is shown of a score first, as a label and its confidence: calibrated if possible, otherwise raw. */
export function winnerOf({ score, calibration }: Pick<ShownScore, 'score' | 'calibration'>): Winner {
  if (calibration?.kind === 'calibrated') return calibration.score;
  const own = ownLabels({ score, calibration });
  return own === null ? score : decided(own);
}

/**
 * The label and confidence to show first: calibrated if possible, otherwise raw. Of labels that do not exclude each other,
 * those that are right, each before its own, the likeliest first ("insult 64.6%, toxic" and "47.7%"); if none is, what each
 * is at most.
 */
export function headline({ score, calibration, bounds }: ShownScore): {
  readonly label: string;
  readonly percent: string;
} {
  const own = ownLabels({ score, calibration });
  if (own !== null) {
    const right = surestFirst(own);
    const last = right.at(-1);
    if (last === undefined)
      return {
        label: decided(own).label,
        percent: `each at most ${formatPercent(largest(own.map((entry) => entry.confidence)), bounds)}`,
      };
    const before = right.slice(0, -1).map((entry) => `${entry.label} ${ownPercent(entry, bounds)}, `);
    return { label: `${before.join('')}${last.label}`, percent: ownPercent(last, bounds) };
  }
  const { label, confidence } = calibration?.kind === 'calibrated' ? calibration.score : score;
  return { label, percent: formatPercent(confidence, bounds) };
}

/** The raw score beside the calibrated one, with its label if that differs: "raw 63.9%", "raw: spam 63.9%". */
export function rawInWords(
  { score, bounds }: ShownScore<Winner>,
  calibrated: Pick<CalibratedScore, 'labelChanged'>,
): string {
  const percent = formatPercent(score.confidence, bounds);
  return calibrated.labelChanged ? `raw: ${visibleName(score.label)} ${percent}` : `raw ${percent}`;
}

/** "▲ review, raw 63.9%" */
export function bucketAndRaw(
  shown: ShownScore<Winner>,
  calibrated: Pick<CalibratedScore, 'bucket' | 'labelChanged'>,
): string {
  return `${bucketInWords(calibrated.bucket)}, ${rawInWords(shown, calibrated)}`;
}

/** Characters of the note after a text. The hover says what is left out. */
const NOTE_LIMIT = 48;
/** The column where a note ends at the latest: beyond it, the minimap of a window of 1,280 pixels covers it. */
const LAST_COLUMN = 80;
const LABEL_LIMIT = 20;

/**
 * Label and confidence in one short line, after a text: "spam 97.0% ● automatic, raw 63.9%", "spam 63.9%, raw".
 *
 * @param column where the text ends: after a long one there is room for the most important parts alone
 */
export function lineNote(shown: ShownScore, column = 0): string {
  const room = Math.min(NOTE_LIMIT, LAST_COLUMN - column);
  const { score, calibration, bounds } = shown;
  const own = ownLabels(shown);
  if (own !== null) return ownNote(shown, own, room);
  const mark = isDoubtful(score) || needsNote(calibration) ? '⚠ ' : '';
  const mass = isLabelMassLow(score) ? [`, label mass ${labelMassInWords(score)}`] : [];
  if (calibration?.kind !== 'calibrated')
    return withRoomFor(
      `${mark}${rawInShort(shown)}${calibration === undefined ? ', raw' : ', not calibrated'}`,
      mass,
      room,
    );
  const { label, confidence, bucket } = calibration.score;
  return withRoomFor(
    `${mark}${excerpt(label, LABEL_LIMIT)} ${formatPercent(confidence, bounds)} ${BUCKET_SHAPES[bucket.tone]}`,
    [` ${excerpt(bucket.name, NOTE_LIMIT)}`, ...mass, `, ${rawInWords(shown, calibration.score)}`],
    room,
  );
}

/** "toxic 97.0%, insult 63.9%, raw", "none of 3 labels: each at most 12.0%, calibrated"; the surest first, as many as there is room for. */
function ownNote(shown: ShownScore, own: readonly OwnLabel[], room: number): string {
  const { calibration, bounds } = shown;
  const mark = needsNote(calibration) ? '⚠ ' : '';
  const right = surestFirst(own);
  const by = own.filter((entry) => entry.by !== null).length;
  const how = by === 0 ? ', raw' : by === own.length ? ', calibrated' : ', partly calibrated';
  if (right.length === 0) {
    const { label, percent } = headline(shown);
    return `${mark}${withRoomFor(label, [`: ${percent}`, how], room)}`;
  }
  const names = right.map((entry) => `${excerpt(entry.label, LABEL_LIMIT)} ${ownPercent(entry, bounds)}`);
  let shownNames = 1;
  while (shownNames < names.length && names.slice(0, shownNames + 1).join(', ').length <= room) shownNames++;
  const more = names.length - shownNames;
  const text = `${names.slice(0, shownNames).join(', ')}${more === 0 ? '' : ` +${more}`}`;
  return `${mark}${withRoomFor(text, [how], room)}`;
}

function rawInShort({ score, bounds }: ShownScore): string {
  const percent = formatPercent(score.confidence, bounds);
  if (!score.tie) return `${excerpt(score.label, LABEL_LIMIT)} ${percent}`;
  const tied = tiedLabels(score);
  const names = tied.map((label) => excerpt(label, LABEL_LIMIT)).join(' = ');
  return `tie: ${names.length <= LABEL_LIMIT ? names : `${tied.length} labels`} ${percent}`;
}

/** Adds the parts that there is room for, the most important first. */
function withRoomFor(start: string, parts: readonly string[], room: number): string {
  return parts.reduce((note, part) => (note.length + part.length <= room ? `${note}${part}` : note), start);
}

/** "beta on labels, fitted on 2,000 rows" */
export function calibratorInWords({ method, on, n }: Pick<CalibratedBy, 'method' | 'on' | 'n'>): string {
  return `${method} on ${on}, fitted on ${n.toLocaleString('en-US')} rows`;
}

/** The note for a confidence that no calibrator is named for. */
export const RAW = 'Raw, not calibrated';

/** The note for a confidence below 1/K. */
export const ANOTHER_LIKELIER =
  'Another label is likelier: the calibrated confidence of this one is below that of a guess, but a calibrator on confidence does not show which one.';

/** How good the calibrator is and what else is to be known of its numbers, in sentences; none of it is a doubt. */
export function calibrationFacts(calibration: Calibration | undefined): string[] {
  if (calibration?.kind === 'each') {
    const by = calibration.labels.filter(({ confidence }) => confidence !== null);
    if (by.length === 0) return [];
    return [`Calibrated: ${by.map((entry) => `${entry.label} by ${entry.by}`).join(', ')}.`];
  }
  if (calibration?.kind !== 'calibrated') return [];
  const { measured } = calibration.by;
  const figures =
    measured === null
      ? []
      : [
          `Of the rows that it did not see, ${formatRowShare(measured.accuracy)} are correct at a mean confidence of ${formatPercent(measured.confidence)} (ECE ${measured.ece.toFixed(3)}).`,
        ];
  return [...figures, ...calibration.notes];
}

/** Reasons to doubt a calibrated confidence, or why there is none, in sentences. */
export function calibrationNotes(calibration: Calibration | undefined): string[] {
  if (calibration === undefined) return [];
  if (calibration.kind === 'raw') return [calibration.reason];
  if (calibration.kind === 'each')
    return calibration.labels.flatMap(({ label, notes }) => notes.map((note) => `${label}: ${note}`));
  const { score, warnings } = calibration;
  return [...(score.anotherLikelier ? [ANOTHER_LIKELIER] : []), ...warnings];
}

/** True if the figures should not be shown without those notes. */
export function needsNote(calibration: Calibration | undefined): boolean {
  return calibration !== undefined && calibrationNotes(calibration).length > 0;
}

/** "▲ review" */
function bucketInWords({ name, tone }: Pick<MarkedBucket, 'name' | 'tone'>): string {
  return `${BUCKET_SHAPES[tone]} ${name}`;
}
