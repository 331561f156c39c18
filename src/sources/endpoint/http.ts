/**
 * One request to an endpoint. An error becomes a sentence that says what to do. Redirects are not
 * followed, so that no key and no text goes anywhere but to the address that the person chose. The server's words and
 * those of the network enter only through `said`, which takes the key out of them.
 */
import type { ErrorCode } from '../../core/error-codes';
import { jsonOf } from '../../core/data/json';
import { cancelledError, UserError } from '../../core/user-error';
import { valueOf } from './body';
import { type Redact, redactor } from './key';

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
    /** Whether the error concerns this text only, every text, or one does not know: then several in a row decide. */
    readonly concerns: 'text' | 'every-text' | 'unknown',
    /** The server's own message without the key, at its full length. */
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

/** An error is a sentence; what comes after this many bytes is not read. */
const LARGEST_ERROR = 64 * 1024;

/** Characters of the server's words that a message has room for. */
const LONGEST_QUOTE = 300;

/** Objects within objects in which an error message is looked for. */
const DEEPEST_MESSAGE = 5;

/**
 * The JSON of the answer.
 *
 * @throws Refusal; UserError `cancelled`
 */
export async function call(request: Call): Promise<unknown> {
  const { address, route, key, signal, timeoutMs } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  const redact = redactor(key);
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
    if (!response.ok)
      throw refusal(response, serverWords((await start(response, LARGEST_ERROR)).text), {
        request,
        redact,
      });
    const { text, isWhole } = await start(response, LARGEST_ANSWER);
    if (!isWhole) throw tooLarge(request);
    const value = valueOf(text);
    if (value === undefined) throw garbage(request, 'is not JSON');
    const error = errorIn(value);
    if (error !== undefined) throw reported(error, response.headers, { request, redact });
    return value;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (signal?.aborted === true) throw cancelledError();
    if (timeout.aborted)
      throw later(
        'endpoint-timeout',
        `${host(request)} did not answer within ${Math.round(timeoutMs / 1000)} seconds. It may be loading the model or be overloaded: try again, or send fewer requests a minute.`,
        true,
      );
    throw unreachable(error, request, redact);
  }
}

/** The body up to a number of bytes; the rest is not read. */
async function start(response: Response, most: number): Promise<{ text: string; isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // An answer without a body, as 204 is, has none to wait for.
  const body: AsyncIterable<Uint8Array> | readonly [] = response.body ?? [];
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > most) break;
  }
  return { text: Buffer.concat(chunks).subarray(0, most).toString('utf8'), isWhole: bytes <= most };
}

/** An answer that does not follow the API. The same request would bring the same answer again. */
export function garbage({ address }: Pick<Call, 'address'>, what: string): Refusal {
  return unusable(
    'endpoint-garbage',
    `The answer of ${address} ${what}. Check that this is the address of an OpenAI-compatible API; it usually ends in /v1.`,
  );
}

function tooLarge(request: Call): Refusal {
  return unusable(
    'endpoint-answer-large',
    `The answer of ${host(request)} has more than ${LARGEST_ANSWER / 1024 / 1024} MB, and is not read to its end. Check that this is the address of an OpenAI-compatible API.`,
  );
}

/** Another try would bring the same, but the next text may have a better answer. */
function unusable(code: ErrorCode, message: string): Refusal {
  return new Refusal(new UserError(code, message), null, 'unknown');
}

function later(
  code: ErrorCode,
  message: string,
  overloaded: boolean,
  afterMs: number | null = null,
): Refusal {
  return new Refusal(new UserError(code, message), { afterMs, overloaded }, 'unknown');
}

function final(code: ErrorCode, message: string): Refusal {
  return new Refusal(new UserError(code, message), null, 'every-text');
}

/** The spent balance of an account, in the words of servers. */
const SPENT =
  /insufficient[\s_-]+(?:\w+[\s_-]+)?(?:balance|credits?|funds|quota)|(?:balance|credits?)\s+(?:is|are)\s+(?:too low|insufficient|exhausted|used up)|out of credits?|(?:no|not enough) credits?|exceeded your current quota|billing/i;

/** A filter that stopped one text. */
const FILTERED =
  /content[\s_-]*(?:filter|management|policy|moderation)|flagged|moderation|safety (?:system|filter|setting)|prohibited[\s_-]content|data_inspection|inappropriate content/i;

/** What 404 says about a model. */
const NO_MODEL = /model|deployment|no endpoints? found|no (?:allowed )?providers?/i;

/** What 404 says about a route that the server does not have. */
const NO_ROUTE = /route|endpoint|\bpath\b|\bmethod\b|\burl\b|completions/i;

interface Told {
  readonly request: Call;
  readonly redact: Redact;
}

/** The error that an answer with the status of success holds instead of a result; undefined for none. */
function errorIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const { error, choices } = value as Readonly<Record<string, unknown>>;
  if (error !== undefined && error !== null && error !== false && !Array.isArray(choices)) return error;
  const [first] = Array.isArray(choices) ? (choices as readonly unknown[]) : [];
  return typeof first === 'object' && first !== null && 'error' in first
    ? (first.error ?? undefined)
    : undefined;
}

