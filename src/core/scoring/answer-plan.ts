/**
 * Which tokens must be read to compute the probability of every label.
 *
 * A spelling is a path of tokens after the prompt. Two ways to read the answer:
 * - *first token*: P(label) = sum over the distinct first tokens of its spellings. One decode.
 * - *sequence*: P(label) = sum over the spellings of the product of their token probabilities, each given the tokens
 *   before it. The spellings form a trie, so that a shared beginning is evaluated once.
 *
 * The events of the labels are disjoint, so their sum is the label mass and never exceeds 1:
 * a spelling whose path continues to another label's spelling ("no", "not sure") counts only where the answer *ends*
 * after it; a spelling that continues another of the same label is already part of it.
 */
import { UserError } from '../user-error';
import { logSumExp } from './log-space';

/** The token ids of every spelling: [label][spelling][position]. No path is empty. */
export type SpellingPaths = readonly (readonly (readonly number[])[])[];

export type AnswerMode = 'first-token' | 'sequence';

/** Read the distribution after `path` (which follows the prompt), at these tokens. */
interface NodeRead {
  readonly path: readonly number[];
  readonly tokens: readonly number[];
}

/** One disjoint way to give a label: walk `path`, then, where `ends`, any token that ends the answer. */
interface AnswerEvent {
  readonly label: number;
  readonly path: readonly number[];
  readonly ends: boolean;
}

export interface AnswerPlan {
  readonly method: AnswerMode;
  readonly labelCount: number;
  readonly events: readonly AnswerEvent[];
  readonly endTokens: readonly number[];
  /** Every distribution that is needed, the prompt's own (empty path) first, parents before children. */
  readonly reads: readonly NodeRead[];
  /** Which label a first token belongs to, for the token table; -1 where several share it. */
  readonly firstTokenLabel: ReadonlyMap<number, number>;
}

/** log p(token | prompt, path), natural logarithm. */
export type LogProbAt = (path: readonly number[], token: number) => number;

/**
 * @param names label names, for messages
 * @param endTokens tokens that end an answer (end of turn, line break, punctuation); used only where a spelling is the
 *   beginning of another label's
 * @throws UserError `labels-indistinct` where two labels are the same tokens, or where the first token was asked for
 *   and does not distinguish labels
 */
export function planAnswer(
  paths: SpellingPaths,
  scoring: 'auto' | AnswerMode,
  names: readonly string[],
  endTokens: readonly number[],
): AnswerPlan {
  const firstTokenLabel = new Map<number, number>();
  paths.forEach((spellings, label) => {
    for (const [first] of spellings) {
      if (first === undefined) continue;
      const other = firstTokenLabel.get(first);
      firstTokenLabel.set(first, other === undefined || other === label ? label : -1);
    }
  });
  const distinct = ![...firstTokenLabel.values()].includes(-1);
  if (scoring === 'first-token' && !distinct)
    throw new UserError(
      'labels-indistinct',
      `The labels ${names.join(', ')} cannot be distinguished by the first token of the answer with this model. Set "scoring" to "auto" or "sequence".`,
    );
  const method: AnswerMode = distinct && scoring !== 'sequence' ? 'first-token' : 'sequence';
  const events =
    method === 'first-token'
      ? [...firstTokenLabel].map(([token, label]) => ({ label, path: [token], ends: false }))
      : sequenceEvents(paths, names);
  return {
    method,
    labelCount: paths.length,
    events,
    endTokens,
    reads: readsOf(events, endTokens),
    firstTokenLabel,
  };
}

function startsWith(path: readonly number[], prefix: readonly number[]): boolean {
  return prefix.length <= path.length && prefix.every((token, index) => path[index] === token);
}

function sequenceEvents(paths: SpellingPaths, names: readonly string[]): AnswerEvent[] {
  const byKey = new Map<string, { label: number; path: readonly number[] }>();
  paths.forEach((spellings, label) => {
    for (const path of spellings) {
      const key = path.join(' ');
      const other = byKey.get(key);
      if (other !== undefined && other.label !== label)
        throw new UserError(
          'labels-indistinct',
          `The labels "${names[other.label] ?? ''}" and "${names[label] ?? ''}" have spellings with the same tokens for this model, so no answer distinguishes them. Rename one.`,
        );
      byKey.set(key, { label, path });
    }
  });
  const all = [...byKey.values()];
  const ends = (entry: { label: number; path: readonly number[] }): boolean =>
    all.some((other) => other.label !== entry.label && startsWith(other.path, entry.path));
  // A longer spelling is already inside a shorter one of its label, unless that one counts only where the answer ends.
  const covered = (entry: { label: number; path: readonly number[] }): boolean =>
    all.some(
      (other) =>
        other !== entry && other.label === entry.label && startsWith(entry.path, other.path) && !ends(other),
    );
  return all
    .filter((entry) => !covered(entry))
    .map((entry) => ({ label: entry.label, path: entry.path, ends: ends(entry) }));
}

function readsOf(events: readonly AnswerEvent[], endTokens: readonly number[]): NodeRead[] {
  const nodes = new Map<string, { path: readonly number[]; tokens: Set<number> }>();
  const need = (path: readonly number[], tokens: readonly number[]): void => {
    const key = path.join(' ');
    const node = nodes.get(key) ?? { path, tokens: new Set<number>() };
    for (const token of tokens) node.tokens.add(token);
    nodes.set(key, node);
  };
  for (const event of events) {
    event.path.forEach((token, depth) => need(event.path.slice(0, depth), [token]));
    if (event.ends) need(event.path, endTokens);
  }
  return [...nodes.values()]
    .map((node) => ({ path: node.path, tokens: [...node.tokens] }))
    .sort((a, b) => a.path.length - b.path.length);
}

/**
 * ln P(label) for every label, before normalising over the labels. -Infinity where an answer is impossible.
 */
export function labelLogProbs(plan: AnswerPlan, logProbAt: LogProbAt): number[] {
  const terms: number[][] = Array.from({ length: plan.labelCount }, () => []);
  for (const event of plan.events) {
    let logProb = 0;
    event.path.forEach((token, depth) => {
      logProb += logProbAt(event.path.slice(0, depth), token);
    });
    if (event.ends) logProb += logSumExp(plan.endTokens.map((token) => logProbAt(event.path, token)));
    terms[event.label]?.push(logProb);
  }
  return terms.map((values) => logSumExp(values));
}
