/** The engine process over its life: it may die at any moment, and its callers must always get an answer. */
import assert from 'node:assert/strict';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import type { EngineClient, EngineState } from '../../src/sources/engine-client';
import { cpu, makeClassifier, scoreAll, startEngine } from '../support/engine';
import { fixture } from '../support/paths';
import { isAlive, untilGone } from '../support/until';

const TINY = cpu(fixture('tiny-chat.gguf'));

function sentiment(): PromptClassifier {
  const [first] = BUILTIN_CLASSIFIERS;
  assert.ok(first);
  return first;
}

/** Enough work to be busy for seconds. */
const MANY = Array.from({ length: 400 }, (_, index) => `Review number ${index} was a long and winding one.`);

async function untilState(engine: EngineClient, wanted: (state: EngineState) => boolean): Promise<void> {
  if (wanted(engine.state)) return;
  await new Promise<void>((resolve) => {
    const subscription = engine.onStateChange((state) => {
      if (!wanted(state)) return;
      subscription.dispose();
      resolve();
    });
  });
}

function pidOf(engine: EngineClient): number {
  assert.ok(engine.pid);
  return engine.pid;
}

describe('the engine process', () => {
  const engines: EngineClient[] = [];
  async function start(...parameters: Parameters<typeof startEngine>): Promise<EngineClient> {
    const engine = await startEngine(...parameters);
    engines.push(engine);
    return engine;
  }
  /** With the real model, for what leaves it as it was. */
  let real: EngineClient;
  before(async () => {
    real = await startEngine(cpu());
  });
  after(() => real.dispose());
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.dispose()));
  });

  for (const signal of ['SIGKILL', 'SIGSEGV'] as const)
    it(`rejects what was in flight when it dies of ${signal}, and starts again`, async () => {
      await real.load();
      const first = scoreAll(real, sentiment(), ['I love this movie!']);
      const busy = real.score({ classifier: sentiment().asks, texts: MANY, topTokens: 0 });
      const queued = real.score({ classifier: sentiment().asks, texts: ['I love it'], topTokens: 0 });
      const failed = Promise.all([
        assert.rejects(busy, { code: 'engine-crashed', message: new RegExp(signal) }),
        assert.rejects(queued, { code: 'engine-crashed' }),
      ]);
      // The engine works in order: it is at the many texts now.
      await first;
      const pid = pidOf(real);
      process.kill(pid, signal);
      await failed;
      assert.equal(real.state.kind, 'failed');
      const [score] = await scoreAll(real, sentiment(), ['I love this movie!']);
      assert.equal(score?.label, 'positive');
      assert.notEqual(pidOf(real), pid);
    });

  it('stays down after too many crashes until it is restarted by hand', async () => {
    const engine = await start(TINY);
    for (let crash = 0; crash < 3; crash++) {
      await engine.load();
      process.kill(pidOf(engine), 'SIGKILL');
      await untilState(engine, (state) => state.kind === 'failed');
    }
    await assert.rejects(engine.load(), { code: 'engine-down', message: /crashed 3 times/ });
    await engine.reset();
    await engine.load();
    assert.equal(engine.state.kind, 'ready');
  });

  it('answers a cancelled request at once and goes on with the next', async () => {
    await real.load();
    const cancel = new AbortController();
    const first = scoreAll(real, sentiment(), ['I love this movie!']);
    const busy = real.score({ classifier: sentiment().asks, texts: MANY, topTokens: 0 }, cancel.signal);
    const next = scoreAll(real, sentiment(), ['I love this movie!']);
    // The engine works in order: it is at the many texts now.
    await first;
    cancel.abort();
    await assert.rejects(busy, { code: 'cancelled' });
    const [score] = await next;
    assert.equal(score?.label, 'positive');
    await assert.rejects(
      real.score({ classifier: sentiment().asks, texts: ['x'], topTokens: 0 }, AbortSignal.abort()),
      {
        code: 'cancelled',
      },
    );
  });

  it('scores a classifier with many labels and long names', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `topic number ${index}`);
    const classifier = makeClassifier({
      template: '{{text}}\nTopic:',
      labels: names.map((name) => ({ name })),
    });
    const [score] = await scoreAll(real, classifier, ['Stocks fell.']);
    assert.equal(score?.labels.length, 60);
    assert.equal(score.mode, 'sequence');
  });

  it('is stopped when a text takes longer than its limit', async () => {
    const engine = await start(cpu(), { textTimeoutMs: 1 });
    await assert.rejects(engine.score({ classifier: sentiment().asks, texts: ['I love it'], topTokens: 0 }), {
      code: 'engine-timeout',
    });
    await untilState(engine, (state) => state.kind === 'stopped');
  });

  it('is unloaded when nobody uses it, and comes back', async () => {
    const engine = await start(TINY, { idleMs: 50 });
    const before = await scoreAll(engine, sentiment(), ['I love this movie!']);
    const pid = pidOf(engine);
    await untilState(engine, (state) => state.kind === 'stopped');
    await untilGone(pid);
    assert.deepEqual(await scoreAll(engine, sentiment(), ['I love this movie!']), before);
  });

  it('changes models by changing processes', async () => {
    const engine = await start(TINY);
    await engine.load();
    const first = pidOf(engine);
    await engine.use(cpu());
    const info = await engine.load();
    assert.equal(info.fileName, 'gemma-3-270m-q4_k_m.gguf');
    assert.ok(!isAlive(first));
  });

  it('fails what was loading when it is stopped', async () => {
    const engine = await start(cpu());
    const loading = assert.rejects(engine.load());
    await engine.stop();
    await loading;
    assert.equal(engine.state.kind, 'stopped');
  });
});

describe('the GPU setting', () => {
  it('falls back to the CPU with the reason where the backend cannot start', async () => {
    const engine = await startEngine({ ...TINY, gpu: 'cuda' });
    try {
      const { device } = await engine.load();
      assert.equal(device.backend, 'cpu');
      assert.equal(device.offloadedLayers, 0);
      assert.match(device.fallback ?? '', /cuda/);
    } finally {
      await engine.dispose();
    }
  });

  it('falls back to the CPU where the probe passes its deadline', async () => {
    const engine = await startEngine({ ...TINY, gpu: 'auto' }, { gpuDeadlineMs: 1 });
    try {
      const { device } = await engine.load();
      assert.equal(device.backend, 'cpu');
      assert.match(device.fallback ?? '', /did not answer in time/);
      await engine.stop();
      const classifier = makeClassifier({
        template: '{{text}}:',
        labels: [{ name: 'positive' }, { name: 'negative' }],
      });
      const [score] = await scoreAll(engine, classifier, ['x']);
      assert.ok(score, 'the request that met the hanging GPU is answered by the engine that took over');
    } finally {
      await engine.dispose();
    }
  });

  it('never claims a GPU that has no layers of the model', async () => {
    const engine = await startEngine({ ...TINY, gpu: 'auto' });
    try {
      const { device } = await engine.load();
      assert.equal(device.backend === 'cpu', device.offloadedLayers === 0);
      assert.equal(device.names.length > 0, device.offloadedLayers > 0);
    } finally {
      await engine.dispose();
    }
  });
});
