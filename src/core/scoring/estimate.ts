/** The cost and the time of a run, before it begins and while it runs. */

import type { Classifier } from '../classifier/definition';
import { variantsOf } from './variants';

/** Money per million tokens, in whatever currency the person thinks in. */
interface Price {
  readonly promptPerMillion: number;
  readonly answerPerMillion: number;
}

export interface RunPlan {
  /** Rows; for a resumed run, those that are left. */
  readonly rows: number;
  /** See {@link requestsPerText}. */
  readonly requestsPerRow: number;
  /** Tokens of one prompt with a text of typical length; see {@link estimateTokens}. */
  readonly promptTokens: number;
  /** Tokens of all answers to one row. */
  readonly answerTokens: number;
  /** Null where the endpoint has no price. */
  readonly price: Price | null;
  /** Limit of the endpoint; null for none. */
  readonly requestsPerMinute: number | null;
}

export interface RunEstimate {
  readonly requests: number;
  readonly promptTokens: number;
  readonly answerTokens: number;
  /** In the currency of the price; null without one. */
  readonly cost: number | null;
  /** Null where neither a rate nor a limit is known. */
  readonly seconds: number | null;
  /** True if the seconds were measured; false if they are the least that the limit on requests allows. */
  readonly isMeasured: boolean;
}

/**
 * A run in figures.
 *
 * @param secondsPerRow that a few texts took; null where none was scored yet
 */
export function estimateRun(plan: RunPlan, secondsPerRow: number | null = null): RunEstimate {
  const { rows, price, requestsPerMinute } = plan;
  const requests = rows * plan.requestsPerRow;
  const promptTokens = requests * plan.promptTokens;
  const answerTokens = rows * plan.answerTokens;
  const atBest = requestsPerMinute === null ? null : (requests * 60) / requestsPerMinute;
  const measured = secondsPerRow === null ? null : rows * secondsPerRow;
  const isMeasured = measured !== null && measured >= (atBest ?? 0);
  return {
    requests,
    promptTokens,
    answerTokens,
    cost:
      price === null
        ? null
        : (promptTokens * price.promptPerMillion + answerTokens * price.answerPerMillion) / 1_000_000,
    seconds: isMeasured ? measured : atBest,
    isMeasured,
  };
}

/**
 * Requests for one text: those for sampled answers, and one for token probabilities.
 *
 * @param answersAtOnce that one request brings at most, at least 1
 */
export function requestsPerText(classifier: Classifier, answersAtOnce: number): number {
  const { method } = classifier;
  // The number of prompts does not depend on the seed.
  const drawn =
    method === 'token-probability'
      ? 0
      : variantsOf(classifier, 0).reduce((sum, { samples }) => sum + Math.ceil(samples / answersAtOnce), 0);
  return drawn + (method === 'consistency' ? 0 : 1);
}

/** A sampled answer is seldom longer than a label and a word or two. */
const DRAWN_TOKENS = 4;

/** Tokens of all answers to one text. */
export function answerTokensPerText({ method, consistency }: Classifier): number {
  const drawn = method === 'token-probability' ? 0 : DRAWN_TOKENS * consistency.samples;
  return drawn + (method === 'consistency' ? 0 : 1);
}

/** Bytes of UTF-8 of a typical one of these texts; 0 without any. */
export function usualBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + bytesOf(text), 0) / Math.max(1, texts.length);
}

/**
 * About how many tokens a text has where no tokenizer is at hand: a token for four bytes of UTF-8, so one for four
 * Latin letters or for one and a third of a Chinese character. Right within a factor of two for most models.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(bytesOf(text) / 4);
}

function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** A text, cut in its middle to about `most` tokens, and how many tokens were cut; the whole text if it fits. */
export function cutToTokens(text: string, most: number): { text: string; tokens: number; cut: number } {
  const tokens = estimateTokens(text);
  if (tokens <= most) return { text, tokens, cut: 0 };
  const characters = Array.from(text);
  const kept = Math.floor((characters.length * most) / tokens);
  const head = characters.slice(0, Math.ceil(kept / 2));
  const tail = characters.slice(characters.length - Math.floor(kept / 2));
  return { text: `${head.join('')}${tail.join('')}`, tokens, cut: tokens - most };
}
