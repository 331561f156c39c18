/** Fifty chat templates against one engine client: each ends in a clear error, in bounded time and memory. */
import assert from 'node:assert/strict';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { EngineClient } from '../../src/sources/engine-client';
import { cpu, scoreAll, startEngine } from '../support/engine';
import { codeOf, HOSTILE_TEMPLATES } from '../support/hostile-templates';
import { memoryOf } from '../support/memory';
import { fixture } from '../support/paths';
import { sharedFolder } from '../support/temporary';

const [sentiment = assert.fail()] = BUILTIN_CLASSIFIERS;
const TEMPLATE_MS = 5000;

describe('fifty hostile chat templates', () => {
  const folder = sharedFolder();
  let engine: EngineClient;
  before(async () => {
    assert.ok(HOSTILE_TEMPLATES.length >= 50);
    engine = await startEngine(cpu(), { templateTimeoutMs: TEMPLATE_MS });
  });
  after(() => engine.dispose());

  /** Most memory that an engine has had, in MB. */
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, memoryOf(engine.pid, 'VmHWM'));
  };

  for (const hostile of HOSTILE_TEMPLATES)
    it(hostile.what, async () => {
      peak = 0;
      const watch = setInterval(look, 20);
      const started = performance.now();
      const code = await codeOf(hostile, engine, sentiment, folder()).finally(() => clearInterval(watch));
      const seconds = (performance.now() - started) / 1000;
      console.log(`    ${code} after ${seconds.toFixed(1)} s, ${peak.toFixed(0)} MB`);
      // The rest is the start of a process, on a slow machine.
      assert.ok(seconds < TEMPLATE_MS / 1000 + 30);
      assert.ok(peak < 2500);
    });

  it('stop no other model', async () => {
    await engine.use(cpu(fixture('tiny-chat.gguf')));
    assert.equal((await scoreAll(engine, sentiment, ['I love it'])).length, 1);
  });
});
