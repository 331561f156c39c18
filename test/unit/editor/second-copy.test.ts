import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EngineState } from '../../../src/sources/engine-client';
import { LoadedModels } from '../../../src/store/loaded-models';
import { SecondCopyGuard } from '../../../src/editor/second-copy';
import { temporaryFolder } from '../../support/temporary';

/** An engine whose states a test sets. */
class ScriptedEngine {
  state: EngineState = { kind: 'stopped' };
  pid: number | undefined;
  modelPath: string | undefined;
  private listener: (state: EngineState) => void = () => undefined;

  onStateChange(listener: (state: EngineState) => void): { dispose(): void } {
    this.listener = listener;
    return { dispose: () => (this.listener = () => undefined) };
  }

  become(state: EngineState, pid?: number): void {
    this.state = state;
    this.pid = pid;
    this.listener(state);
  }
}

describe('a second copy of a large model', () => {
  const folder = temporaryFolder();
  const asked: string[] = [];
  let answer: string | undefined;
  let engine: ScriptedEngine;
  let model: { file: string; path: string; bytes: number };

  const dialogs = {
    confirm: (message: string, detail: string) => {
      asked.push(`${message} ${detail}`);
      return Promise.resolve(answer);
    },
  };
  const loaded = (owner: number): LoadedModels => new LoadedModels(path.join(folder(), 'engines'), owner);
  const guard = (): SecondCopyGuard =>
    new SecondCopyGuard(engine, loaded(1111), dialogs, {
      freeBytes: () => 12e9,
      onError: (error) => assert.fail(String(error)),
    });

  beforeEach(async () => {
    asked.length = 0;
    answer = undefined;
    engine = new ScriptedEngine();
    model = { file: 'big.gguf', path: path.join(folder(), 'big.gguf'), bytes: 5.1e9 };
    await writeFile(model.path, 'weights');
    await loaded(2222).register(process.pid, model.path);
  });

  it('is asked about with its size and the memory that is free', async () => {
    await assert.rejects(guard().beforeLoad(model), { code: 'cancelled' });
    assert.deepEqual(asked, [
      'Another window has loaded big.gguf (5.1 GB). Loading it here takes about 5.1 GB of additional memory (12 GB is free).',
    ]);
  });

  it('is loaded when the person says so, and not asked about again', async () => {
    answer = 'Load Anyway';
    const one = guard();
    await one.beforeLoad(model);
    await one.beforeLoad(model);
    assert.equal(asked.length, 1);
  });

  it('is not asked about where the model is small or another one', async () => {
    await guard().beforeLoad({ ...model, bytes: 2 ** 30 });
    await guard().beforeLoad({ ...model, path: path.join(folder(), 'other.gguf') });
    assert.deepEqual(asked, []);
  });

  it('is known of only while an engine runs', async () => {
    const one = guard();
    const notes = async (): Promise<string[]> => {
      await one.settled();
      return readdir(path.join(folder(), 'engines'));
    };
    engine.modelPath = model.path;
    engine.become({ kind: 'starting', progress: { phase: 'probing', fraction: 0 } }, process.ppid);
    assert.deepEqual((await notes()).sort(), [`${process.pid}.json`, `${process.ppid}.json`].sort());
    engine.become({ kind: 'failed', error: new Error('gone') });
    assert.deepEqual(await notes(), [`${process.pid}.json`]);
    await one.dispose();
  });
});
