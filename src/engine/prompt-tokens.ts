/** From a classifier to tokens: the prompt around any text, and the token path of every spelling. */
import type { LlamaModel, Token } from 'node-llama-cpp';
import { chatMessages, completionPrompt, type PromptParts } from '../core/classifier/prompt';
import { planAnswer, type AnswerPlan } from '../core/scoring/answer-plan';
import { UserError } from '../core/user-error';
import type { ScoreParams } from '../protocol/engine';
import { chatPrompt, type ChatPrompt } from './chat-template';

/** What prompt construction needs of a model; a test can stand in for it. */
export type TokenizerModel = Pick<LlamaModel, 'tokenize' | 'detokenize' | 'isSpecialToken' | 'tokens'>;

export interface TokenizedPrompt extends Pick<PromptStrings, 'kind' | 'answerStart' | 'mayThink' | 'date'> {
  /** Tokens that every prompt starts with, whatever the text. */
  readonly prefix: readonly Token[];
  /** All tokens of the prompt for this text, prefix included. */
  tokensFor(text: string): Token[];
  /** [label][spelling][position]; see SpellingPaths in core. */
  readonly spellingPaths: Token[][][];
}

/** Stands where the text goes while a chat template is rendered; no template produces it by itself. */
const MARKER = '\u{F8FF}text\u{F8FF}';

/** Texts whose beginnings could merge with the token before them, one of each kind. */
const PROBES = ['a', 'The', ' x', '1', '.', '"', '\n', 'é', '中', '🙂', '(', '-', "'s"];

/** The prompt's strings. Only `head` and `tail` may hold special tokens; the text never does. */
interface PromptStrings extends Omit<ChatPrompt, 'text'> {
  readonly kind: 'chat' | 'completion';
  readonly head: string;
  readonly tail: string;
  /** Strings that may separate prompt and spelling, the likelier first. */
  readonly joints: readonly string[];
}

/**
 * Renders the prompt of a classifier.
 *
 * @param chatTemplate the model's own, or undefined
 * @throws UserError `chat-template`, `no-chat-template`
 * @internal
 */
export function promptStrings(
  classifier: PromptParts,
  chatTemplate: string | undefined,
  { tokens }: { readonly tokens: Pick<TokenizerModel['tokens'], 'bosString' | 'eosString'> },
): PromptStrings {
  if (classifier.prompt === 'chat' && chatTemplate === undefined)
    throw new UserError(
      'no-chat-template',
      'This model has no chat template, but the classifier asks for "prompt": "chat". Choose an instruction-tuned model, or set "prompt" to "auto".',
    );
  if (chatTemplate === undefined || !usesTemplate(classifier, chatTemplate)) {
    const { head, tail, answerPrefix } = completionPrompt(classifier);
    return {
      kind: 'completion',
      head,
      tail,
      joints: answerPrefix === ' ' ? [' ', ''] : ['', ' '],
      answerStart: '',
      mayThink: false,
      date: undefined,
    };
  }
  const { text, ...added } = chatPrompt(chatTemplate, chatMessages(classifier, MARKER), {
    bos: tokens.bosString ?? '',
    eos: tokens.eosString ?? '',
  });
  const parts = text.split(MARKER);
  const [head, tail] = parts;
  if (head === undefined || tail === undefined || parts.length !== 2)
    throw new UserError(
      'chat-template',
      'The chat template of this model does not show the question exactly once. Set "prompt" to "completion" in the classifier.',
    );
  return { kind: 'chat', head, tail, joints: ['', ' '], ...added };
}

/** Splits after the last special token: what follows it may merge with the text, what precedes it cannot. */
function splitAfterLastSpecial(model: TokenizerModel, text: string): [string, string] {
  const last = model.tokenize(text, true).findLast((token) => model.isSpecialToken(token));
  if (last === undefined) return ['', text];
  const literal = model.detokenize([last], true);
  const at = text.lastIndexOf(literal);
  return at < 0 ? ['', text] : [text.slice(0, at + literal.length), text.slice(at + literal.length)];
}

/** Splits before the first special token. */
function splitBeforeFirstSpecial(model: TokenizerModel, text: string): [string, string] {
  const first = model.tokenize(text, true).find((token) => model.isSpecialToken(token));
  if (first === undefined) return [text, ''];
  const literal = model.detokenize([first], true);
  const at = text.indexOf(literal);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at)];
}

