/**
 * What is sent to an OpenAI-compatible server, and what comes back. Servers differ:
 *
 * | server | chat | completion |
 * |---|---|---|
 * | OpenAI | top_logprobs to 20; max_completion_tokens for newer models | object form, to 5 |
 * | vLLM | list form, to --max-logprobs (20) | object form |
 * | llama-server | list form, no limit | list form |
 * | Ollama (0.12.11 and newer) | list form, to 20 | list form |
 * | text-generation-webui | list form | object form |
 * | llama-cpp-python (logits_all) | list form | object form |
 *
 * List form: `logprobs.content[0].top_logprobs: [{token, logprob}]`. Object form: `logprobs.top_logprobs[0]:
 * {token: logprob}`, with the chosen one in `tokens[0]`, `token_logprobs[0]`; older servers send `top_logprobs` alone.
 */
import * as z from 'zod';
import { chatMessages, completionPrompt, type PromptParts } from '../../core/classifier/prompt';
import { shownAnswer, type Listed, type ListedToken, type NotShown } from '../../core/scoring/shown-answer';
import { afterThought } from '../../core/scoring/thoughts';
import { isBlank, readToken } from '../../core/scoring/token-text';
import type { VisibleAnswer } from '../../core/scoring/visible-tokens';
import type { Redact } from './key';
import type { Endpoint } from './settings';

/** Optional fields of a request that some servers call by another name or do not support. */
export interface Dialect {
  readonly tokenLimit: 'max_tokens' | 'max_completion_tokens';
  /** Fields that are omitted because the server refused them. A model may refuse temperature 0 and accept others. */
  readonly without: ReadonlySet<Omissible>;
}
type Omissible = 'n' | 'seed' | 'stop' | 'temperature' | 'temperature 0';

export const FIRST_DIALECT: Dialect = { tokenLimit: 'max_tokens', without: new Set() };

/**
 * How to ask again after a refusal, by the server's message; undefined if it names no field that could be omitted.
 *
 * @param message "Unsupported parameter: 'max_tokens' is not supported with this model. Use …"
 * @param temperature that was refused
 */
export function nextDialect(dialect: Dialect, message: string, temperature: number): Dialect | undefined {
  const names = (field: string): boolean => new RegExp(`(?<![\\w])${field}(?![\\w])`).test(message);
  if (dialect.tokenLimit === 'max_tokens' && names('max_tokens') && names('max_completion_tokens'))
    return { ...dialect, tokenLimit: 'max_completion_tokens' };
  const omitted = (name: 'n' | 'seed' | 'stop' | 'temperature'): Omissible =>
    name === 'temperature' && temperature === 0 ? 'temperature 0' : name;
  const field = (['seed', 'stop', 'temperature', 'n'] as const).find(
    (name) => !dialect.without.has(omitted(name)) && names(name) && isRefused(name, message),
  );
  return field === undefined
    ? undefined
    : { ...dialect, without: new Set([...dialect.without, omitted(field)]) };
}

/** Field names are also words of messages about something else: they must be quoted, compared, or the subject. */
function isRefused(field: string, message: string): boolean {
  return [
    `["'\`]${field}["'\`]`,
    `^${field}\\b`,
    `\\b(?:parameter|field|argument|property|option|input)s?(?: supplied)?:? ${field}\\b`,
    `(?<!\\w)${field} ?(?:=|>|<|:|\\()`,
    `(?<!\\w)${field} (?:must|should|cannot|can only|is not|has to|does not|not supported|unsupported)`,
  ].some((pattern) => new RegExp(pattern, 'i').test(message));
}

export interface Ask {
  /** How many answers to ask for. */
  readonly answers: number;
  /** Longest answer in tokens, thoughts included. */
  readonly tokens: number;
  readonly temperature: number;
  /** Undefined if no answers are sampled. */
  readonly seed?: number;
  /** How many of the likeliest first tokens to show; 0 for none. */
  readonly topLogprobs: number;
}

export function route({ api }: Pick<Endpoint, 'api'>): string {
  return api === 'chat' ? '/chat/completions' : '/completions';
}

/** The messages or the prompt of a classifier with a text in it. */
export function promptFields(
  { api }: Pick<Endpoint, 'api'>,
  asking: PromptParts,
  text: string,
): { readonly messages: readonly object[] } | { readonly prompt: string } {
  if (api === 'chat') return { messages: chatMessages(asking, text) };
  const { head, tail } = completionPrompt(asking);
  return { prompt: `${head}${text}${tail}` };
}

