/** What is left of an engine whose parent is gone: no process, no file. */
import assert from 'node:assert/strict';
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SCRATCH_VARIABLE } from '../../src/protocol/child';
import type { ENGINE_CONTRACT } from '../../src/protocol/engine';
import { cpu } from '../support/engine';
import { CLI, ENGINE, fixture } from '../support/paths';
import { temporaryFolder } from '../support/temporary';
import { until, untilFile, untilGone } from '../support/until';

describe('an engine whose parent goes', function () {
  this.timeout(120_000);
  const temporary = temporaryFolder();
  let env: NodeJS.ProcessEnv;
  beforeEach(function () {
    // Windows has neither these signals nor ps.
    if (process.platform === 'win32') this.skip();
    env = { ...process.env, TMPDIR: temporary() };
  });

  /** Interrupts a command line, and waits for the end of it and of its engine. */
  async function interrupt(
    signal: NodeJS.Signals,
    args: readonly string[],
    moment: () => Promise<void>,
  ): Promise<void> {
    const child = fork(CLI, [...args, '--gpu', 'off'], { execArgv: [], silent: true, env, cwd: temporary() });
    const ended = once(child, 'exit');
    const engine = await childOf(child.pid ?? assert.fail());
    await moment();
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    assert.notEqual(code, 0);
    await untilGone(engine);
  }

  for (const signal of ['SIGINT', 'SIGKILL'] as const)
    it(`leaves nothing behind when a command line gets ${signal} while the engine starts`, async () => {
      await interrupt(signal, ['classify', 'x'], () => Promise.resolve());
      assert.deepEqual(await readdir(temporary()), []);
    });

  it('leaves nothing behind when a command line is killed while the engine works', async () => {
    env.PROMPT_CONFIDENCE_HOME = path.join(temporary(), 'home');
    await writeFile(path.join(temporary(), 'in.csv'), `text\n${'A long and winding film.\n'.repeat(50_000)}`);
    const score = ['score', 'in.csv', '--out', 'out.csv', '--model', fixture('tiny-chat.gguf')];
    const isScratch = (name: string): boolean => name.startsWith('prompt-confidence-');
    await interrupt('SIGKILL', score, async () => {
      await untilFile('the engine works', temporary(), isScratch);
    });
    assert.deepEqual((await readdir(temporary())).filter(isScratch), []);
  });

  it('ends at once when its parent is killed while the model loads', async () => {
    const load: keyof typeof ENGINE_CONTRACT.engine = 'load';
    const script = `
      const { fork } = require('node:child_process');
      const child = fork(${JSON.stringify(ENGINE)}, [], { execArgv: [], detached: true, stdio: 'ignore' });
      child.on('message', ({ params }) => {
        if (params?.phase === 'loading') process.stdout.write(String(child.pid));
      });
      child.send(${JSON.stringify({ jsonrpc: '2.0', id: 1, method: load, params: cpu() })});`;
    const parent = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...env, [SCRATCH_VARIABLE]: path.join(temporary(), 'scratch') },
    });
    const [output] = (await once(parent.stdout, 'data')) as [Buffer];
    parent.kill('SIGKILL');
    await untilGone(Number.parseInt(output.toString(), 10));
    assert.deepEqual(await readdir(temporary()), []);
  });
});

/** The first process that another one starts. */
async function childOf(parent: number): Promise<number> {
  return until(`process ${parent} has started another`, () => {
    const { stdout } = spawnSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' });
    const found = new RegExp(`^\\s*${parent}\\s+(\\d+)`, 'mu').exec(stdout)?.[1];
    return found === undefined ? undefined : Number(found);
  });
}
