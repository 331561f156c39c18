import type { ConfidenceMethod } from '../../core/model/confidence-method';
import { YES } from '../../core/data/multi-label';
import type { Score } from '../../core/scoring/score';
import { scoreBy, scoringOf } from '../../core/scoring/score-parts';
import type { Binding } from '../../core/model/binding';
import { scoreWarnings } from '../../core/words/score';

/** Column prefixes of a table with several confidence methods, and the method of each. */
export const METHOD_PREFIXES = {
  token: 'token-probability',
  consistency: 'consistency',
  ensemble: 'ensemble',
} as const satisfies Readonly<Record<string, ConfidenceMethod>>;
export type MethodPrefix = keyof typeof METHOD_PREFIXES;

/** The columns of one method: with its prefix, or without one if the table has no other method. */
interface MethodColumns {
  readonly prefix: MethodPrefix | '';
  readonly method: ConfidenceMethod;
  /** Whether `label_bound` is among them. */
  readonly hasBound: boolean;
}

export interface ScoreCells {
  /** The method that a row must be scored by so that all of the columns can be filled. */
  readonly scoredBy: ConfidenceMethod;
  /** Names of the columns that are added. */
  readonly header: readonly string[];
  /** Their cells. Numbers are written in full: reading them back gives the same bits. */
  cells(score: Score): readonly string[];
  /** How the columns under each prefix ("" for none) were scored, derived from any one score; for the table's meta file. */
  scoring(score: Score): Readonly<Record<string, Binding['scoring']>>;
  /** The cells of a row without a score. */
  failed(reason: string): readonly string[];
}

/**
 * For each method: `logprob:<label>`, `label_mass`, `predicted`, `confidence`; for consistency also `count:<label>`
 * and `count_unparsed`. Once, at the end: `score_warnings`, why the scores of a row are to be doubted ("low-mass cut"),
 * and `score_error`, with the reason where a row has no score.
 *
 * `logprob:<label>` is ln P(label) over all answers; for consistency ln a_k, the smoothed rate of that answer, whose
 * sum with that of unparsed answers is 1, while `confidence` is n_k / N itself and `label_mass` the share of answers
 * that were a label; for the ensemble ln q_k, which sums to 1 over the labels.
 *
 * `label_bound`, of sources that show only their likeliest tokens: the labels whose `logprob:` is only an upper bound,
 * as a JSON list; empty where every score is exact. Sampled answers are counted, so consistency has none.
 *
 * @param labels in the classifier's order
 * @param method the classifier's confidence method
 * @param prefixes the methods asked for, each with its prefix; null for the classifier's own, without
 * @param canBound whether the source may show only a bound for a label
 * @param isMultiLabel whether labels do not exclude each other: then `yes:<label>` is the probability of each by itself
 */
export function scoreCells(
  labels: readonly string[],
  method: ConfidenceMethod,
  prefixes: readonly MethodPrefix[] | null,
  canBound: boolean,
  isMultiLabel = false,
): ScoreCells {
  if (isMultiLabel) return ownCells(labels, method);
  const columnsOf = (prefix: MethodPrefix | '', method: ConfidenceMethod): MethodColumns => ({
    prefix,
    method,
    hasBound: canBound && method !== 'consistency',
  });
  const methods =
    prefixes === null
      ? [columnsOf('', method)]
      : prefixes.map((prefix) => columnsOf(prefix, METHOD_PREFIXES[prefix]));
  const [first] = methods;
  const scoredBy = methods.length === 1 && first !== undefined ? first.method : 'ensemble';
  const header = [
    ...methods.flatMap((columns) => headerOf(columns, labels)),
    'score_warnings',
    'score_error',
  ];
  return {
    scoredBy,
    header,
    cells: (score) => [
      ...methods.flatMap(({ method, hasBound }) => cellsOf(partOf(method, score), hasBound)),
      warningsOf(methods.map(({ method }) => partOf(method, score))),
      '',
    ],
    scoring: (score) =>
      Object.fromEntries(methods.map(({ prefix, method }) => [prefix, scoringOf(partOf(method, score))])),
    failed: (reason) => [...header.slice(1).map(() => ''), reason],
  };
}

/** A row has no predicted label and no confidence: each label has its own. */
function ownCells(labels: readonly string[], method: ConfidenceMethod): ScoreCells {
  const header = [...labels.map((label) => `${YES}${label}`), 'score_warnings', 'score_error'];
  return {
    scoredBy: method,
    header,
    cells: (score) => [...score.labels.map(({ confidence }) => String(confidence)), warningsOf([score]), ''],
    scoring: (score) => ({ '': scoringOf(score) }),
    failed: (reason) => [...header.slice(1).map(() => ''), reason],
  };
}

/** The kinds of warnings about a row, each once. */
function warningsOf(parts: readonly Score[]): string {
  const kinds = parts.flatMap((part) => scoreWarnings(part).map(({ kind }) => kind));
  return [...new Set(kinds)].join(' ');
}

function headerOf({ prefix, method, hasBound }: MethodColumns, labels: readonly string[]): string[] {
  const names = [
    ...labels.map((label) => `logprob:${label}`),
    'label_mass',
    'predicted',
    'confidence',
    ...(hasBound ? ['label_bound'] : []),
    ...(method === 'consistency' ? [...labels.map((label) => `count:${label}`), 'count_unparsed'] : []),
  ];
  return prefix === '' ? names : names.map((name) => `${prefix}/${name}`);
}

function partOf(method: ConfidenceMethod, score: Score): Score {
  const part = scoreBy(method, score);
  if (part === undefined) throw new Error(`the score was not made by ${method}`);
  return part;
}

function cellsOf(
  { labels, labelMass, label, confidence, mode, agreement }: Score,
  hasBound: boolean,
): string[] {
  // If labels are sampled equally often, the one with the higher token probability is predicted, so its score is raised
  // very slightly.
  const hair = mode === 'sampled' && agreement?.tieBrokenBy === 'token-probability' ? 1 - 2e-11 : 1;
  const bounds = labels.filter(({ isBound }) => isBound === true).map((entry) => entry.label);
  return [
    ...labels.map((entry) => String(entry.label === label ? entry.logProb * hair : entry.logProb)),
    labelMass === null ? '' : String(labelMass),
    label,
    String(confidence),
    ...(hasBound ? [bounds.length === 0 ? '' : JSON.stringify(bounds)] : []),
    ...(mode === 'sampled' && agreement !== undefined
      ? [...agreement.counts, agreement.unparsed].map(String)
      : []),
  ];
}
