/** Programs that others wrote, on the same file: installed and started by scripts/peers.mjs. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import { completionPrompt } from '../../src/core/classifier/prompt';
import { ROOT, TEST_MODEL } from '../support/paths';
import { contender, median, type Contender } from './contenders';

interface PeerServer {
  readonly url: string;
  close(): Promise<void>;
}

interface ServerOptions {
  readonly model: string;
  readonly threads: number;
  readonly clients?: number;
}

interface Peers {
  setUpLlamaTools(): Promise<{ tag: string; server: string; batchedBench: string }>;
  setUpLlamaCppPython(): Promise<string>;
  setUpTransformers(): Promise<string>;
  serveLlamaServer(program: string, options: ServerOptions): Promise<PeerServer>;
  serveLlamaCppPython(python: string, options: ServerOptions): Promise<PeerServer>;
}

const CLIENTS = 8;

/** All of them, ready to run, and how to end them. */
export async function startPeers(
  classifier: PromptClassifier,
  threads: number,
): Promise<{ contenders: Contender[]; close(): Promise<void> }> {
  const script = pathToFileURL(path.join(ROOT, 'scripts', 'peers.mjs')).href;
  const peers = (await import(script)) as Peers;
  const tools = await peers.setUpLlamaTools();
  const common = { model: TEST_MODEL, threads };
  const one = await peers.serveLlamaServer(tools.server, common);
  const many = await peers.serveLlamaServer(tools.server, { ...common, clients: CLIENTS });
  const python = await peers.serveLlamaCppPython(await peers.setUpLlamaCppPython(), common);
  const transformers = await startTransformers(await peers.setUpTransformers(), threads);

  const { head, tail } = completionPrompt(classifier.asks);
  const promptOf = (text: string): string => `${head}${text}${tail}`;
  const llamaServer = (server: PeerServer, clients: number, probabilities: number): Contender =>
    contender(
      `llama-server, ${clients === 1 ? 'one client' : `${clients} clients`}, ${probabilities > 0 ? `${probabilities} likeliest tokens` : 'next token only'}`,
      192,
      (texts) =>
        eachOf(texts, clients, (text) =>
          ask(`${server.url}/completion`, {
            prompt: promptOf(text),
            n_predict: 1,
            temperature: 0,
            cache_prompt: true,
            n_probs: probabilities,
          }),
        ),
    );
  const contenders = [
    llamaServer(one, 1, 0),
    llamaServer(one, 1, 20),
    llamaServer(many, CLIENTS, 0),
    llamaServer(many, CLIENTS, 20),
    contender("llama-cpp-python's server, one client, 20 likeliest tokens", 8, (texts) =>
      eachOf(texts, 1, (text) =>
        ask(`${python.url}/v1/completions`, {
          prompt: promptOf(text),
          max_tokens: 1,
          temperature: 0,
          logprobs: 20,
        }),
      ),
    ),
    contender('transformers, float32, whole prompt', 12, (texts) => transformers.ask(texts.map(promptOf))),
    batchedBench(tools.batchedBench, threads, 't', 'llama-batched-bench, 13 tokens and one more (the limit)'),
    batchedBench(tools.batchedBench, threads, 't_pp', 'llama-batched-bench, 13 tokens'),
  ];
  return {
    contenders,
    close: async () => {
      await Promise.all([one.close(), many.close(), python.close(), transformers.close()]);
    },
  };
}

async function ask(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
}

/** Works through the texts with so many requests under way. */
async function eachOf(
  texts: readonly string[],
  clients: number,
  work: (text: string) => Promise<void>,
): Promise<void> {
  const queue = texts.values();
  const client = async (): Promise<void> => {
    for (const text of queue) await work(text);
  };
  await Promise.all(Array.from({ length: clients }, client));
}

async function startTransformers(
  python: string,
  threads: number,
): Promise<{ ask(prompts: readonly string[]): Promise<void>; close(): Promise<void> }> {
  const script = path.join(ROOT, 'test', 'bench', 'transformers_peer.py');
  const child = spawn(python, [script, TEST_MODEL, String(threads)], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next: IteratorResult<string, undefined> = await lines.next();
    if (next.done === true) throw new Error(`${script} ended`);
    return next.value;
  };
  await line();
  return {
    ask: async (prompts) => {
      child.stdin.write(`${JSON.stringify({ prompts, labels: [' positive', ' negative'] })}\n`);
      await line();
    },
    close: async () => {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * llama-batched-bench times itself: 16 texts of 13 tokens at a time and one token after each, with no prompt before
 * them to attend to and nothing done with the outputs. The limit of what llama.cpp does on these cores.
 */
function batchedBench(program: string, threads: number, part: 't' | 't_pp', name: string): Contender {
  const texts = 16;
  return {
    name,
    texts,
    rate: () => {
      const { stdout } = spawnSync(
        program,
        [
          ...['--model', TEST_MODEL, '--threads', String(threads), '--flash-attn', 'on'],
          ...['--ctx-size', '4096', '-npp', '13', '-ntg', '1', '-npl', [texts, texts, texts].join(',')],
          ...['--output-format', 'jsonl'],
        ],
        { encoding: 'utf8' },
      );
      const seconds = (stdout.match(/^\{.*\}$/gm) ?? []).map(
        (line) => (JSON.parse(line) as Record<typeof part, number>)[part],
      );
      return Promise.resolve(texts / median(seconds));
    },
  };
}
