/** One engine for a long time: its memory is flat. Printed, because a slow leak is seen before it is a failure. */
import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { EngineClient } from '../../src/sources/engine-client';
import { memoryOf } from '../support/memory';
import { cpu, scoreAll, startEngine } from '../support/engine';
import { fixture } from '../support/paths';
import { sharedFolder } from '../support/temporary';

const [sentiment = assert.fail()] = BUILTIN_CLASSIFIERS;

/** Prints the memory at the beginning, the quarters and the end; asserts that it does not grow behind the first. */
async function soak(
  times: number,
  growthMb: number,
  memory: () => number,
  work: (at: number) => Promise<void>,
): Promise<void> {
  const seen: number[] = [];
  for (let at = 0; at < times; at++) {
    await work(at);
    if (at === 0 || (at + 1) % (times / 4) === 0) seen.push(memory());
  }
  console.log(`    ${seen.map((mb) => `${mb.toFixed(0)} MB`).join(', ')}`);
  const [, warm = assert.fail(), ...later] = seen;
  assert.ok(Math.max(...later) < warm + growthMb, 'the memory grows');
}

describe('the engine', () => {
  const folder = sharedFolder();
  let engine: EngineClient;
  afterEach(() => engine.dispose());

  it('keeps its memory over 10,000 classifications', async () => {
    engine = await startEngine();
    await soak(
      200,
      150,
      () => memoryOf(engine.pid),
      async (at) => {
        const texts = Array.from({ length: 50 }, (_, index) => `Film ${50 * at + index} was a long one.`);
        // The shape of one classification in the editor, and of a table's rows.
        assert.equal((await scoreAll(engine, sentiment, texts, at % 4 === 0 ? 10 : 0)).length, 50);
      },
    );
  });

  it('leaves nothing in its parent over 200 changes of the model', async () => {
    const other = path.join(folder(), 'other.gguf');
    await copyFile(fixture('tiny-chat.gguf'), other);
    engine = await startEngine(cpu(other));
    await soak(
      200,
      50,
      () => memoryOf(process.pid),
      async (at) => {
        await engine.use(cpu(at % 2 === 0 ? fixture('tiny-chat.gguf') : other));
        assert.equal((await scoreAll(engine, sentiment, ['I love it'])).length, 1);
      },
    );
  });
});