function commonPrefix(a: readonly Token[], b: readonly Token[]): Token[] {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

/**
 * @param strings the prompt of this classifier, rendered
 * @throws UserError `labels-indistinct` if the classifier and the model do not fit together
 * @internal
 */
export function tokenizePrompt(
  classifier: Pick<PromptParts, 'labels'>,
  { kind, head, tail, joints, ...added }: PromptStrings,
  model: TokenizerModel,
): TokenizedPrompt {
  // A completion prompt is plain text throughout; in a chat only the text between special tokens is.
  const [headSpecial, headPlain] = kind === 'chat' ? splitAfterLastSpecial(model, head) : ['', head];
  const [tailPlain, tailSpecial] = kind === 'chat' ? splitBeforeFirstSpecial(model, tail) : [tail, ''];
  const bos = kind === 'completion' && model.tokens.shouldPrependBosToken ? model.tokens.bos : null;
  const start = [
    ...(bos === null ? [] : [bos]),
    ...(headSpecial === '' ? [] : model.tokenize(headSpecial, true)),
  ];
  const end = tailSpecial === '' ? [] : model.tokenize(tailSpecial, true);
  // One string from the last special token before the text to the first one after it: pieces would tokenize otherwise.
  const middle = (text: string): Token[] => model.tokenize(`${headPlain}${text}${tailPlain}`, false);
  const tokensFor = (text: string): Token[] => [...start, ...middle(text), ...end];

  const prefix = [...start, ...PROBES.map(middle).reduce(commonPrefix)];
  const spellingPaths = classifier.labels.map((label) => {
    const paths = label.spellings.flatMap((spelling) =>
      joints.flatMap((joint) => answerPath(`${joint}${spelling}`)),
    );
    if (paths.length === 0)
      throw new UserError(
        'labels-indistinct',
        `No spelling of the label "${label.name}" can follow this prompt as tokens of its own. End the template with a word or a colon after {{text}}.`,
      );
    return paths;
  });

  /** The tokens that `answer` adds after the prompt; none if it merges with the prompt's last token. */
  function answerPath(answer: string): [Token[]] | [] {
    const plainEnd = tailSpecial === '';
    const context = plainEnd ? middle('a') : end;
    const whole = plainEnd
      ? model.tokenize(`${headPlain}a${tailPlain}${answer}`, false)
      : model.tokenize(`${tailSpecial}${answer}`, true);
    const path = whole.slice(context.length);
    return path.length > 0 && commonPrefix(context, whole).length === context.length ? [path] : [];
  }

  return { kind, ...added, prefix, tokensFor, spellingPaths };
}

/** Strings that end an answer for a label whose spelling is the beginning of another label's. */
const ANSWER_ENDS = ['\n', '\n\n', '.', ',', ';', ':', '!', '?'];

/** Every single token that ends an answer: the model's own end marks, line breaks, punctuation. */
function answerEndTokens(model: TokenizerModel): Token[] {
  const marks = [model.tokens.eos, model.tokens.eot].filter((token) => token !== null);
  const strings = ANSWER_ENDS.map((text) => model.tokenize(text, false)).filter(
    (tokens) => tokens.length === 1,
  );
  return [...new Set([...marks, ...strings.flat()])];
}

/** A prompt, and how answers to it are read. */
export interface PlannedPrompt {
  readonly prompt: TokenizedPrompt;
  readonly plan: AnswerPlan;
}

/** Whether the chat template of a model, if it has one, makes the prompt of a classifier. */
export function usesTemplate(
  { prompt }: Pick<PromptParts, 'prompt'>,
  chatTemplate: string | undefined,
): boolean {
  return prompt !== 'completion' && chatTemplate !== undefined;
}

/**
 * Renders the prompt of a classifier, makes tokens of it, and plans what is read after it.
 *
 * @throws UserError as `promptStrings`, `tokenizePrompt` and `planAnswer`
 */
export function planPrompt(
  classifier: ScoreParams['classifier'],
  chatTemplate: string | undefined,
  model: TokenizerModel,
): PlannedPrompt {
  const prompt = tokenizePrompt(classifier, promptStrings(classifier, chatTemplate, model), model);
  const names = classifier.labels.map(({ name }) => name);
  const plan = planAnswer(prompt.spellingPaths, classifier.scoring, names, answerEndTokens(model));
  return { prompt, plan };
}

/** A text that was made to fit. */
export interface FittedText {
  readonly text: string;
  readonly textTokens: number;
  readonly cutTokens: number;
}

/** Stands in the middle of a text that was cut. */
const CUT_MARK = ' … ';

/**
 * Cuts a text that is longer than `maxTokens` in its middle: the beginning says what it is about, the end is where
 * people put their verdict.
 */
export function fitText(text: string, maxTokens: number, model: TokenizerModel): FittedText {
  const tokens = model.tokenize(text, false);
  if (tokens.length <= maxTokens) return { text, textTokens: tokens.length, cutTokens: 0 };
  // A cut inside a multi-byte character leaves a replacement character at the edge, and joining may add tokens.
  for (let keep = maxTokens - model.tokenize(CUT_MARK, false).length; keep > 0; keep--) {
    const headCount = Math.ceil(keep / 2);
    const head = model.detokenize(tokens.slice(0, headCount)).replace(/\uFFFD+$/u, '');
    const tail = model.detokenize(tokens.slice(tokens.length - (keep - headCount))).replace(/^\uFFFD+/u, '');
    const fitted = `${head.trimEnd()}${CUT_MARK}${tail.trimStart()}`;
    if (model.tokenize(fitted, false).length <= maxTokens)
      return { text: fitted, textTokens: tokens.length, cutTokens: tokens.length - keep };
  }
  throw new UserError(
    'text-too-long',
    `The text has ${tokens.length} tokens and cannot be cut to ${maxTokens}.`,
  );
}
