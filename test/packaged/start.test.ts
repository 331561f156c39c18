/** `npm start` as a person runs it in a fresh clone; only the installed packages are those of this checkout. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../support/paths';

/** What a clone does not have, and what is large and not needed. */
const LEFT_OUT = ['.git', 'node_modules', 'dist', 'dist-test', '.staging', 'schemas', 'test', 'test-results'];

describe('npm start', () => {
  let clone: string;

  before(() => {
    clone = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-start-'));
    cpSync(ROOT, clone, {
      recursive: true,
      filter: (file) => !LEFT_OUT.includes(path.relative(ROOT, file)) && !file.endsWith('.vsix'),
    });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(clone, 'node_modules'), 'junction');
    // Older than what is installed: nothing to install.
    utimesSync(path.join(clone, 'package-lock.json'), 0, 0);
  });
  after(() => rmSync(clone, { recursive: true, force: true }));

  it('builds, finds the model and classifies with it: raw and calibrated side by side', () => {
    const { status, stdout, stderr } = spawnSync('npm', ['start', '--', '--headless'], {
      cwd: clone,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    assert.equal(status, 0, stderr);
    for (const text of ['I love this movie!', 'Best worst thing ever']) {
      const [, shown = ''] = stdout.split(`\n"${text}"\n`);
      assert.match(shown, /calibrated confidence \d+\.\d%: .+, raw: positive \d+\.\d%|raw \d+\.\d%/u, stdout);
      assert.match(shown, /rank {2}token +probability +log-prob +label/u);
    }
    const [, table = ''] = stdout.split(/text +raw +calibrated\n/u);
    assert.match(table, /Best worst thing ever +positive \d+\.\d% +negative \d+\.\d%\n/u, stdout);
    assert.match(table, /Why they differ: this small model answers "positive" to \d of these 5 texts/u);
  });
});
