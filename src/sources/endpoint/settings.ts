/** An endpoint as it is written in the settings of the machine, or given on the command line. Keys are never in it. */
import * as z from 'zod';
import { isSafe } from '../../core/loopback';
import { UserError } from '../../core/user-error';

/** The most that every server allows: OpenAI, Ollama and vLLM (--max-logprobs) stop here. */
const DEFAULT_TOP_LOGPROBS = 20;

const amount = z.number().nonnegative();

const endpointSchema = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/, 'letters, digits, dots, dashes and underscores only'),
  url: z.string(),
  api: z.enum(['chat', 'completion']),
  model: z.string().min(1, 'the server needs the name of a model'),
  topLogprobs: z.int().min(0).max(1000).optional(),
  requestsPerMinute: z.number().positive().optional(),
  price: z.strictObject({ promptPerMillion: amount, answerPerMillion: amount }).optional(),
});

/** One element of `promptConfidence.endpoints`. */
export type EndpointSetting = z.infer<typeof endpointSchema>;

/** An endpoint that was checked, every default filled in. */
export interface Endpoint {
  readonly name: string;
  /** The address to which "/chat/completions" is appended; without a final slash, password or query. */
  readonly address: string;
  readonly api: 'chat' | 'completion';
  readonly model: string;
  /** How many of the likeliest tokens to ask for; 0 for a model that shows none. */
  readonly topLogprobs: number;
  readonly requestsPerMinute: number | null;
  readonly price: { readonly promptPerMillion: number; readonly answerPerMillion: number } | null;
}

/**
 * @param value one element of the setting
 * @throws UserError `endpoint-invalid` with the field that is wrong, `endpoint-insecure`
 */
export function endpointFrom(value: unknown): Endpoint {
  const parsed = endpointSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
  }
  const { url, topLogprobs, requestsPerMinute, price, ...rest } = parsed.data;
  return {
    ...rest,
    address: baseAddress(url),
    topLogprobs: topLogprobs ?? DEFAULT_TOP_LOGPROBS,
    requestsPerMinute: requestsPerMinute ?? null,
    price: price ?? null,
  };
}

/**
 * What requests are appended to: "http://localhost:8000" is taken as ".../v1", where every server has its API, and
 * the address of one of its routes as the address of the API.
 *
 * @throws UserError `endpoint-invalid`, `endpoint-insecure`
 */
export function baseAddress(text: string): string {
  const trimmed = text.trim();
  if (!URL.canParse(trimmed))
    throw invalid(`"${trimmed}" is not an address. Example: http://localhost:8000/v1`);
  const url = new URL(trimmed);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw invalid('the address must not contain a name, password or query; a key is set separately');
  if (!isSafe(url))
    throw new UserError(
      'endpoint-insecure',
      `${url.protocol}//${url.host} is not encrypted: texts and key could be read on the way. Use an https address; http is allowed only for a server on this machine.`,
    );
  const path = url.pathname.replace(/\/(chat\/completions|completions|models)?\/*$/, '');
  return `${url.origin}${path === '' ? '/v1' : path}`;
}

function invalid(why: string): UserError {
  return new UserError('endpoint-invalid', `An endpoint cannot be used: ${why}.`);
}