export function requestBody(
  endpoint: Endpoint,
  prompt: ReturnType<typeof promptFields>,
  ask: Ask,
  dialect: Dialect,
): object {
  const has = (field: Omissible): boolean => !dialect.without.has(field);
  const hasTemperature = has('temperature') && (ask.temperature > 0 || has('temperature 0'));
  const chat = endpoint.api === 'chat';
  return {
    model: endpoint.model,
    ...prompt,
    [chat ? dialect.tokenLimit : 'max_tokens']: ask.tokens,
    stream: false,
    ...(hasTemperature ? { temperature: ask.temperature } : {}),
    ...(ask.seed !== undefined && has('seed') ? { seed: ask.seed } : {}),
    ...(ask.answers > 1 && has('n') ? { n: ask.answers } : {}),
    // A base model continues with the next example. Where its first tokens are read, white space is read on.
    ...(!chat && ask.topLogprobs === 0 && ask.tokens > 1 && has('stop') ? { stop: ['\n'] } : {}),
    ...(ask.topLogprobs === 0
      ? {}
      : chat
        ? { logprobs: true, top_logprobs: ask.topLogprobs }
        : { logprobs: ask.topLogprobs }),
  };
}

/** More answers or tokens than anybody asks for. */
const MOST = 20_000;

/** Tokens of an answer that are read: the first one, and those after white space. */
export const MOST_POSITIONS = 4;

/** Some servers write null or −Infinity for "not shown". */
const value = z
  .union([z.number(), z.literal(-Infinity)])
  .nullish()
  .transform((logProb) => logProb ?? null);
const shownToken = z.object({
  token: z.union([z.string(), z.number()]),
  logprob: value,
  bytes: z.array(z.int().min(0).max(255)).nullish().catch(null),
});
const listForm = z.object({
  content: z.preprocess(
    beginning,
    z.array(shownToken.extend({ top_logprobs: z.preprocess(countable, z.array(shownToken).nullish()) })),
  ),
});
const objectForm = z.object({
  tokens: z.preprocess(beginning, z.array(z.union([z.string(), z.number()])).nullish()),
  token_logprobs: z.preprocess(beginning, z.array(value).nullish()),
  top_logprobs: z.preprocess(
    beginning,
    z
      .array(z.preprocess(countable, z.union([z.record(z.string(), value), z.array(z.unknown())]).nullable()))
      .nullish(),
  ),
});

const responseSchema = z.object({
  choices: z.preprocess(
    countable,
    z
      .array(
        z.object({
          text: z.string().nullish(),
          message: z
            .object({
              content: z.string().nullish(),
              reasoning: z.string().nullish().catch(null),
              reasoning_content: z.string().nullish().catch(null),
            })
            .nullish(),
          finish_reason: z.string().nullish().catch(null),
          logprobs: z.unknown().optional(),
        }),
      )
      .min(1),
  ),
  system_fingerprint: z.string().nullish().catch(null),
});
type Choice = z.infer<typeof responseSchema>['choices'][number];

/** The first tokens of an answer are all that is read. */
function beginning(list: unknown): unknown {
  return Array.isArray(list) ? list.slice(0, MOST_POSITIONS) : list;
}

/** Refuses what has too many elements before each of them is looked at. */
function countable(list: unknown): unknown {
  return typeof list === 'object' && list !== null && Object.keys(list).length > MOST ? 'too many' : list;
}

/** The server's words: labels are read from the text, and people see it without the key. */
interface ReplyText {
  readonly text: string;
  readonly shown: string;
  /** Why there is no answer: all of its tokens went into a thought, or a filter stopped it. Null if there is one. */
  readonly missing: 'thought' | 'filtered' | null;
}

export interface Reply {
  readonly answers: readonly ReplyText[];
  /** The beginning of the first answer. */
  readonly first: VisibleAnswer | NotShown;
  /** True if what was read of it is white space, or what is put around an answer. */
  readonly isBlank: boolean;
  /** The server's configuration fingerprint; null if it sends none. */
  readonly fingerprint: string | null;
}

/**
 * @param redact takes the key out of what is shown. Not out of what is scored: a key may be "none", and " none" a token
 * @returns undefined if the value is not an answer of this API
 */
export function readReply(value: unknown, redact: Redact): Reply | undefined {
  const { data } = responseSchema.safeParse(value);
  const [choice] = data?.choices ?? [];
  if (data === undefined || choice === undefined) return undefined;
  const places = placesOf(choice, redact);
  if (places === undefined) return undefined;
  const fingerprint = data.system_fingerprint ?? null;
  return {
    answers: data.choices.map((one) => {
      const answer = textOf(one);
      return { text: answer, shown: redact(answer), missing: whyMissing(one) };
    }),
    first: firstOf(choice, places),
    isBlank: places.length > 0 && places.every(({ chosen }) => chosen !== null && isBlank(chosen)),
    fingerprint: fingerprint === null ? null : redact(fingerprint),
  };
}

function textOf({ text, message }: Choice): string {
  return text ?? message?.content ?? '';
}