/** An error that came with the status of success: its own code counts. */
function reported(error: unknown, headers: Headers, told: Told): Refusal {
  const words = textIn({ error }) ?? '';
  const { code, status, type } = Object(error) as Readonly<Record<string, unknown>>;
  const number = [code, status].map(Number).find((found) => found >= 400 && found < 600);
  const named = [code, type, words].map(String).join(' ');
  const guessed = /rate[\s_-]?limit|overloaded/i.test(named)
    ? 429
    : /invalid[\s_-]api[\s_-]key|authentication|unauthori[sz]ed/i.test(named)
      ? 401
      : undefined;
  const own = number ?? guessed;
  if (own !== undefined) return refusal({ status: own, headers }, words, told);
  const quoted = said(words, told.redact);
  if (SPENT.test(named)) return spent(told.request, 200, quoted);
  return new Refusal(
    new UserError(
      'endpoint-refused',
      `${host(told.request)} answered with an error.${quoted === '' ? '' : ` It says: ${quoted}`}`,
    ),
    null,
    'unknown',
    told.redact(words),
  );
}

function spent(request: Call, status: number, words: string): Refusal {
  return final(
    'endpoint-quota',
    `${host(request)} says that the account has no credit left (${status}). Top it up, or use another endpoint.${words === '' ? '' : ` It says: ${words}`}`,
  );
}

/**
 * The error for a status other than success.
 *
 * @param message the server's own
 */
function refusal(
  response: Pick<Response, 'status' | 'headers'>,
  message: string,
  { request, redact }: Told,
): Refusal {
  const { address, model, key } = request;
  const { status } = response;
  const words = said(message, redact);
  const quoted = words === '' ? '' : ` It says: ${words}`;
  if (status >= 300 && status < 400) {
    const to = said(response.headers.get('location') ?? 'elsewhere', redact);
    return final(
      'endpoint-redirect',
      `${address} redirects to ${to}. Redirects are not followed, so that texts and key stay with the server that you chose. Set the endpoint to the address that the redirect leads to.`,
    );
  }
  if (status === 402 || (status >= 400 && status < 500 && SPENT.test(message)))
    return spent(request, status, words);
  // A filter looks at one text. What it says may quote the text, so only a refusal is one.
  if ((status === 400 || status === 403 || status === 422) && FILTERED.test(message))
    return new Refusal(
      new UserError(
        'endpoint-filtered',
        `The content filter of ${host(request)} stopped this text (${status}).${quoted}`,
      ),
      null,
      'text',
      redact(message),
    );
  // OpenAI does not let some models show probabilities; the key has nothing to do with that.
  if (status === 401 || (status === 403 && !words.includes('logprobs')))
    return final(
      'endpoint-key',
      key === undefined
        ? `${host(request)} requires a key (${status}), but none is set for this endpoint.`
        : `${host(request)} does not accept the key (${status}). Set another one, and check that it may use the model "${model}".`,
    );
  if (status === 404 || status === 405)
    return final(
      'endpoint-not-found',
      NO_MODEL.test(words)
        ? `${host(request)} has no model "${model}" (${status}). Correct the name of the model; ${address}/models lists the models.${quoted}`
        : NO_ROUTE.test(words)
          ? `${host(request)} does not serve ${request.route} (${status}). Choose the other API of the endpoint: not every server has both chat and completion.${quoted}`
          : `There is no API at ${address}${request.route} (${status}). Correct the address of the endpoint (it usually ends in /v1) or its API: not every server has both chat and completion.${quoted}`,
    );
  if (status === 429 && /quota|billing|credit/i.test(words)) return spent(request, status, words);
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
    'text',
    redact(message),
  );
}

/** Words of others in one line of a message: without the key, and only then cut. */
export function said(words: string, redact: Redact): string {
  const line = redact(words.replace(/\s+/g, ' ').trim());
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line;
}

/**
 * The error message of the server. Error bodies differ between servers.
 *
 * @internal
 */
export function serverWords(text: string): string {
  const value = jsonOf(text);
  if (value !== undefined) return textIn(value) ?? '';
  // A page of a proxy says nothing that helps.
  return /^\s*</.test(text) ? '' : text;
}

/**
 * {"error": {"message": …}}, {"error": …}, {"message": …}, {"detail": …}, or a list of one of them. The field that it is
 * about comes first: "param", or the name in "loc" behind "body".
 *
 * @param deeper how many objects may still be opened
 */
function textIn(value: unknown, deeper = DEEPEST_MESSAGE): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || deeper === 0) return undefined;
  const within = (inner: unknown): string | undefined => textIn(inner, deeper - 1);
  if (Array.isArray(value)) return within((value as readonly unknown[])[0]);
  const { error, message, detail, msg, loc, param } = value as Readonly<Record<string, unknown>>;
  const words = within(error) ?? within(message) ?? within(detail) ?? within(msg);
  const field = Array.isArray(loc)
    ? (loc as readonly unknown[]).find((part) => typeof part === 'string' && part !== 'body')
    : param;
  return words === undefined || typeof field !== 'string' || words.split(/\W+/u).includes(field)
    ? words
    : `"${field}": ${words}`;
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

/** Ends of a connection after which another try may work. Anything else, as a blocked port, would only fail again. */
const CUT =
  /^(ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|UND_ERR_(SOCKET|CONNECT_TIMEOUT|HEADERS_TIMEOUT|BODY_TIMEOUT))$/;

/** Why there was no answer at all. */
function unreachable(error: unknown, request: Call, redact: Redact): Refusal {
  const code = said(innermostCode(error), redact);
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
  if (CUT.test(code))
    return later(
      'endpoint-cut',
      `The connection to ${where} was lost (${code}). If that happens again, check the log of the server.`,
      false,
    );
  return unusable(
    'endpoint-cut',
    `The connection to ${where} failed (${code}). Check the address of the endpoint and the log of the server.`,
  );
}

function innermostCode(error: unknown): string {
  let code: string | undefined;
  let message = String(error);
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    ({ message } = inner);
    if ('code' in inner && typeof inner.code === 'string') ({ code } = inner);
  }
  return code ?? message;
}

function host({ address }: Pick<Call, 'address'>): string {
  return new URL(address).host;
}
