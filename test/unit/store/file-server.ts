/** A loopback HTTP server whose answers a test decides. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FileServer {
  /** "http://127.0.0.1:<port>" */
  readonly url: string;
  readonly port: number;
  /** "METHOD /path" of every request so far. */
  readonly log: string[];
  /** The Range header of every GET of a file, '' where there was none. */
  readonly ranges: string[];
  /** Cuts the connections that stand still (see `holdAfter`). */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

export async function serve(handler: Handler): Promise<FileServer> {
  const log: string[] = [];
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    log.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (request.method === 'GET' && request.url?.includes('.gguf') === true) {
      ranges.push(request.headers.range ?? '');
    }
    handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    log,
    ranges,
    cut: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface SendOptions {
  readonly etag?: string;
  /** false: answers ranges with the whole file, as a plain server does. */
  readonly acceptsRanges?: boolean;
  /** Sends so many bytes of this answer and then nothing, until the test cuts the connection. */
  readonly holdAfter?: number;
  /** Cuts the connection before the first byte of the content. */
  readonly cutAtOnce?: boolean;
  /** false: the answer does not say how long it is. */
  readonly tellsLength?: boolean;
  /** Answers a range with 206 whatever If-Range says. */
  readonly ignoresIfRange?: boolean;
}

/** Answers HEAD and GET with `content`, ranges and If-Range as RFC 9110 has them, unless told otherwise. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array,
  options: SendOptions = {},
): void {
  const { etag, acceptsRanges = true, holdAfter, tellsLength = true } = options;
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const ifRange = request.headers['if-range'];
  const current = options.ignoresIfRange === true || ifRange === undefined || ifRange === etag;
  const start = acceptsRanges && from !== undefined && current ? Number(from) : 0;
  const body = content.subarray(start);
  if (etag !== undefined) response.setHeader('etag', etag);
  if (start > 0) {
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${start}-${content.length - 1}/${content.length}`);
  }
  if (tellsLength) response.setHeader('content-length', body.length);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  if (options.cutAtOnce === true) {
    response.flushHeaders();
    response.destroy();
  } else if (holdAfter === undefined) {
    // end(body) alone would tell the length after all.
    response.write(body);
    response.end();
  } else {
    response.write(body.subarray(0, holdAfter));
  }
}