function thoughtOf({ message }: Choice): string {
  return message?.reasoning_content ?? message?.reasoning ?? '';
}

function whyMissing(choice: Choice): ReplyText['missing'] {
  const answer = textOf(choice);
  const { finish_reason: reason } = choice;
  if (answer.trim() === '' && reason === 'content_filter') return 'filtered';
  const isThoughtOnly =
    answer.trim() === ''
      ? (reason === 'length' && answer === '') || thoughtOf(choice) !== ''
      : afterThought(answer) === undefined;
  return isThoughtOnly ? 'thought' : null;
}

/** What the answer begins with; white space is read together with what follows it. */
function firstOf(choice: Choice, places: readonly Listed[]): VisibleAnswer | NotShown {
  const [place, ...rest] = places;
  if (place === undefined) {
    if (choice.finish_reason === 'content_filter') return { why: 'filtered' };
    return { why: thoughtOf(choice) !== '' || hasThoughtTokens(choice) ? 'thought' : 'none' };
  }
  if (isNumbered(place, textOf(choice))) return { why: 'token-numbers' };
  const answer = shownAnswer(place);
  if ('why' in answer || place.chosen === null || !isBlank(place.chosen) || rest.length === 0) return answer;
  const then = firstOf(choice, rest);
  return 'why' in then ? then : { ...answer, then };
}

function hasThoughtTokens({ logprobs }: Choice): boolean {
  return typeof logprobs === 'object' && logprobs !== null && 'reasoning_content' in logprobs
    ? logprobs.reasoning_content !== null
    : false;
}

/** vLLM and SGLang can name tokens by their numbers, and some servers write these as texts: "9642" beside " Yes". */
function isNumbered({ chosen, likeliest }: Listed, answer: string): boolean {
  const texts = [...likeliest, ...(chosen === null ? [] : [chosen])].map(({ text }) => text);
  if (texts.some((text) => NUMBERED.test(text))) return true;
  const isElsewhere = chosen !== null && answer.trim() !== '' && !answer.includes(chosen.text);
  return isElsewhere && texts.every((text) => /^\d+$/.test(text));
}

const NUMBERED = /^token_id:\d+$/;

/** The places of an answer; empty if none is shown, in whatever form; undefined if a form holds something else. */
function placesOf({ text, logprobs }: Choice, redact: Redact): Listed[] | undefined {
  if (typeof logprobs !== 'object' || logprobs === null) return [];
  if ('content' in logprobs && logprobs.content !== null) {
    const { data } = listForm.safeParse(logprobs);
    return data?.content.map(({ top_logprobs, ...chosen }) => ({
      chosen: listed(chosen, redact),
      likeliest: (top_logprobs ?? []).map((token) => listed(token, redact)),
    }));
  }
  const isObjectForm = ['tokens', 'top_logprobs'].some(
    (field) => field in logprobs && (logprobs as Readonly<Record<string, unknown>>)[field] !== null,
  );
  if (!isObjectForm) return [];
  const { data } = objectForm.safeParse(logprobs);
  return data && fromObject(data, text ?? '', redact);
}

function listed({ token, logprob, bytes }: z.infer<typeof shownToken>, redact: Redact): ListedToken {
  const text = typeof token === 'number' ? `token_id:${token}` : token;
  return { text, shown: redact(text), logProb: logprob, ...(bytes ? { bytes } : {}) };
}

/** @param text of the answer: an old form shows the lists of likeliest tokens only */
function fromObject(
  { tokens, token_logprobs, top_logprobs }: z.infer<typeof objectForm>,
  text: string,
  redact: Redact,
): Listed[] {
  const named = tokens ?? [];
  const hasNumbers =
    named.some((token) => typeof token === 'number') || top_logprobs?.some(Array.isArray) === true;
  const places = Math.max(tokens?.length ?? 0, top_logprobs?.length ?? 0);
  return Array.from({ length: places }, (_, at) => {
    const chosen = named[at];
    const likeliest = Object.entries(top_logprobs?.[at] ?? {}).map(([token, logprob]: [string, unknown]) =>
      listed({ token, logprob: typeof logprob === 'number' ? logprob : null }, redact),
    );
    return {
      chosen:
        chosen !== undefined
          ? listed(
              { token: hasNumbers ? Number(chosen) : chosen, logprob: token_logprobs?.[at] ?? null },
              redact,
            )
          : at === 0 && text !== '' && places === 1
            ? listed({ token: text, logprob: null }, redact)
            : null,
      // Tokens that cannot be read share a key: the value is that of one of them.
      likeliest: [...likeliest, ...likeliest.filter(isUnread).map((token) => ({ ...token, logProb: null }))],
    };
  });
}

function isUnread(token: ListedToken): boolean {
  return readToken(token).unclear !== undefined;
}
