/** What the client makes of an engine that is slow or hangs. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { mock } from 'node:test';
import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises';
import { BUILTIN_CLASSIFIERS } from '../../../src/core/classifier/builtin';
import { UserError } from '../../../src/core/user-error';
import { actionsFor } from '../../../src/editor/remedies';
import type { EngineOptions, ScoreParams } from '../../../src/protocol/engine';
import { EngineClient, type EngineClientOptions } from '../../../src/sources/engine-client';
import { ROOT } from '../../support/paths';

const STAND_IN = path.join(ROOT, 'dist-test', 'support', 'stand-in-engine.cjs');

describe('the limits of an engine', () => {
  let client: EngineClient;

  async function start(model: string, options: Partial<EngineClientOptions>): Promise<void> {
    client = new EngineClient({ enginePath: STAND_IN, log: () => undefined, ...options });
    const cpu: EngineOptions = { modelPath: model, gpu: 'off', gpuLayers: 'auto', threads: 0 };
    await client.use(cpu);
  }
  afterEach(async () => {
    mock.timers.reset();
    await client.dispose();
  });

  function params(...texts: string[]): ScoreParams {
    const [classifier] = BUILTIN_CLASSIFIERS;
    assert.ok(classifier);
    return { classifier: classifier.asks, texts, topTokens: 0 };
  }

  it('do not count the time that a text waits behind others', async () => {
    await start('m.gguf', { textTimeoutMs: 1000 });
    await client.load();
    mock.timers.enable({ apis: ['setTimeout'] });
    // The batch may take 100 s and takes 99; the one text has a second of its own.
    const batch = client.score(params(...Array.from({ length: 100 }, String)));
    const behind = client.score(params('one'));
    await tick();
    mock.timers.tick(99_000);
    await Promise.all([batch, behind, client.score(params('go on'))]);
  });

  it('do not end an engine that gets more texts than a timer has milliseconds', async () => {
    await start('m.gguf', {});
    const many = client.score(params(...Array.from({ length: 20_000 }, String)));
    await sleep(100);
    await Promise.all([many, client.score(params('go on'))]);
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
      message: /^Loading hang\.gguf made no progress.*faster disk/,
    });
    assert.equal(client.state.kind, 'failed');
    assert.equal(client.pid, undefined);
  });

  for (const [step, code] of [
    ['template', 'chat-template-slow'],
    ['context', 'engine-timeout'],
  ] as const)
    it(`end one that does not get past the ${step}, whatever the number of texts`, async () => {
      await start('m.gguf', { templateTimeoutMs: 100, textTimeoutMs: 100 });
      const many = client.score(params(step, ...Array.from({ length: 1000 }, String)));
      const behind = client.score(params('one'));
      await Promise.all([assert.rejects(many, { code }), assert.rejects(behind, { code })]);
      assert.equal(client.state.kind, 'failed');
    });

  it('count all prompts of a request together against its template', async () => {
    await start('m.gguf', { templateTimeoutMs: 3_600_000 });
    await assert.rejects(client.score(params('late template')), { code: 'chat-template-slow' });
  });

  it('give a template more time for more than a hundred prompts', async () => {
    await start('m.gguf', { templateTimeoutMs: 0 });
    const many = client.score(params('template of many'));
    await sleep(100);
    await Promise.all([many, client.score(params('go on'))]);
  });

  it('do not count a template that ends its engine as a crash of the engine', async () => {
    await start('m.gguf', {});
    for (let crash = 0; crash < 5; crash++)
      await assert.rejects(client.score(params('crash')), { code: 'chat-template', message: /SIGKILL/ });
    await client.score(params('one'));
  });

  it('leave an engine stopped that crashes fifty times in a row, with a button', async () => {
    await start('m.gguf', {});
    const codes: string[] = [];
    for (let crash = 0; crash < 50; crash++) {
      const error: unknown = await client.score(params('die')).catch((reason: unknown) => reason);
      assert.ok(error instanceof UserError);
      codes.push(error.code);
    }
    assert.deepEqual([...new Set(codes)], ['engine-crashed', 'engine-down']);
    assert.equal(codes.indexOf('engine-down'), 3);
    assert.equal(client.pid, undefined);
    assert.equal(client.state.kind, 'failed');
    assert.equal(actionsFor('engine-down')[0], 'Restart Engine');
    await client.reset();
    await client.score(params('one'));
  });

  it('do not begin again with a report of the loading that arrives late', async () => {
    await start('m.gguf', {});
    await client.load();
    const states: string[] = [];
    client.onStateChange(({ kind }) => states.push(kind));
    const waiting = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    await client.score(params('late'));
    assert.ok(!states.includes('starting'));
    assert.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, waiting);
  });

  it('do not end one that loads slowly', async () => {
    await start('m.gguf', { loadStallMs: 1000 });
    mock.timers.enable({ apis: ['setTimeout'] });
    let steps = 0;
    client.onStateChange((state) => {
      if (state.kind !== 'starting' || state.progress.phase !== 'loading') return;
      steps++;
      mock.timers.tick(900);
    });
    await client.load();
    assert.equal(steps, 7);
    assert.equal(client.state.kind, 'ready');
  });
});
