/**
 * Label probabilities from the few likeliest first tokens that an endpoint shows, by the text of the tokens: the
 * tokenizer is the server's. A token that is not shown gets a bound, never zero.
 */
import { largest, least } from '../extremes';
import { listed } from '../quote';
import { UserError } from '../user-error';
import { labelScores, type Score, type TokenRow } from './score';
import { readToken, type TokenText, utf8 } from './token-text';

/** One candidate for the first token of the answer. */
export interface VisibleToken extends TokenText {
  /** What people see in its place; absent: the text itself. */
  readonly shown?: string;
  readonly logProb: number;
}

export interface VisibleAnswer {
  /** The likeliest first tokens, in any order. */
  readonly likeliest: readonly VisibleToken[];
  /**
   * The token that the server chose; null if unknown. Servers add it to the list even if it is not among the likeliest,
   * so it says nothing about the tokens that are not shown.
   */
  readonly chosen: string | null;
  /** True if the list had another value for the chosen token than the one that is used. */
  readonly chosenDiffers?: boolean;
  /** Tokens in the list without a value, or with a placeholder for one: each may have all that is not shown. */
  readonly unvalued?: readonly TokenText[];
  /** What follows the chosen token, where that is white space or a quote alone. */
  readonly then?: VisibleAnswer;
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

/** What is left for tokens that are not shown where all that is shown sums to 1: values are rounded, so it is not 0. */
const ROUNDED = 1e-9;

/** What the tokens say about a label: probabilities. */
interface Evidence {
  /** Probability of the tokens that are the label. */
  readonly whole: number;
  /** Of those that begin it ("neg"), or are its first bytes. */
  readonly pieces: number;
  /** Of those that cannot be read and may begin it. */
  readonly unclear: number;
}

/**
 * ln P(label) of every label, from the tokens that are shown. White space, quotes and Markdown around a token do not
 * count. A token that is a label counts for that label only, any other token for every label that it may begin.
 *
 * - A label that is shown as whole tokens only ("positive"): their sum.
 * - Any other label: an upper bound, `isBound`: whole tokens, the tokens that could begin it, and for a label that is not
 *   shown as a whole the lesser of 1 − the sum of all shown, and the least shown probability times the tokens that would
 *   count (each of its spellings, with and without a space before it).
 * - A token that cannot be read counts for every label that it may begin, except for the one that is ahead without it. A
 *   token without a value may have all that is not shown.
 *
 * `labelMass` is what is seen: the sum over the shown tokens that are or begin a label. The winner's confidence is
 * the least that it can be where only the others are bounds.
 *
 * @throws UserError `labels-not-shown` where no token shown has to do with any label, or where what is not shown or
 *   cannot be read may put another label ahead
 */
export function scoreVisible(
  labels: readonly Labelled[],
  answer: VisibleAnswer,
): Pick<Score, 'label' | 'confidence' | 'tie' | 'labels' | 'labelMass' | 'notes'> & {
  /** Every token that was read, with its probability as the beginning of the answer. */
  readonly tokens: readonly VisibleToken[];
  /** Name of the label that each token is or begins; null for none or several. */
  readonly labelOf: (token: VisibleToken) => string | null;
} {
  const match = matcher(labels);
  const { tokens, unvalued, unseenEach, isContradicted } = flattened(answer);
  const matched = tokens.map((token) => ({ p: Math.exp(token.logProb), ...match(token) }));
  const shown = matched.reduce((sum, { p }) => sum + p, 0);
  const rest = Math.max(ROUNDED, 1 - shown);
  const withoutValue = new Set(unvalued.flatMap((token) => Object.values(match(token)).flat()));
  const sumFor = (label: number, kind: keyof Evidence): number =>
    matched.reduce((sum, token) => (token[kind].includes(label) ? sum + token.p : sum), 0);
  const evidence = labels.map((_, label): Evidence => ({
    whole: sumFor(label, 'whole'),
    pieces: sumFor(label, 'pieces'),
    unclear: sumFor(label, 'unclear'),
  }));
  const seen = matched.reduce(
    (sum, { p, whole, pieces }) => (whole.length > 0 || pieces.length > 0 ? sum + p : sum),
    0,
  );
  if (seen === 0) throw notShown(labels, tokens);

  const unseen = ({ spellings }: Labelled): number => Math.min(rest, 2 * spellings.length * unseenEach);
  const own = evidence.map(({ whole, pieces }) => whole + pieces);
  const ahead = own.indexOf(largest(own));
  const bounds = labels.map((label, index) => {
    const { whole = 0, unclear = 0 } = evidence[index] ?? {};
    const isBehind = index !== ahead;
    const notShown = isBehind && withoutValue.has(index) ? rest : whole > 0 ? 0 : unseen(label);
    return (own[index] ?? 0) + (isBehind ? unclear : 0) + notShown;
  });
  // What is seen of the label that is ahead must be enough, whatever else it may have.
  const rivals = bounds.map((bound, index) => (index === ahead ? 0 : bound));
  if (largest(rivals) > (own[ahead] ?? 0)) throw undecided(labels, ahead, rivals);
  const score = labelScores(
    labels.map(({ name }) => name),
    bounds.map(Math.log),
  );
  const isBound = ({ whole, pieces, unclear }: Evidence, index: number): boolean =>
    whole === 0 || pieces > 0 || (index !== ahead && (unclear > 0 || withoutValue.has(index)));
  const bounded = evidence.map(isBound);
  return {
    ...score,
    labels: score.labels.map((entry, index) =>
      bounded[index] === true ? { ...entry, isBound: true } : entry,
    ),
    labelMass: Math.min(1, seen),
    tokens,
    ...(isContradicted ? { notes: ['chosen-differs'] } : {}),
    labelOf: (token) => {
      const { whole, pieces } = match(token);
      const [only, ...more] = [...whole, ...pieces];
      return only === undefined || more.length > 0 ? null : (labels[only]?.name ?? null);
    },
  };
}

/** All tokens by what the whole answer begins with: what follows white space is as likely as both together. */
function flattened({ likeliest, unvalued = [], chosen, chosenDiffers, then }: VisibleAnswer): {
  readonly tokens: readonly VisibleToken[];
  readonly unvalued: readonly TokenText[];
  /** The most that a token can have that is not shown. */
  readonly unseenEach: number;
  readonly isContradicted: boolean;
} {
  const others = likeliest.filter(({ text }) => text !== chosen);
  const unseenEach = least([
    1,
    ...(others.length > 0 ? others : likeliest).map(({ logProb }) => Math.exp(logProb)),
  ]);
  const isContradicted = chosenDiffers === true;
  const before = likeliest.find(({ text }) => text === chosen);
  if (then === undefined || before === undefined)
    return { tokens: likeliest, unvalued, unseenEach, isContradicted };
  const after = flattened(then);
  return {
    tokens: [
      ...likeliest.filter((token) => token !== before),
      ...after.tokens.map((token) => joined(before, token)),
    ],
    unvalued: [...unvalued, ...after.unvalued],
    unseenEach: unseenEach + Math.exp(before.logProb) * after.unseenEach,
    isContradicted: isContradicted || after.isContradicted,
  };
}

/** Two tokens as one. A token that cannot be read stays so. */
function joined(before: VisibleToken, token: VisibleToken): VisibleToken {
  const logProb = before.logProb + token.logProb;
  if (token.text === '' || readToken({ text: token.text }).unclear !== undefined)
    return { ...token, logProb };
  const [first, second] = [before, token].map(({ text, shown = text }) => ({ text, shown }));
  return {
    text: `${first?.text ?? ''}${second?.text ?? ''}`,
    shown: `${first?.shown ?? ''}${second?.shown ?? ''}`,
    logProb,
  };
}

type Matched = { readonly [Kind in keyof Evidence]: readonly number[] };

/** Finds the labels that a token is, begins, or may begin. */
function matcher(labels: readonly Labelled[]): (token: TokenText) => Matched {
  const spelt = labels.map(({ spellings }) => spellings.map((spelling) => utf8(spelling.trim())));
  const labelsWith = (is: (spelling: string) => boolean): number[] =>
    spelt.flatMap((spellings, label) => (spellings.some(is) ? [label] : []));
  return (token) => {
    const { readings, unclear } = readToken(token);
    const none = { whole: [], pieces: [], unclear: [] };
    if (unclear !== undefined) {
      const { start, isOpen } = unclear;
      return {
        ...none,
        unclear: labelsWith(
          (spelling) =>
            spelling.startsWith(start) && (isOpen || /^[^\0-\x7f]|^$/u.test(spelling.slice(start.length))),
        ),
      };
    }
    for (const reading of readings) {
      const [whole] = labelsWith((spelling) => spelling === reading);
      if (whole !== undefined) return { ...none, whole: [whole] };
    }
    for (const reading of readings) {
      const pieces = labelsWith((spelling) => spelling.startsWith(reading));
      if (pieces.length > 0) return { ...none, pieces };
    }
    return none;
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

function undecided(labels: readonly Labelled[], ahead: number, rivals: readonly number[]): UserError {
  const name = labels[ahead]?.name ?? '';
  const rival = labels[rivals.indexOf(largest(rivals))]?.name ?? '';
  return new UserError(
    'labels-not-shown',
    `The server shows too little of the answer: "${name}" is ahead among the tokens that can be read, but "${rival}" may be likelier. Ask the server for more tokens, or set "method" of the classifier to "consistency".`,
  );
}
