/** A server on this machine whose answers a test decides, request by request. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import * as z from 'zod';

const bodySchema = z.looseObject({
  model: z.string(),
  prompt: z.string().optional(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).optional(),
});

interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: z.infer<typeof bodySchema>;
}

export type Behaviour = (response: ServerResponse, seen: Seen, index: number) => void;

export interface TestServer {
  /** "http://127.0.0.1:<port>/v1" */
  readonly url: string;
  readonly requests: Seen[];
  close(): Promise<void>;
}

/** @param pem certificate and key, for https */
export async function serve(behaviour: Behaviour, pem?: string): Promise<TestServer> {
  const requests: Seen[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const seen = {
        path: request.url ?? '',
        authorization: request.headers.authorization,
        body: bodySchema.parse(JSON.parse(text)),
      };
      requests.push(seen);
      behaviour(response, seen, requests.length - 1);
    });
  };
  const server: Server =
    pem === undefined ? createServer(listener) : createTlsServer({ cert: pem, key: pem }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `${pem === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}/v1`,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function json(
  response: ServerResponse,
  value: object,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

/** A chat answer in the list form, as vLLM, llama-server, Ollama and OpenAI give it. */
export function chatAnswer(tokens: Readonly<Record<string, number>>): object {
  const top = Object.entries(tokens).map(([token, p]) => ({ token, logprob: Math.log(p), bytes: null }));
  return {
    object: 'chat.completion',
    system_fingerprint: 'fp_test',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: top[0]?.token ?? '' },
        logprobs: { content: [{ ...top[0], top_logprobs: top }] },
        finish_reason: 'length',
      },
    ],
  };
}

/** A completion answer in the object form, as vLLM, llama-cpp-python and OpenAI give it. */
export function completionAnswer(tokens: Readonly<Record<string, number>>): object {
  const top = Object.fromEntries(Object.entries(tokens).map(([token, p]) => [token, Math.log(p)]));
  const [chosen = ''] = Object.keys(tokens);
  return {
    object: 'text_completion',
    choices: [
      {
        index: 0,
        text: chosen,
        logprobs: { tokens: [chosen], token_logprobs: [top[chosen]], top_logprobs: [top], text_offset: [0] },
        finish_reason: 'length',
      },
    ],
  };
}

/** Chat answers without any probability. */
export function plainAnswers(...texts: readonly string[]): object {
  return {
    object: 'chat.completion',
    choices: texts.map((content, index) => ({
      index,
      message: { role: 'assistant', content },
      finish_reason: 'stop',
    })),
  };
}
