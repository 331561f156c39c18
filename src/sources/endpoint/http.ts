/**
 * One request to an endpoint. An error becomes a sentence that says what to do. Redirects are not
 * followed, so that no key and no text goes anywhere but to the address that the person chose.
 */
import type { ErrorCode } from '../../core/error-codes';
import { cancelledError, UserError } from '../../core/user-error';

/** A request that brought no usable answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly error: UserError,
    /** How to try again; null if another try cannot help. */
    readonly retry: {
      /** Milliseconds that the server asked to wait; null where it did not say. */
      readonly afterMs: number | null;
      /** The server received too many requests at once. */
      readonly overloaded: boolean;
    } | null,
    /** True if the error concerns only this text, so that the next may work. */
    readonly isAboutText = false,
    /** The server's own message. */
    readonly serverMessage = '',
  ) {
    super(error.message);
  }
}

export interface Call {
  /** Base address of the endpoint, as it is shown to people. */
  readonly address: string;
  /** "/chat/completions" */
  readonly route: string;
  /** Sent with POST. */
  readonly body: object;
  readonly key: string | undefined;
  /** Name of the model, for messages. */
  readonly model: string;
  readonly timeoutMs: number;
  /** Milliseconds since 1970: a Retry-After may be a date. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** Answers are small: a page of top tokens. Anything longer is refused. */
const LARGEST_ANSWER = 16 * 1024 * 1024;

/**
 * The JSON of the answer.
 *
 * @throws Refusal; UserError `cancelled`
 */
export async function call(request: Call): Promise<unknown> {
  const { address, route, key, signal, timeoutMs } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${address}${route}`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'prompt-confidence',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(request.body),
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    const text = await textOf(response);
    if (response.ok) return parse(text, request);
    throw refusal(response, text, request);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (signal?.aborted === true) throw cancelledError();
    if (timeout.aborted)
      throw later(
        'endpoint-timeout',
        `${host(request)} did not answer within ${Math.round(timeoutMs / 1000)} seconds. It may be loading the model or be overloaded: try again, or send fewer requests a minute.`,
        true,
      );
    throw unreachable(error, request);
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> = response.body ?? new ReadableStream();
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > LARGEST_ANSWER) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, request: Call): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw garbage(request, 'is not JSON');
  }
}

/** An answer that does not follow the API. The cause may be temporary: a proxy can answer so while a server starts. */
export function garbage({ address }: Pick<Call, 'address'>, what: string): Refusal {
  return later(
    'endpoint-garbage',
    `The answer of ${address} ${what}. Check that this is the address of an OpenAI-compatible API; it usually ends in /v1.`,
    false,
  );
}

function later(
  code: ErrorCode,
  message: string,
  overloaded: boolean,
  afterMs: number | null = null,
): Refusal {
  return new Refusal(new UserError(code, message), { afterMs, overloaded });
}

function final(code: ErrorCode, message: string): Refusal {
  return new Refusal(new UserError(code, message), null);
}

/** The error for a status other than success. */
function refusal(response: Response, text: string, request: Call): Refusal {
  const { address, model, key } = request;
  const { status } = response;
  const said = serverMessage(text, key);
  const quoted = said === '' ? '' : ` It says: ${said}`;
  if (status >= 300 && status < 400) {
    const to = response.headers.get('location') ?? 'elsewhere';
    return final(
      'endpoint-redirect',
      `${address} redirects to ${to}. Redirects are not followed, so that texts and key stay with the server that you chose. Set the endpoint to the address that the redirect leads to.`,
    );
  }
  // OpenAI does not let some models show probabilities; the key has nothing to do with that.
  if (status === 401 || (status === 403 && !said.includes('logprobs')))
    return final(
      'endpoint-key',
      key === undefined
        ? `${host(request)} requires a key (${status}), but none is set for this endpoint.`
        : `${host(request)} does not accept the key (${status}). Set another one, and check that it may use the model "${model}".`,
    );
  if (status === 404 || status === 405)
    return final(
      'endpoint-not-found',
      /model/i.test(said)
        ? `${host(request)} has no model "${model}" (${status}). Correct the name of the model; ${address}/models lists the models.${quoted}`
        : `There is no API at ${address}${request.route} (${status}). Correct the address of the endpoint (it usually ends in /v1) or its API: not every server has both chat and completion.${quoted}`,
    );
  if (status === 429 && /quota|billing|credit/i.test(said))
    return final(
      'endpoint-quota',
      `${host(request)} says that the account has no credit left. Top it up, or use another endpoint.${quoted}`,
    );
  if (status === 408 || status === 429 || status >= 500) {
    const busy = status === 429 || status === 503 || status === 529;
    return later(
      busy ? 'endpoint-busy' : 'endpoint-server',
      busy
        ? `${host(request)} received too many requests (${status}). Try again later, or send fewer requests a minute.${quoted}`
        : `${host(request)} failed (${status}). Check the log of the server.${quoted}`,
      busy,
      retryAfterMs(response.headers, request.now()),
    );
  }
  return new Refusal(
    new UserError('endpoint-refused', `${host(request)} refused the request (${status}).${quoted}`),
    null,
    true,
    said,
  );
}

/** The error message of the server, in one line. Error bodies differ between servers. */
function serverMessage(text: string, key: string | undefined): string {
  let said = text;
  try {
    const value: unknown = JSON.parse(text);
    said = textIn(value) ?? '';
  } catch {
    // A page of a proxy says nothing that helps.
    if (/^\s*</.test(text)) said = '';
  }
  const line = said.replace(/\s+/g, ' ').trim().slice(0, 300);
  return key === undefined ? line : line.replaceAll(key, '…');
}

/** {"error": {"message": …}}, {"error": …}, {"message": …}, {"detail": …}, or a list of one of them. */
function textIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return textIn((value as readonly unknown[])[0]);
  const fields = value as Readonly<Record<string, unknown>>;
  return textIn(fields.error) ?? textIn(fields.message) ?? textIn(fields.detail) ?? textIn(fields.msg);
}

/**
 * Retry-After in seconds or as a date (RFC 9110, 10.2.3), or OpenAI's retry-after-ms.
 *
 * @param now milliseconds since 1970
 * @returns milliseconds; null where the server does not say
 * @internal
 */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const exact = headers.get('retry-after-ms');
  if (exact !== null && /^\d+(\.\d+)?$/.test(exact)) return Number(exact);
  const value = headers.get('retry-after');
  if (value === null) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

const TLS = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)_/;

/** Why there was no answer at all. */
function unreachable(error: unknown, request: Call): Refusal {
  const code = innermostCode(error);
  const where = host(request);
  if (TLS.test(code))
    return final(
      'endpoint-tls',
      code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG'
        ? `${where} does not speak https. For a server on this machine, write http:// in the endpoint's address.`
        : `The certificate of ${where} cannot be trusted (${code}). If the server is your own, start VS Code or the command line with NODE_EXTRA_CA_CERTS set to the file of its certificate authority. Otherwise somebody may be intercepting the connection.`,
    );
  if (code === 'ECONNREFUSED')
    return final(
      'endpoint-unreachable',
      `Nothing listens at ${where}. Start the server, or correct the address of the endpoint.`,
    );
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return final(
      'endpoint-unreachable',
      `The name of ${where} cannot be found. Check the address of the endpoint and the network.`,
    );
  return later(
    'endpoint-cut',
    `The connection to ${where} was lost (${code}). If that happens again, check the log of the server.`,
    false,
  );
}

function innermostCode(error: unknown): string {
  let code = '';
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    code = 'code' in inner && typeof inner.code === 'string' ? inner.code : code || inner.message;
  }
  return code === '' ? String(error) : code;
}

function host({ address }: Pick<Call, 'address'>): string {
  return new URL(address).host;
}
