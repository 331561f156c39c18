/** Two processes that label rows at once, one of which is killed at a moment. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { readDecisions } from '../../src/core/labelling/decisions';
import { seededRandom } from '../../src/core/random';
import { readLabelsText } from '../../src/store/labels';
import { ROOT } from './paths';

/** Labels rows for ever, and says which are saved. */
const LABELLER = `
  import { appendDecisions } from './src/store/labels';
  const [workspace, file, name] = process.argv.slice(2);
  const decision = (rowId) => ({ rowId, textSha256: '', kind: 'label', label: 'spam', design: 'd', selectedBy: 'random',
    probability: 0.5, isBlind: true, who: name, time: new Date().toISOString() });
  const go = async () => {
    for (let row = 0; ; row++) {
      await appendDecisions(workspace, file, [decision(name + row)]);
      process.stdout.write(name + row + '\\n');
    }
  };
  void go();`;

function bundled(folder: string): string {
  const outfile = path.join(folder, 'labeller.cjs');
  const options = {
    ...{ bundle: true, platform: 'node', format: 'cjs', outfile, absWorkingDir: ROOT, logLevel: 'warning' },
    stdin: { contents: LABELLER, resolveDir: ROOT, loader: 'ts' },
  };
  const build = `require('esbuild').buildSync(${JSON.stringify(options)})`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', build], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return outfile;
}

/**
 * Kills one of two labellers at seeded moments, again and again on the same file.
 *
 * @param file is empty or not there yet
 */
export async function killWhileLabelling(workspace: string, file: string, kills: number): Promise<void> {
  const labeller = bundled(workspace);
  const random = seededRandom(kills);
  const saved: string[] = [];
  for (let kill = 0; kill < kills; kill++) {
    if (kill % 10 === 0) {
      rmSync(file, { force: true });
      saved.length = 0;
    }
    const running = ['a', 'b'].map((name) => start(labeller, workspace, file, `${name}${kill}-`, saved));
    const [victim, other] = running;
    const ended = running.map((child) => once(child, 'close'));
    const before = saved.length;
    // From the first byte of a new file to some dozens of decisions.
    const enough = before + Math.floor(random() * 40);
    while (saved.length < enough || !existsSync(file)) await new Promise((resolve) => setImmediate(resolve));
    victim?.kill('SIGKILL');
    const more = saved.length + 3;
    while (saved.length < more) await new Promise((resolve) => setImmediate(resolve));
    other?.kill('SIGKILL');
    await Promise.all(ended);
    const { decisions, unread } = readDecisions(await readLabelsText(file));
    const rows = decisions.map(({ rowId }) => rowId);
    assert.equal(new Set(rows).size, rows.length, 'a decision is there twice');
    const there = new Set(rows);
    assert.deepEqual(
      saved.filter((row) => !there.has(row)),
      [],
      'a decision that was saved is lost',
    );
    assert.deepEqual(unread, []);
  }
}

function start(
  labeller: string,
  workspace: string,
  file: string,
  name: string,
  saved: string[],
): ChildProcess {
  const child = spawn(process.execPath, [labeller, workspace, file, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (row) => saved.push(row));
  return child;
}
