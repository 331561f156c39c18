/** 500 damaged headers of both test models: a score, a clear error or a contained crash, in bounded time and memory. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { EngineClient } from '../../src/sources/engine-client';
import { startEngine } from '../support/engine';
import { mutations } from '../support/gguf-mutations';
import { outcomeOf, readModel } from '../support/mutated-models';
import { memoryOf } from '../support/memory';
import { fixture, TEST_MODEL } from '../support/paths';
import { sharedFolder } from '../support/temporary';

const [sentiment = assert.fail()] = BUILTIN_CLASSIFIERS;

describe('500 damaged headers of GGUF files', () => {
  const folder = sharedFolder();
  let engine: EngineClient;
  before(async () => {
    engine = await startEngine(undefined, { textTimeoutMs: 60_000, loadStallMs: 60_000 });
  });
  after(() => engine.dispose());

  /** Most memory that an engine has had, in MB. */
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, memoryOf(engine.pid, 'VmHWM'));
  };

  for (const [name, model, count, limit] of [
    ['tiny-chat.gguf', fixture('tiny-chat.gguf'), 350, 2000],
    ['the real model', TEST_MODEL, 150, 3000],
  ] as const)
    it(`end well with ${name}`, async () => {
      const outcomes: Record<string, number> = {};
      const original = await readModel(model);
      const watch = setInterval(look, 20);
      let slowest = 0;
      try {
        for (const mutation of mutations(original.start, count, 10)) {
          const started = performance.now();
          const file = path.join(folder(), 'damaged.gguf');
          peak = 0;
          const outcome = await outcomeOf(mutation, original, engine, sentiment, file);
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          const seconds = (performance.now() - started) / 1000;
          slowest = Math.max(slowest, seconds);
          assert.ok(seconds < 90, `${mutation.what}: ${outcome} after ${seconds} s`);
          assert.ok(peak < limit, `${mutation.what}: ${outcome} with ${peak} MB`);
        }
      } finally {
        clearInterval(watch);
        console.log(`    ${JSON.stringify(outcomes)}, the slowest in ${slowest.toFixed(1)} s`);
      }
    });
});
