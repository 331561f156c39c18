/** What the client makes of an engine that is slow or hangs: a stand-in for the process, without a model. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BUILTIN_CLASSIFIERS } from '../../../src/core/classifier/builtin';
import type { EngineOptions, ScoreParams } from '../../../src/protocol/engine';
import { EngineClient, type EngineClientOptions } from '../../../src/sources/engine-client';
import { temporaryFolder } from '../store/temporary';

/**
 * Answers in order, like the real one. A model called hang.gguf is never loaded, one called crawl.gguf in steps of
 * 250 ms; a request for several texts takes 1.3 s, one for the text "hang" for ever.
 */
const STAND_IN = `
import { setTimeout as sleep } from 'node:timers/promises';
const MODEL = {
  fileName: 'm.gguf', bytes: 1, hasChatTemplate: false, trainContextTokens: 1, loadMs: 1,
  device: { backend: 'cpu', names: [], offloadedLayers: 0, totalLayers: 1, threads: 1 },
  versions: { nodeLlamaCpp: '0', llamaCpp: '0' },
};
const SHAPE = {
  prompt: 'completion', sequences: 1, contextTokens: 1, batchTokens: 1, prefixTokens: 1, padding: 4,
  flashAttention: false, swaFullCache: false,
};
const say = (message) => process.send({ jsonrpc: '2.0', ...message });
const progress = (fraction) => say({ method: 'engine/loadProgress', params: { phase: 'loading', fraction } });
const never = () => new Promise(() => undefined);
async function work({ method, params }) {
  if (method === 'engine/load') {
    progress(0);
    if (params.modelPath.endsWith('hang.gguf')) await never();
    for (let step = 1; step <= 6 && params.modelPath.endsWith('crawl.gguf'); step++) {
      await sleep(250);
      progress(step / 6);
    }
    return MODEL;
  }
  if (params.texts.includes('hang')) await never();
  if (params.texts.length > 1) await sleep(1300);
  return { shape: SHAPE, scores: [] };
}
let queue = Promise.resolve();
process.on('message', (message) => {
  if (message.id === undefined) return;
  queue = queue.then(async () => say({ id: message.id, result: await work(message) }));
});
process.on('disconnect', () => process.exit());
`;

describe('the limits of an engine', () => {
  const folder = temporaryFolder();
  let client: EngineClient;

  async function start(model: string, options: Partial<EngineClientOptions>): Promise<void> {
    const enginePath = path.join(folder(), 'engine.mjs');
    await writeFile(enginePath, STAND_IN);
    client = new EngineClient({ enginePath, log: () => undefined, ...options });
    const cpu: EngineOptions = { modelPath: model, gpu: 'off', gpuLayers: 'auto', threads: 0 };
    await client.use(cpu);
  }
  afterEach(() => client.dispose());

  function params(...texts: string[]): ScoreParams {
    const [classifier] = BUILTIN_CLASSIFIERS;
    assert.ok(classifier);
    return { classifier: classifier.asks, texts, topTokens: 0 };
  }

  it('do not count the time that a text waits behind others', async () => {
    await start('m.gguf', { textTimeoutMs: 1000 });
    await client.load();
    // The batch may take 100 s and takes 1.3; the one text has a second of its own.
    const batch = client.score(params(...Array.from({ length: 100 }, String)));
    await Promise.all([batch, client.score(params('one'))]);
  });

  it('end an engine that hangs, also where nobody waits for that text any more', async () => {
    await start('m.gguf', { textTimeoutMs: 500 });
    await assert.rejects(client.score(params('hang')), { code: 'engine-timeout' });
    assert.equal(client.state.kind, 'stopped');

    await client.load();
    const cancel = new AbortController();
    const left = client.score(params('hang'), cancel.signal);
    const behind = client.score(params('one'));
    cancel.abort();
    await assert.rejects(left, { code: 'cancelled' });
    await assert.rejects(behind, { code: 'engine-crashed' });
    await client.score(params('one'));
  });

  it('end one that hangs while it loads, with what to do', async () => {
    await start('/models/hang.gguf', { loadStallMs: 100 });
    await assert.rejects(client.load(), {
      code: 'engine-timeout',
      message: /^Loading hang\.gguf came to a standstill.*faster disk/,
    });
    assert.equal(client.state.kind, 'failed');
    assert.equal(client.pid, undefined);
  });

  it('do not end one that loads slowly', async () => {
    await start('crawl.gguf', { loadStallMs: 1000 });
    await client.load();
    assert.equal(client.state.kind, 'ready');
  });
});
