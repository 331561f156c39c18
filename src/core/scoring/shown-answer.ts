/**
 * Checks what a server says about one token of its answer before anything is computed from it: values that cannot be
 * log-probabilities are refused with the reason.
 */
import { largest } from '../extremes';
import { isThoughtToken } from './thoughts';
import { plainText, readToken } from './token-text';
import type { VisibleAnswer, VisibleToken } from './visible-tokens';

/** A token as a server lists it. */
export interface ListedToken extends Omit<VisibleToken, 'logProb'> {
  /** Null if the server shows no value. */
  readonly logProb: number | null;
}

/** One place of an answer as a server describes it. */
export interface Listed {
  /** Null if the server does not name the token that it chose. */
  readonly chosen: ListedToken | null;
  readonly likeliest: readonly ListedToken[];
}

/** Why no probabilities can be read. */
export type WhyNotShown =
  /** The answer has no log-probabilities at all. */
  | 'none'
  /** Only the chosen token has one, or all others have a placeholder. */
  | 'one-hot'
  /** The values cannot be log-probabilities. */
  | 'not-logprobs'
  /** Tokens are named by their numbers. */
  | 'token-numbers'
  /** The model thinks before it answers. */
  | 'thought'
  /** A filter of the server stopped the answer. */
  | 'filtered';

export interface NotShown {
  readonly why: WhyNotShown;
}

/** Rounding may lift the logarithm of 1 a little above 0. Anything beyond that is no probability. */
const LARGEST_LOGPROB = 1e-3;

/** Rounding may lift the sum of all probabilities a little above 1. */
const LARGEST_SUM = 1.01;

/** The likeliest of all tokens has at least one part in a vocabulary of this many tokens. */
const LARGEST_VOCABULARY = 2 ** 22;

/** No model computes values this small for tokens that are among the likeliest: they stand for "not shown". */
const SENTINEL = -1000;
/** −100 and −99 stand for "not shown", too: a computed value this small is hardly ever a whole number. */
const WHOLE_SENTINEL = -50;

/** Two values of one token that differ by less are the same value, rounded. */
const SAME = 0.01;

/** @returns the likeliest tokens with their log-probabilities, each once; or why there are none */
export function shownAnswer({ chosen, likeliest }: Listed): VisibleAnswer | NotShown {
  if (chosen !== null && isThoughtToken(plainText(chosen.text))) return { why: 'thought' };
  const all = [...likeliest, ...(chosen === null ? [] : [chosen])];
  if (all.some(({ logProb }) => Number.isNaN(logProb) || (logProb ?? 0) > LARGEST_LOGPROB))
    return { why: 'not-logprobs' };
  const listed = likeliest.filter(hasValue);
  const valued = chosen === null || !hasValue(chosen) ? null : chosen;
  const { tokens: named, token, isDifferent } = withChosen(listed, valued);
  if (named.length === 0) return { why: 'none' };
  // Of the two, the chosen token is believed; the others share what it leaves, whatever the list says of them.
  const isOutvoted = token !== null && sumOf(named) > LARGEST_SUM && sumOf(once(listed)) <= LARGEST_SUM;
  const tokens = isOutvoted ? [token] : named;
  const best = largest(tokens.map(({ logProb }) => logProb));
  if (sumOf(tokens) > LARGEST_SUM || best < -Math.log(LARGEST_VOCABULARY)) return { why: 'not-logprobs' };
  if (listed.length === 0 || (tokens.length === 1 && best > -LARGEST_LOGPROB)) return { why: 'one-hot' };
  const unvalued = [
    ...likeliest.filter((other) => !hasValue(other)),
    ...named.filter((other) => !tokens.includes(other)),
  ];
  return {
    likeliest: tokens,
    ...(unvalued.length > 0 ? { unvalued } : {}),
    chosen: token?.text ?? chosen?.text ?? null,
    ...(isDifferent || isOutvoted ? { chosenDiffers: true } : {}),
  };
}

function sumOf(tokens: readonly VisibleToken[]): number {
  return tokens.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0);
}

function hasValue(token: ListedToken): token is VisibleToken {
  const { logProb } = token;
  if (logProb === null || logProb <= SENTINEL) return false;
  return !(logProb <= WHOLE_SENTINEL && Number.isInteger(logProb));
}

interface WithChosen {
  readonly tokens: readonly VisibleToken[];
  /** The chosen one as it is among them; null if unknown. */
  readonly token: VisibleToken | null;
  readonly isDifferent: boolean;
}

/**
 * Servers list the chosen token, or do not, or list it twice. Its own value is believed where the list has another one.
 */
function withChosen(listed: readonly VisibleToken[], chosen: VisibleToken | null): WithChosen {
  const tokens = once(listed);
  if (chosen === null) return { tokens, token: null, isDifferent: false };
  const isSame = ({ logProb }: VisibleToken): boolean => Math.abs(logProb - chosen.logProb) < SAME;
  const plain = plainText(chosen.text);
  const named = tokens.filter(({ text }) => plainText(text) === plain);
  const alike = tokens.filter(({ text }) => plainText(text).trim() === plain.trim());
  const same = named.find(isSame) ?? alike.find(isSame);
  if (same !== undefined) return { tokens, token: same, isDifferent: false };
  const [other] = named;
  // A list that shows nothing for a token does not name the chosen one either.
  const nameless = tokens.find((token) => isSame(token) && readToken(token).unclear !== undefined);
  const replaced = other ?? nameless;
  return {
    tokens: [...tokens.filter((token) => token !== replaced), chosen],
    token: chosen,
    isDifferent: other !== undefined,
  };
}

/** Without the repetitions of a token. Different tokens may have equal texts, but hardly ever equal values. */
function once(listed: readonly VisibleToken[]): VisibleToken[] {
  const tokens: VisibleToken[] = [];
  for (const token of listed) {
    const isKnown = tokens.some(
      (other) =>
        other.text === token.text &&
        String(other.bytes) === String(token.bytes) &&
        Math.abs(other.logProb - token.logProb) < SAME &&
        readToken(token).unclear === undefined,
    );
    if (!isKnown) tokens.push(token);
  }
  return tokens;
}
