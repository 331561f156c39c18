/**
 * fetch with additions for a downloader: redirects that are counted and must stay on https, and a separate class for
 * network failures. No key or token is sent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopback } from '../core/loopback';
import { UserError } from '../core/user-error';
import { errorCode } from './atomic';

/** The connection failed, was lost or stalled, or the server asks to wait: another try may help. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

export interface RequestOptions {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Whether a redirect already answers the caller's question; then it is returned, not followed. */
  readonly isEnough?: (response: Response) => boolean;
}

const MOST_REDIRECTS = 10;

/**
 * One request, redirects followed. Returns any status but a redirect's; a body that is not read must be
 * cancelled by the caller. Throws NetworkError, the signal's reason, or a UserError (redirect-loop,
 * redirect-insecure).
 */
export async function request(url: URL, options: RequestOptions): Promise<Response> {
  let current = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await send(current, options);
    const location = response.headers.get('location');
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== null;
    if (!isRedirect || options.isEnough?.(response) === true) return response;
    await discard(response);
    current = nextHop(current, location);
  }
  throw new UserError(
    'redirect-loop',
    `${url.host} redirected more than ${MOST_REDIRECTS} times without sending the file. ` +
      'Check the address, or try again later.',
  );
}

async function send(url: URL, options: RequestOptions): Promise<Response> {
  const { method = 'GET', headers = {}, signal } = options;
  try {
    return await fetch(url.href, {
      method,
      redirect: 'manual',
      // Lengths and ranges must be those of the file, not of a compressed form of it.
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'prompt-confidence',
        ...headers,
      },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new NetworkError(`${url.host} cannot be reached (${reason(error)})`, { cause: error });
  }
}

function nextHop(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  // Only what already runs on this machine may send us to another server of this machine.
  const safe = to?.protocol === 'https:' || (to?.protocol === 'http:' && isLoopback(to) && isLoopback(from));
  if (to === undefined || !safe) {
    throw new UserError(
      'redirect-insecure',
      `${from.host} redirects to ${to?.origin ?? 'an invalid address'}, which is not https. ` +
        'Nothing was downloaded. Use another address for the model.',
    );
  }
  return to;
}

/**
 * The body as text; undefined where it is longer than `most` bytes, of which no more are read.
 *
 * @throws NetworkError where the connection is lost
 */
export async function readText(response: Response, most: number): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces(response)) {
    bytes += piece.length;
    if (bytes > most) return undefined;
    parts.push(piece);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The body piece by piece. A lost connection throws a NetworkError, the caller's cancel its reason. */
export async function* pieces(response: Response, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const result = await reader.read().catch((error: unknown) => {
        signal?.throwIfAborted();
        throw error instanceof NetworkError
          ? error
          : new NetworkError(`the connection was cut (${reason(error)})`, { cause: error });
      });
      if (result.done) return;
      yield result.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Discards the body of a response, so that its connection is free again. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/**
 * Runs `action` with a signal that also fires (as a NetworkError) when `alive` was not called for `idleMs`
 * milliseconds.
 */
export async function withIdleLimit<T>(
  idleMs: number,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  const idle = new AbortController();
  const timer = setTimeout(() => {
    idle.abort(new NetworkError(`nothing arrived for ${Math.round(idleMs / 1000)} seconds`));
  }, idleMs);
  try {
    const either = signal === undefined ? idle.signal : AbortSignal.any([idle.signal, signal]);
    return await action(either, () => timer.refresh());
  } finally {
    clearTimeout(timer);
  }
}

export interface RetryOptions {
  /** Further tries after the first. */
  readonly retries: number;
  /** Before the first further try, in milliseconds; doubled each time up to 30 seconds. */
  readonly backoffMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tries again after a NetworkError, and finally throws the last one. `gotFurther` (optional) reports that the failed
 * try made progress; the count then starts again.
 */
export async function withRetries<T>(
  action: () => Promise<T>,
  { retries, backoffMs, signal }: RetryOptions,
  gotFurther: () => boolean | Promise<boolean> = () => false,
): Promise<T> {
  for (let failures = 0; ;) {
    try {
      return await action();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof NetworkError)) throw error;
      if (await gotFurther()) failures = 0;
      if (++failures > retries) throw error;
      await sleep(Math.min(backoffMs * 2 ** (failures - 1), 30_000), undefined, { signal });
    }
  }
}

/** The error for a status that is not success: a NetworkError if another try may help. */
export function refusal(response: Response, what: string, page?: string): Error {
  const { status } = response;
  if (status === 408 || status === 429 || status >= 500) {
    return new NetworkError(`the server answered ${status} for ${what}`);
  }
  if (status === 404 || status === 410) {
    return new UserError('download-not-found', `There is no ${what} (${status}). Check the address.`);
  }
  if (status !== 401 && status !== 403) {
    return new UserError('download-refused', `The server answered ${status} for ${what}. Check the address.`);
  }
  const code = response.headers.get('x-error-code');
  if (page === undefined) {
    return new UserError(
      'download-denied',
      `The server restricts access to ${what} (${status}). ` +
        'Download it with your browser and choose the file.',
    );
  }
  return new UserError(
    'download-denied',
    code === 'RepoNotFound'
      ? `The Hugging Face hub has no ${what}, or it is private. Check the name. If it is private, download it with your browser and choose the file.`
      : `The Hugging Face hub gives ${what} only to people who have accepted its licence (${status}). ` +
          `Accept it at ${page}, download the file with your browser, and choose it.`,
  );
}

/** The innermost reason of a failed fetch: a code such as "ENOTFOUND" or "ECONNRESET", otherwise its message. */
function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return errorCode(inner) ?? (inner instanceof Error ? inner.message : String(inner));
}
