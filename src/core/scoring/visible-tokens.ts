/**
 * Label probabilities from the few likeliest first tokens that an endpoint shows, by the text of the tokens: the
 * tokenizer is the server's. A token that is not shown gets a bound, never zero.
 */
import { least } from '../extremes';
import { listed } from '../quote';
import { UserError } from '../user-error';
import { labelScores, type Score, type TokenRow } from './score';

/** One candidate for the first token of the answer. */
export interface VisibleToken {
  /** As the server writes it, white space included. Scores are made from it. */
  readonly text: string;
  /** What people see in its place; absent: the text itself. */
  readonly shown?: string;
  readonly logProb: number;
}

export interface VisibleAnswer {
  /** The likeliest first tokens, in any order. */
  readonly likeliest: readonly VisibleToken[];
  /**
   * The token that the server chose. Servers add it to the list even if it is not among the likeliest, so
   * it says nothing about the tokens that are not shown.
   */
  readonly chosen: string;
}

interface Labelled {
  readonly name: string;
  readonly spellings: readonly string[];
}

/**
 * Refuses labels whose first tokens cannot differ: they begin with the same word, or one is a number that another
 * begins with (most tokenizers split numbers).
 *
 * @throws UserError `labels-indistinct`
 */
export function checkFirstWords(labels: readonly Labelled[]): void {
  const words = labels.flatMap(({ name, spellings }) =>
    spellings.map((spelling) => ({ name, word: spelling.trim().split(/\s/u)[0] ?? '' })),
  );
  for (const { name, word } of words) {
    const clash = words.find(
      (other) =>
        other.name !== name &&
        (other.word === word || (other.word.startsWith(word) && /^\d/u.test(other.word.slice(word.length)))),
    );
    if (clash !== undefined)
      throw new UserError(
        'labels-indistinct',
        `The labels "${name}" and "${clash.name}" both begin with "${word}", but an endpoint shows only the first token of the answer. Rename one, set "method" to "consistency", or use a model on this machine.`,
      );
  }
}

/**
 * ln P(label) of every label, from the tokens that are shown. White space around a token does not count.
 *
 * - A label that is shown as a whole token ("positive"): the sum over all its whole spellings.
 * - Any other label: an upper bound, `isBound`: the shown tokens that could begin it and begin no label that is shown
 *   as a whole ("neg"), and for what is not shown the lesser of 1 − the sum of all shown, and the least shown
 *   probability times the tokens that would count (each of its spellings, with and without a space before it).
 *
 * `labelMass` is what is seen: the sum over the shown tokens that are or begin a label. The winner's confidence is
 * the least that it can be where the others are bounds.
 *
 * @throws UserError `labels-not-shown` where no token shown has to do with any label
 */
export function scoreVisible(
  labels: readonly Labelled[],
  { likeliest, chosen }: VisibleAnswer,
): Pick<Score, 'label' | 'confidence' | 'tie' | 'labels' | 'labelMass'> & {
  /** Name of the label that each token is or begins; null for none or several. */
  readonly labelOf: (token: VisibleToken) => string | null;
} {
  const tokens = likeliest.map(({ text, logProb }) => ({ text: text.trim(), p: Math.exp(logProb) }));
  const isWhole = labels.map(({ spellings }) => tokens.some(({ text }) => spellings.includes(text)));
  /** Labels that a token counts for: the one that it is, else those that it may begin. */
  const owners = (text: string): readonly number[] => {
    if (text === '') return [];
    const whole = labels.findIndex(({ spellings }) => spellings.includes(text));
    if (whole >= 0) return [whole];
    return labels.flatMap(({ spellings }, label) =>
      isWhole[label] !== true && spellings.some((spelling) => spelling.startsWith(text)) ? [label] : [],
    );
  };
  const owned = tokens.map((token) => ({ ...token, owners: owners(token.text) }));
  const seen = owned.reduce((sum, { p, owners: found }) => (found.length > 0 ? sum + p : sum), 0);
  if (seen === 0) throw notShown(labels, likeliest);

  const shown = Math.min(
    1,
    tokens.reduce((sum, { p }) => sum + p, 0),
  );
  const others = likeliest.filter(({ text }) => text !== chosen);
  const leastShown = least([
    1,
    ...(others.length > 0 ? others : likeliest).map(({ logProb }) => Math.exp(logProb)),
  ]);
  const unseen = (spellings: readonly string[]): number =>
    Math.min(1 - shown, 2 * spellings.length * leastShown);
  const logProbs = labels.map(({ spellings }, label) => {
    const own = owned.reduce((sum, { p, owners: found }) => (found.includes(label) ? sum + p : sum), 0);
    return Math.log(isWhole[label] === true ? own : own + unseen(spellings));
  });
  const score = labelScores(
    labels.map(({ name }) => name),
    logProbs,
  );
  return {
    ...score,
    labels: score.labels.map((entry, label) =>
      isWhole[label] === true ? entry : { ...entry, isBound: true },
    ),
    labelMass: Math.min(1, seen),
    labelOf: ({ text }) => {
      const [only, ...more] = owners(text.trim());
      return only === undefined || more.length > 0 ? null : (labels[only]?.name ?? null);
    },
  };
}

/** The likeliest tokens as rows of the token table, the likeliest first. */
export function visibleTokenRows(
  likeliest: readonly VisibleToken[],
  labelOf: (token: VisibleToken) => string | null,
  count: number,
): TokenRow[] {
  return [...likeliest]
    .sort((a, b) => b.logProb - a.logProb)
    .slice(0, count)
    .map((token, index) => {
      const label = labelOf(token);
      return {
        rank: index + 1,
        id: UNKNOWN_TOKEN_ID,
        text: token.shown ?? token.text,
        logProb: token.logProb,
        ...(label === null ? {} : { label }),
      };
    });
}

/** Endpoints show tokens by their text. */
const UNKNOWN_TOKEN_ID = -1;

function notShown(labels: readonly Labelled[], likeliest: readonly VisibleToken[]): UserError {
  const some = [...likeliest]
    .sort((a, b) => b.logProb - a.logProb)
    .slice(0, 3)
    .map(({ text, shown = text }) => JSON.stringify(shown));
  return new UserError(
    'labels-not-shown',
    `None of the labels (${listed(labels.map(({ name }) => name))}) is among the ${likeliest.length} likeliest first tokens of the answer (${some.join(', ')}, …), so their scores are unknown. Specify in the instruction how to answer, or ask the server for more tokens.`,
  );
}
