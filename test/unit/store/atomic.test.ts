import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, link, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../../src/store/atomic';
import { ROOT } from '../../support/paths';
import { temporaryFolder } from '../../support/temporary';

describe('writeFileAtomic', () => {
  const folder = temporaryFolder();
  const at = (name: string) => path.join(folder(), name);

  it('writes and replaces, and leaves nothing else behind', async () => {
    await writeFileAtomic(at('a.json'), 'one');
    await writeFileAtomic(at('a.json'), Buffer.from('two'));
    assert.equal(await readFile(at('a.json'), 'utf8'), 'two');
    assert.deepEqual(await readdir(folder()), ['a.json']);
  });

  it('keeps the permissions of the file that it replaces', async function () {
    if (process.platform === 'win32') this.skip();
    await writeFile(at('a'), 'old');
    await chmod(at('a'), 0o600);
    await writeFileAtomic(at('a'), 'new');
    assert.equal((await stat(at('a'))).mode & 0o777, 0o600);
  });

  it('cleans up after itself when it cannot write', async () => {
    const failing = async function* (): AsyncGenerator<string> {
      yield 'one';
      await Promise.reject(new Error('no more'));
    };
    await assert.rejects(writeFileAtomic(at('target'), failing()), /no more/);
    assert.deepEqual(await readdir(folder()), []);
    await assert.rejects(writeFileAtomic(at('no/such/folder'), 'new'), { code: 'ENOENT' });
  });

  it('writes a file that has another name outside, and leaves the other as it is', async () => {
    await writeFile(at('outside'), 'theirs');
    await link(at('outside'), at('inside'));
    await writeFileAtomic(at('inside'), 'new');
    assert.equal(await readFile(at('outside'), 'utf8'), 'theirs');
  });

  it('leaves the old or the new content, never half, when the writer is killed', async () => {
    const writer = at('writer.cjs');
    buildWriter(writer);
    const file = at('big.txt');
    await writeFileAtomic(file, 'a'.repeat(CONTENT));
    const seen = new Set<string>();
    let hasEnded = false;
    for (let steps = 0; !hasEnded && steps < 100; steps++) {
      const { status } = spawnSync(process.execPath, [writer, file, String(steps)], { stdio: 'inherit' });
      hasEnded = status === 0;
      const content = await readFile(file, 'utf8');
      assert.equal(content.length, CONTENT);
      assert.equal(content, content.charAt(0).repeat(CONTENT));
      if (!hasEnded) seen.add(content.charAt(0));
    }
    assert.ok(hasEnded);
    assert.deepEqual([...seen], ['a', 'b']);
  });
});

const CONTENT = 4_000_000;

/** A program that replaces a file by one of the letter b, and kills itself after so many steps of the file system. */
function buildWriter(outfile: string): void {
  const contents = `
    import fs from 'node:fs/promises';
    import { writeFileAtomic } from './src/store/atomic';
    const [file, steps] = process.argv.slice(2);
    let left = Number(steps);
    function step() {
      if (left-- === 0) process.kill(process.pid, 'SIGKILL');
    }
    function count(owner, names) {
      for (const name of names) {
        const real = owner[name].bind(owner);
        owner[name] = (...args) => (step(), real(...args));
      }
    }
    count(fs, ['lstat', 'open', 'writeFile', 'chmod', 'rename']);
    const open = fs.open;
    fs.open = async (...args) => {
      const handle = await open(...args);
      count(handle, ['sync', 'close']);
      return handle;
    };
    async function* parts() {
      for (let part = 0; part < 4; part++) {
        step();
        yield 'b'.repeat(${CONTENT / 4});
      }
    }
    writeFileAtomic(file, parts());`;
  const options = { stdin: { contents, resolveDir: ROOT }, bundle: true, platform: 'node', outfile };
  const build = `require('esbuild').buildSync(${JSON.stringify(options)})`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', build], { cwd: ROOT, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}
