import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomic } from '../../../src/store/atomic';
import { root, temporaryFolder } from './temporary';

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

  it('writes through a symbolic link, also one whose target is yet to be', async function () {
    if (process.platform === 'win32') this.skip();
    await mkdir(at('real'));
    await writeFile(at('real/a'), 'old');
    await symlink('real/a', at('link'));
    await symlink('real/b', at('dangling'));
    await writeFileAtomic(at('link'), 'new');
    await writeFileAtomic(at('dangling'), 'born');
    assert.ok((await lstat(at('link'))).isSymbolicLink());
    assert.equal(await readFile(at('real/a'), 'utf8'), 'new');
    assert.equal(await readFile(at('real/b'), 'utf8'), 'born');
  });

  it('cleans up after itself when the rename fails', async () => {
    await mkdir(at('target'));
    await writeFile(at('target/inside'), 'x');
    await assert.rejects(writeFileAtomic(at('target'), 'new'));
    assert.deepEqual(await readdir(folder()), ['target']);
    await assert.rejects(writeFileAtomic(at('no/such/folder'), 'new'), { code: 'ENOENT' });
  });

  it('leaves the old or the new content, never half, when the writer is killed', async () => {
    const writer = at('writer.cjs');
    buildWriter(writer);
    const file = at('big.txt');
    await writeFileAtomic(file, 'a'.repeat(CONTENT));
    for (let round = 0; round < 12; round++) {
      const child = spawn(process.execPath, [writer, file, String(CONTENT)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      await sleep(round * 3);
      child.kill('SIGKILL');
      await once(child, 'close');
      const content = await readFile(file, 'utf8');
      assert.equal(content.length, CONTENT);
      assert.equal(content, content.charAt(0).repeat(CONTENT));
    }
  });
});

const CONTENT = 4_000_000;

/** A program that replaces a file without end, with a letter at a time. */
function buildWriter(outfile: string): void {
  const contents = `
    import { writeFileAtomic } from './src/store/atomic';
    const [file, length] = process.argv.slice(2);
    (async () => {
      for (let i = 0; ; i++) {
        await writeFileAtomic(file, 'abcdefgh'[i % 8].repeat(Number(length)));
        if (i === 0) process.stdout.write('running');
      }
    })();`;
  const options = { stdin: { contents, resolveDir: root }, bundle: true, platform: 'node', outfile };
  const build = `require('esbuild').buildSync(${JSON.stringify(options)})`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', build], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}
