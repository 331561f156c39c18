/**
 * A stand-in for the engine's process, without a model. Answers in order, like the real one. A model called hang.gguf
 * is never loaded, any other in six steps; a request for several texts takes until one for the text "go on" has come,
 * one for the text "hang" for ever; one for the text "late" reports progress of the loading that is over; one for the
 * text "template" or "context" is in that step of the preparation until it goes on, "late template" has spent an hour
 * less 100 ms in it before, and "template of many" is for a million prompts; one for "crash" dies in the first, as one for
 * "die" does later. A model
 * called environment.gguf logs the environment of the process.
 */
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { listen } from '../../src/protocol/contract';
import { ENGINE_CONTRACT, type ContextShape, type ModelInfo } from '../../src/protocol/engine';

const MODEL: ModelInfo = {
  fileName: 'm.gguf',
  bytes: 1,
  hasChatTemplate: false,
  trainContextTokens: 1,
  loadMs: 1,
  device: { backend: 'cpu', names: [], offloadedLayers: 0, totalLayers: 1, threads: 1 },
  versions: { nodeLlamaCpp: '0', llamaCpp: '0' },
};
const SHAPE: ContextShape = {
  prompt: 'completion',
  sequences: 1,
  contextTokens: 1,
  batchTokens: 1,
  prefixTokens: 1,
  padding: 4,
  flashAttention: false,
  swaFullCache: false,
};

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
const peer = listen(connection, (error) => console.error(error));
const host = peer.remote(ENGINE_CONTRACT.host);

let queue: Promise<unknown> = Promise.resolve();
function inOrder<T>(work: () => Promise<T>): Promise<T> {
  const result = queue.then(work);
  queue = result;
  return result;
}
let goOn = (): void => undefined;
const toldToGoOn = new Promise<void>((resolve) => (goOn = resolve));
async function takeTimeFor(texts: readonly string[]): Promise<void> {
  const template = { step: 'template', spentMs: 0, prompts: 1 } as const;
  for (const [text, preparation] of [
    ['template', template],
    ['late template', { ...template, spentMs: 3_599_900 }],
    ['template of many', { ...template, prompts: 1_000_000 }],
    ['context', { step: 'context' }],
  ] as const)
    if (texts.includes(text)) {
      host.preparing(preparation);
      await toldToGoOn;
      host.preparing({ step: null });
    }
  if (texts.includes('crash') || texts.includes('die')) {
    host.preparing(texts.includes('crash') ? template : { step: null });
    setImmediate(() => process.kill(process.pid, 'SIGKILL'));
    await new Promise(() => undefined);
  }
  if (texts.includes('hang')) await new Promise(() => undefined);
  if (texts.length > 1) await toldToGoOn;
}

peer.serve(ENGINE_CONTRACT.engine, {
  load: ({ modelPath }) =>
    inOrder(async () => {
      const progress = (fraction: number): void => host.loadProgress({ phase: 'loading', fraction });
      progress(0);
      if (modelPath.endsWith('environment.gguf'))
        host.log({ level: 'info', message: JSON.stringify(process.env) });
      if (modelPath.endsWith('hang.gguf')) await new Promise(() => undefined);
      for (let step = 1; step <= 6; step++) progress(step / 6);
      return MODEL;
    }),
  score: ({ texts }) => {
    if (texts.includes('go on')) goOn();
    if (texts.includes('late')) host.loadProgress({ phase: 'preparing', fraction: 0 });
    return inOrder(async () => {
      await takeTimeFor(texts);
      return { shape: SHAPE, scores: [] };
    });
  },
  sample: ({ texts }) =>
    inOrder(async () => {
      await takeTimeFor(texts);
      return { shape: SHAPE, samples: [] };
    }),
  prompt: () => Promise.reject(new Error('nobody asks')),
  tokens: () => Promise.reject(new Error('nobody asks')),
});
process.on('disconnect', () => process.exit());
