/** What a run will cost and how long it will take, before it begins and while it goes on. */

import type { Classifier } from './classifier/definition';
import { formatTimeLeft } from './quantities';

/** Money per million tokens, in whatever currency the person thinks in. */
export interface Price {
  readonly promptPerMillion: number;
  readonly answerPerMillion: number;
}

export interface RunPlan {
  readonly rows: number;
  /** Requests to each row: 1 for token probabilities, the number of samples for consistency. */
  readonly requestsPerRow: number;
  /** Tokens of one prompt with a text of the usual length in it; see {@link estimateTokens}. */
  readonly promptTokens: number;
  /** Tokens of one answer: 1 for token probabilities. */
  readonly answerTokens: number;
  /** Null where the endpoint has no price. */
  readonly price: Price | null;
  /** Limit of the endpoint; null for none. */
  readonly requestsPerMinute: number | null;
}

/** What the first rows took; null before there are any. */
export interface Measured {
  readonly rows: number;
  readonly seconds: number;
}

export interface RunEstimate {
  readonly requests: number;
  readonly promptTokens: number;
  readonly answerTokens: number;
  /** In the currency of the price; null without one. */
  readonly cost: number | null;
  /** Of the rows that are left; null where neither a rate nor a limit is known. */
  readonly secondsLeft: number | null;
}

/**
 * A run in figures. The time is the measured rate's, or, before any row is done, what the limit on requests allows
 * at best.
 */
export function estimateRun(plan: RunPlan, measured: Measured | null = null): RunEstimate {
  const requests = plan.rows * plan.requestsPerRow;
  const promptTokens = requests * plan.promptTokens;
  const answerTokens = requests * plan.answerTokens;
  const { price, requestsPerMinute } = plan;
  const left = plan.rows - (measured?.rows ?? 0);
  const atBest = requestsPerMinute === null ? null : (left * plan.requestsPerRow * 60) / requestsPerMinute;
  return {
    requests,
    promptTokens,
    answerTokens,
    cost:
      price === null
        ? null
        : (promptTokens * price.promptPerMillion + answerTokens * price.answerPerMillion) / 1_000_000,
    secondsLeft:
      measured === null || measured.rows === 0 ? atBest : (left * measured.seconds) / measured.rows,
  };
}

/** Requests to one text where every answer is one: the drawn ones, and one for token probabilities. */
export function requestsPerText({ method, consistency }: Pick<Classifier, 'method' | 'consistency'>): number {
  const drawn = method === 'token-probability' ? 0 : consistency.samples;
  return drawn + (method === 'consistency' ? 0 : 1);
}

/** Bytes of UTF-8 that the usual one of these texts has; 0 without any. */
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

/** A text that is cut in its middle to about so many tokens, and how many that took away; whole where it fits. */
export function cutToTokens(text: string, most: number): { text: string; tokens: number; cut: number } {
  const tokens = estimateTokens(text);
  if (tokens <= most) return { text, tokens, cut: 0 };
  const characters = Array.from(text);
  const kept = Math.floor((characters.length * most) / tokens);
  const head = characters.slice(0, Math.ceil(kept / 2));
  const tail = characters.slice(characters.length - Math.floor(kept / 2));
  return { text: `${head.join('')}${tail.join('')}`, tokens, cut: tokens - most };
}

/**
 * "about 12,000 requests with 2,400,000 tokens of prompt and 12,000 of answer, 0.37 by the price of the endpoint, at
 * least 20 min"
 */
export function estimateInWords({
  requests,
  promptTokens,
  answerTokens,
  cost,
  secondsLeft,
}: RunEstimate): string {
  const count = (value: number): string => Math.round(value).toLocaleString('en-US');
  return [
    `about ${count(requests)} requests with ${count(promptTokens)} tokens of prompt and ${count(answerTokens)} of answer`,
    ...(cost === null ? [] : [`${cost.toFixed(2)} by the price of the endpoint`]),
    ...(secondsLeft === null ? [] : [`at least ${formatTimeLeft(secondsLeft)}`]),
  ].join(', ');
}
