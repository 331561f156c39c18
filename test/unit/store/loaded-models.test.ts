import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { LoadedModels } from '../../../src/store/loaded-models';
import { temporaryFolder } from '../../support/temporary';

describe('the notes on loaded models', () => {
  const folder = temporaryFolder();
  const children: ChildProcess[] = [];
  let model = '';

  /** A process that stands for an engine. */
  async function engine(): Promise<{ pid: number; end: () => Promise<void> }> {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    return {
      pid: child.pid ?? 0,
      end: async () => {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      },
    };
  }
  const notes = (owner?: number): LoadedModels => new LoadedModels(path.join(folder(), 'engines'), owner);

  beforeEach(async () => {
    model = path.join(folder(), 'model.gguf');
    await writeFile(model, 'twelve bytes');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  it('are none where nothing was ever loaded', async () => {
    assert.deepEqual(await notes().list(), []);
  });

  it('tell another window of the engine that holds a model', async () => {
    const { pid } = await engine();
    await notes(1111).register(pid, model);
    const [entry] = await notes(2222).othersWith(model);
    assert.equal(entry?.pid, pid);
    assert.equal(entry.bytes, 12);
    assert.deepEqual(await notes(2222).othersWith(path.join(folder(), 'other.gguf')), []);
  });

  it('know a file by any of its paths', async function () {
    if (process.platform === 'win32') return this.skip();
    const link = path.join(folder(), 'link.gguf');
    await symlink(model, link);
    await notes(1111).register((await engine()).pid, link);
    assert.equal((await notes(2222).othersWith(model)).length, 1);
  });

  it('do not count the own engine', async () => {
    await notes(1111).register((await engine()).pid, model);
    assert.deepEqual(await notes(1111).othersWith(model), []);
    assert.equal((await notes(1111).list()).length, 1);
  });

  it('go when the engine is unloaded', async () => {
    const { pid } = await engine();
    await notes(1111).register(pid, model);
    await notes(1111).unregister(pid);
    assert.deepEqual(await notes(2222).list(), []);
  });

  it('are ignored and cleared away once the engine was killed', async () => {
    const { pid, end } = await engine();
    await notes(1111).register(pid, model);
    await end();
    assert.deepEqual(await notes(2222).othersWith(model), []);
    assert.deepEqual(await readdir(path.join(folder(), 'engines')), []);
  });

  it('from before the machine was started or from another machine say nothing', async () => {
    const { pid } = await engine();
    const engines = path.join(folder(), 'engines');
    await mkdir(engines);
    const note = { pid, owner: 1111, host: os.hostname(), path: model, bytes: 12, since: Date.now() };
    await writeFile(path.join(engines, `${pid}.json`), JSON.stringify({ ...note, since: 1 }));
    await writeFile(path.join(engines, '1.json'), JSON.stringify({ ...note, pid: 1, host: 'elsewhere' }));
    await writeFile(path.join(engines, '2.json'), 'not JSON');
    assert.deepEqual(await notes(2222).list(), []);
    assert.deepEqual((await readdir(engines)).sort(), ['1.json', '2.json']);
  });
});
