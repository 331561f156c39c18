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
 * {token: logprob}`, with the chosen one in `tokens[0]`, `token_logprobs[0]`.
 */
import * as z from 'zod';
import { chatMessages, completionPrompt, type PromptParts } from '../../core/classifier/prompt';
import type { VisibleAnswer, VisibleToken } from '../../core/scoring/visible-tokens';
import type { Redact } from './key';
import type { Endpoint } from './settings';

/** Optional fields of a request that some servers call by another name or do not support. */
export interface Dialect {
  readonly tokenLimit: 'max_tokens' | 'max_completion_tokens';
  /** Fields that are omitted because the server refused them. */
  readonly without: ReadonlySet<'n' | 'seed' | 'stop' | 'temperature'>;
}

export const FIRST_DIALECT: Dialect = { tokenLimit: 'max_tokens', without: new Set() };

/**
 * How to ask again after a refusal, by the server's message; undefined if it names no field that could be omitted.
 *
 * @param message "Unsupported parameter: 'max_tokens' is not supported with this model. Use …"
 */
export function nextDialect(dialect: Dialect, message: string): Dialect | undefined {
  const names = (field: string): boolean => new RegExp(`(?<![\\w])${field}(?![\\w])`).test(message);
  if (dialect.tokenLimit === 'max_tokens' && names('max_tokens') && names('max_completion_tokens'))
    return { ...dialect, tokenLimit: 'max_completion_tokens' };
  const field = (['seed', 'stop', 'temperature', 'n'] as const).find(
    (name) => !dialect.without.has(name) && names(`["'\`]?${name}["'\`]?`) && isRefused(name, message),
  );
  return field === undefined ? undefined : { ...dialect, without: new Set([...dialect.without, field]) };
}

/** "n" is also a word of messages about something else: it must be quoted, or stand at the beginning. */
function isRefused(field: string, message: string): boolean {
  return new RegExp(
    `["'\`]${field}["'\`]|^${field}\\b|\\b(parameter|field|argument):? ${field}\\b`,
    'i',
  ).test(message);
}

export interface Ask {
  /** How many answers to ask for. */
  readonly answers: number;
  /** Longest answer in tokens. */
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
  const has = (field: 'n' | 'seed' | 'stop' | 'temperature'): boolean => !dialect.without.has(field);
  const chat = endpoint.api === 'chat';
  return {
    model: endpoint.model,
    ...prompt,
    [chat ? dialect.tokenLimit : 'max_tokens']: ask.tokens,
    stream: false,
    ...(has('temperature') ? { temperature: ask.temperature } : {}),
    ...(ask.seed !== undefined && has('seed') ? { seed: ask.seed } : {}),
    ...(ask.answers > 1 && has('n') ? { n: ask.answers } : {}),
    // A base model continues with the next example.
    ...(!chat && ask.tokens > 1 && has('stop') ? { stop: ['\n'] } : {}),
    ...(ask.topLogprobs === 0
      ? {}
      : chat
        ? { logprobs: true, top_logprobs: ask.topLogprobs }
        : { logprobs: ask.topLogprobs }),
  };
}

/** Rounding may lift the logarithm of 1 a little above 0. Anything beyond that is no probability. */
const LARGEST_LOGPROB = 1e-3;

/** More answers or tokens than anybody asks for. */
const MOST = 20_000;

const logprobSchema = z.number().max(LARGEST_LOGPROB);
const shownToken = z.object({ token: z.string(), logprob: logprobSchema });
const listForm = z.object({
  content: z.preprocess(
    firstOf,
    z.array(shownToken.extend({ top_logprobs: z.preprocess(countable, z.array(shownToken).nullish()) })),
  ),
});
const objectForm = z.object({
  tokens: z.preprocess(firstOf, z.array(z.string())),
  token_logprobs: z.preprocess(firstOf, z.array(logprobSchema.nullable())),
  top_logprobs: z.preprocess(
    firstOf,
    z.array(z.preprocess(countable, z.record(z.string(), logprobSchema).nullable())).nullish(),
  ),
});

const responseSchema = z.object({
  choices: z.preprocess(
    countable,
    z
      .array(
        z.object({
          text: z.string().nullish(),
          message: z.object({ content: z.string().nullish() }).nullish(),
          logprobs: z.unknown().optional(),
        }),
      )
      .min(1),
  ),
  system_fingerprint: z.string().nullish().catch(null),
});

/** The first token of an answer is all that is read. */
function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list.slice(0, 1) : list;
}

/** Refuses what has too many elements before each of them is looked at. */
function countable(list: unknown): unknown {
  return typeof list === 'object' && list !== null && Object.keys(list).length > MOST ? 'too many' : list;
}

/** The server's words: labels are read from the text, and people see it without the key. */
interface ReplyText {
  readonly text: string;
  readonly shown: string;
}

export interface Reply {
  readonly answers: readonly ReplyText[];
  /** The first token of the first answer; null if the server shows none. */
  readonly first: VisibleAnswer | null;
  /** The server's configuration fingerprint; null if it sends none. */
  readonly fingerprint: string | null;
}

/**
 * @param redact takes the key out of what is shown. Not out of what is scored: a key may be "none", and " none" a token
 * @returns undefined if the value is not an answer of this API, or holds what cannot be a probability
 */
export function readReply(value: unknown, redact: Redact): Reply | undefined {
  const { data } = responseSchema.safeParse(value);
  if (data === undefined) return undefined;
  const first = firstToken(data.choices[0]?.logprobs);
  if (first === undefined) return undefined;
  const fingerprint = data.system_fingerprint ?? null;
  return {
    answers: data.choices.map(({ text, message }) => {
      const answer = text ?? message?.content ?? '';
      return { text: answer, shown: redact(answer) };
    }),
    first: first && {
      ...first,
      likeliest: first.likeliest.map((token) => ({ ...token, shown: redact(token.text) })),
    },
    fingerprint: fingerprint === null ? null : redact(fingerprint),
  };
}

/** Null if none is shown, in whatever form; undefined if one of the two forms holds something else. */
function firstToken(logprobs: unknown): VisibleAnswer | null | undefined {
  if (typeof logprobs !== 'object' || logprobs === null) return null;
  if ('content' in logprobs && logprobs.content !== null) {
    const { data } = listForm.safeParse(logprobs);
    return data && fromList(data);
  }
  if ('tokens' in logprobs && logprobs.tokens !== null) {
    const { data } = objectForm.safeParse(logprobs);
    return data && fromObject(data);
  }
  return null;
}

function fromList({ content: [first] }: z.infer<typeof listForm>): VisibleAnswer | null {
  if (first === undefined) return null;
  const likeliest = (first.top_logprobs ?? []).map(({ token, logprob }) => ({
    text: token,
    logProb: logprob,
  }));
  return withChosen(likeliest, { text: first.token, logProb: first.logprob });
}

function fromObject({
  tokens,
  token_logprobs,
  top_logprobs,
}: z.infer<typeof objectForm>): VisibleAnswer | null {
  const [chosen] = tokens;
  const [logProb] = token_logprobs;
  if (chosen === undefined || logProb === undefined || logProb === null) return null;
  const likeliest = Object.entries(top_logprobs?.[0] ?? {}).map(([text, value]) => ({
    text,
    logProb: value,
  }));
  return withChosen(likeliest, { text: chosen, logProb });
}

function withChosen(likeliest: readonly VisibleToken[], chosen: VisibleToken): VisibleAnswer {
  const isShown = likeliest.some(({ text }) => text === chosen.text);
  return { likeliest: isShown ? likeliest : [...likeliest, chosen], chosen: chosen.text };
}
