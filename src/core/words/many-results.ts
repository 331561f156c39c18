/** Many results in words: how often each label and each bucket occurs. */
import type { Calibration } from '../calibration/calibrated-score';
import type { Bucket } from '../model/buckets';
import { bucketTone, BUCKET_SHAPES } from '../decisions/bucket-mark';
import type { Score } from '../scoring/score';
import { RAW, winnerOf } from './calibrated-score';
import { count } from './calibration';
import { excerpt, isDoubtful } from './score';

export interface ShownResult {
  readonly score: Score;
  readonly calibration: Calibration | undefined;
}

/** Labels and how many results have them, the most frequent first. */
export type LabelCounts = readonly (readonly [label: string, results: number])[];

export function labelCounts(results: readonly ShownResult[]): LabelCounts {
  const counts = new Map<string, number>();
  for (const result of results) {
    const { label } = winnerOf(result);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/**
 * Whether a person should look at a text: its figures are marked, or its confidence is below the highest bucket. What is
 * doubtful about all results, such as another backend, makes none of them more doubtful than the others.
 */
export function needsLook(result: ShownResult, buckets: readonly Bucket[]): boolean {
  const { score, calibration } = result;
  const isMarked =
    isDoubtful(score) || (calibration?.kind === 'calibrated' && calibration.score.anotherLikelier);
  return isMarked || winnerOf(result).confidence < (buckets[0]?.low ?? 0);
}

/** Labels that are named; the others are counted. */
const LABELS_NAMED = 6;

/** From this share of results on, and from this number, one label is said to dominate. */
const DOMINANT_SHARE = 0.9;
const DOMINANT_FROM = 10;

/** "8 positive, 4 negative", "12 of 12 positive" */
export function labelsInWords(counts: LabelCounts): string {
  const all = counts.reduce((sum, [, results]) => sum + results, 0);
  const [first] = counts;
  if (first !== undefined && counts.length === 1) return `${number(all)} of ${number(all)} ${nameOf(first)}`;
  const named = counts.slice(0, LABELS_NAMED).map((entry) => `${number(entry[1])} ${nameOf(entry)}`);
  const more = counts.length - named.length;
  return [...named, ...(more > 0 ? [count(more, 'more label')] : [])].join(', ');
}

/** A sentence about a label that nearly all results have; undefined if there is none. */
export function dominanceInWords(counts: LabelCounts): string | undefined {
  const all = counts.reduce((sum, [, results]) => sum + results, 0);
  const [first] = counts;
  if (first === undefined || all < DOMINANT_FROM || first[1] < DOMINANT_SHARE * all) return undefined;
  return `${first[1] === all ? 'All' : 'Nearly all'} are ${nameOf(first)}: the model may prefer this label whatever the text says.`;
}

/** What came out for many texts, in sentences. `doubtful`: how many need a look. */
export function resultsInWords(
  results: readonly ShownResult[],
  noun: string,
  buckets: readonly Bucket[],
): { readonly message: string; readonly doubtful: number; readonly isRaw: boolean } {
  const counts = labelCounts(results);
  const doubtful = results.filter((result) => needsLook(result, buckets)).length;
  const isOwn = results.some(({ score }) => score.mode === 'multi-label');
  const isRaw = results.some(
    ({ calibration }) => calibration?.kind !== 'calibrated' && calibration?.kind !== 'each',
  );
  // That no label is right, or always one, is no wonder where each is judged by itself.
  const dominance = isOwn ? undefined : dominanceInWords(counts);
  const low = buckets[0]?.low ?? 0;
  return {
    message: [
      `${count(results.length, noun)}: ${labelsInWords(counts)}.`,
      ...(dominance === undefined ? [] : [dominance]),
      ...(isRaw ? [`${RAW}.`] : isOwn ? [] : [`${bucketsInWords(results, buckets)}.`]),
      doubtful === 0
        ? 'None is doubtful.'
        : `Doubtful: ${number(doubtful)} (below ${Number((100 * low).toPrecision(4))}%, or marked ⚠).`,
    ].join(' '),
    doubtful,
    isRaw,
  };
}

/** "3 were not classified (the first is line 6): …". Lines count from 0. */
export function failuresInWords(
  failed: number,
  first: { readonly line: number; readonly reason: string },
): string {
  const line = `line ${number(first.line + 1)}`;
  return failed === 1
    ? `1 was not classified (${line}): ${first.reason}`
    : `${number(failed)} were not classified (the first is ${line}): ${first.reason}`;
}

/** "● 3 automatic, ▲ 5 review", in the order of the buckets, without the empty ones. */
function bucketsInWords(results: readonly ShownResult[], buckets: readonly Bucket[]): string {
  return buckets
    .flatMap(({ name }, at) => {
      const inIt = results.filter(
        ({ calibration }) => calibration?.kind === 'calibrated' && calibration.score.bucket.name === name,
      ).length;
      return inIt === 0
        ? []
        : [`${BUCKET_SHAPES[bucketTone(at, buckets.length)]} ${number(inIt)} ${excerpt(name, 40)}`];
    })
    .join(', ');
}

function nameOf([label]: LabelCounts[number]): string {
  return excerpt(label, 40);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
