import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Job, JobEnd } from '../../../../src/app/jobs/job';
import { Jobs } from '../../../../src/app/jobs/jobs';
import type { ProcessHome } from '../../../../src/app/jobs/process-kind';
import { runProgram } from '../../../../src/app/jobs/program';
import { UserError } from '../../../../src/core/user-error';
import { scriptedKind, type ScriptedOrder, type ScriptedResult } from '../../../support/scripted-job';
import { ROOT } from '../../../support/paths';
import { temporaryFolder } from '../../../support/temporary';
import { untilEvent } from '../../../support/until';

describe('jobs of an external program', () => {
  const inFolder = temporaryFolder();
  const folder = (): string => path.join(inFolder(), 'jobs');
  const kind = (home: Partial<ProcessHome> = {}) => scriptedKind(folder(), home);
  const order = (wanted: Partial<ScriptedOrder> = {}): ScriptedOrder => ({
    checkpoint: path.join(inFolder(), 'adapter'),
    steps: 6,
    ...wanted,
  });
  const start = (wanted: Partial<ScriptedOrder>, home: Partial<ProcessHome> = {}) =>
    new Jobs(() => undefined).start(kind(home), order(wanted));
  const logOf = ({ logFile }: Job): Promise<string> => readFile(logFile ?? '', 'utf8');

  it('says how far it is, gives its result, and leaves nothing but its log', async () => {
    const lines: string[] = [];
    const job = new Jobs((line) => lines.push(line)).start(kind(), order());
    const seen: string[] = [];
    job.onDidChange(() => seen.push(`${job.state} ${job.progress?.words ?? ''}`));
    assert.deepEqual(await job.ended, { state: 'finished', result: { begun: 0, steps: 6 } });
    assert.equal(seen[0], 'running step 1 (16%)');
    assert.equal(seen.at(-1), 'finished step 6 (100%)');
    assert.match(lines[1] ?? '', /^Working on adapter: process \d+ started; its log is /);
    assert.deepEqual(await readdir(folder()), [path.basename(job.logFile ?? '')]);
    assert.deepEqual(await kind().unfinished(undefined), []);
  });

  it('pauses, is found again, and resumes from its checkpoint', async () => {
    const job = start({ holdAt: 3 });
    await reaches(job, 3);
    job.pause();
    assert.deepEqual(await job.ended, { state: 'paused' });
    const found = { order: order({ holdAt: 3 }), words: 'step 3 (50%)', isElsewhere: false };
    assert.deepEqual(await kind().unfinished(undefined), [{ ...found, state: 'paused' }]);
    assert.equal((await kind().unfinished(inFolder())).length, 1);
    assert.deepEqual(await kind().unfinished(folder()), []);
    // Who looks is not taken for who works.
    const looks = await Promise.all(Array.from({ length: 20 }, () => kind().unfinished(undefined)));
    assert.ok(looks.every(([left]) => left?.isElsewhere === false));
    const second = start({ holdAt: 3 });
    assert.deepEqual(await second.ended, { state: 'finished', result: { begun: 3, steps: 6 } });
  });

  it('fails with the sentence of a program that cannot go on', async () => {
    const end = await start({ mode: 'fails' }).ended;
    assert.ok(end.state === 'failed' && end.error instanceof UserError);
    assert.equal(end.error.code, 'program-failed');
    assert.equal(end.error.message, 'There is not enough memory.');
  });

  it('gives a result with numbers for every row of a large table', async () => {
    const code = `console.log(JSON.stringify({ type: 'result', value: Array(200_000).fill(1 / 3) }))`;
    const value = await runProgram(
      { argv: [process.execPath, '-e', code], env: process.env, cwd: inFolder() },
      {
        logFile: path.join(inFolder(), 'log'),
        signal: new AbortController().signal,
        onStart: () => Promise.resolve(),
        onProgress: () => Promise.resolve(),
      },
    );
    assert.equal((value as number[]).length, 200_000);
  });

  it('is ended where its program hangs: it says nothing for too long', async () => {
    const hanging = scriptedKind(folder(), {}, process.execPath, 2000);
    const end = await new Jobs(() => undefined).start(hanging, order({ holdAt: 3 })).ended;
    assert.ok(end.state === 'failed' && end.error instanceof UserError);
    assert.match(end.error.message, /said nothing for .* minutes, so it was ended/u);
    // Its checkpoint is there.
    const second = await start({ holdAt: 3 }).ended;
    assert.deepEqual(second, { state: 'finished', result: { begun: 3, steps: 6 } });
  });

  it('ends with everything that it started, also what is deaf to being asked', async () => {
    const server = await Presence.listen();
    const asked = new EventEmitter();
    const grace = (): Promise<unknown> => {
      asked.emit('grace');
      return once(asked, 'over');
    };
    const job = start({ holdAt: 2, mode: 'stubborn', port: server.port }, { grace });
    await Promise.all([reaches(job, 2), server.came('program'), server.came('child')]);
    const wait = once(asked, 'grace');
    job.cancel();
    await wait;
    assert.deepEqual(server.there(), ['child', 'program']);
    asked.emit('over');
    await Promise.all([server.left('program'), server.left('child')]);
    assert.deepEqual(await job.ended, { state: 'cancelled' });
    assert.deepEqual(await readdir(folder()), []);
    assert.ok(!existsSync(order().checkpoint));
    server.close();
  });

  it('ends what the program has left running', async () => {
    const server = await Presence.listen();
    const job = start({ holdAt: 2, port: server.port });
    await Promise.all([reaches(job, 2), server.came('program'), server.came('child')]);
    job.pause();
    assert.deepEqual(await job.ended, { state: 'paused' });
    await server.left('child');
    server.close();
  });

  it('reports a crash, and can be resumed after it', async () => {
    const job = start({ crashAt: 4 });
    assert.equal(codeOf(await job.ended), 'program-failed');
    assert.match(await logOf(job), /^out of memory\n$/);
    const [left] = await kind().unfinished(undefined);
    assert.deepEqual([left?.state, left?.words], ['failed', 'step 4 (66%)']);
    const second = start({ crashAt: 4 });
    assert.deepEqual(await second.ended, { state: 'finished', result: { begun: 4, steps: 6 } });
  });

  it('reports why the program ended, also where its state cannot be saved', async () => {
    const lines: string[] = [];
    const job = new Jobs((line) => lines.push(line)).start(kind(), order({ holdAt: 2 }));
    await reaches(job, 2);
    await rm(folder(), { recursive: true });
    await writeFile(folder(), 'no folder');
    job.pause();
    assert.deepEqual(await job.ended, { state: 'paused' });
    assert.ok(lines.some((line) => line.includes('its state was not saved: ')));
  });

  it('hears what a program said that ended before anybody noted its start', async () => {
    const script = path.join(ROOT, 'test/support/scripted-program.mjs');
    const fails = JSON.stringify(order({ mode: 'fails' }));
    const running = runProgram(
      { argv: [process.execPath, script, fails], env: process.env, cwd: inFolder() },
      {
        logFile: path.join(inFolder(), 'log'),
        signal: new AbortController().signal,
        onStart: async (pid) => {
          // Until Node has noticed its end: it empties the pipe in the turns after that.
          while (isThere(pid)) await nextTurn();
          for (let turn = 0; turn < 20; turn++) await nextTurn();
        },
        onProgress: () => Promise.resolve(),
      },
    );
    await assert.rejects(running, { message: 'There is not enough memory.' });
  });

  it('passes over what is no message, and keeps it in the log', async () => {
    const job = start({ mode: 'garbage' });
    assert.equal((await job.ended).state, 'finished');
    const log = await logOf(job);
    for (const line of ['not JSON', '{"type": "progress"}', '[1]', '{"type": "news"}', 'told', 'complained'])
      assert.ok(log.split('\n').includes(line), line);
    assert.ok(log.includes('(A line of 35651584 characters is left out.)'));
    assert.ok(log.length < 1000);
  });

  it('fails without a result, without a program, and is not run twice at once', async () => {
    assert.equal(codeOf(await start({ mode: 'silent' }).ended), 'program-failed');
    const missing = scriptedKind(folder(), {}, path.join(inFolder(), 'python'));
    assert.equal(codeOf(await new Jobs(() => undefined).start(missing, order()).ended), 'program-missing');

    const jobs = new Jobs(() => undefined);
    const job = jobs.start(kind(), order({ steps: 9, holdAt: 8 }));
    await reaches(job, 8);
    assert.throws(() => jobs.start(kind(), order()), { code: 'job-running' });
    assert.deepEqual(await jobs.unfinishedOf(kind()), []);
    // Another window.
    assert.equal(codeOf(await start({}).ended), 'job-running');
    assert.deepEqual(
      (await kind().unfinished(undefined)).map(({ isElsewhere }) => isElsewhere),
      [true],
    );
    await assert.rejects(kind().discard(order()), { code: 'job-running' });
    await jobs.stop();
    assert.equal(job.state, 'paused');
  });

  it('is found interrupted after a kill of its window; a program that still runs is ended then', async () => {
    const server = await Presence.listen();
    const wanted = order({ holdAt: 3, mode: 'outlives', port: server.port });
    const window = startWindow(inFolder(), folder(), wanted);
    const [said] = (await once(window.stdout ?? assert.fail(), 'data')) as [Buffer];
    assert.equal(String(said), 'held');
    window.kill('SIGKILL');
    await once(window, 'close');

    const found = await kind().unfinished(undefined);
    assert.deepEqual(found, [
      { order: wanted, state: 'interrupted', words: 'step 3 (50%)', isElsewhere: false },
    ]);
    assert.deepEqual(server.there(), ['program']);
    const gone = server.left('program');
    const job = start(wanted);
    await gone;
    assert.deepEqual(await job.ended, { state: 'finished', result: { begun: 3, steps: 6 } });
    server.close();
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Settles when a job has done so many steps. */
function reaches(job: Job, done: number): Promise<void> {
  return untilEvent(
    (listener) => job.onDidChange(listener),
    () => job.progress?.done === done,
  );
}

function codeOf(end: JobEnd<ScriptedResult>): string {
  assert.ok(end.state === 'failed' && end.error instanceof UserError, end.state);
  return end.error.code;
}

/** Hears which processes live: each holds a connection that ends with it. */
class Presence {
  private readonly events = new EventEmitter();
  private readonly names: string[] = [];

  private constructor(
    private readonly server: net.Server,
    readonly port: number,
  ) {
    server.on('connection', (socket) => {
      let name = '';
      socket.once('data', (data) => {
        name = String(data);
        this.names.push(name);
        this.events.emit(`${name} came`);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.names.splice(this.names.indexOf(name), 1);
        this.events.emit(`${name} left`);
      });
    });
  }

  static async listen(): Promise<Presence> {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    return new Presence(server, address.port);
  }

  there(): string[] {
    return [...this.names].sort();
  }

  async came(name: string): Promise<void> {
    if (!this.names.includes(name)) await once(this.events, `${name} came`);
  }

  async left(name: string): Promise<void> {
    if (this.names.includes(name)) await once(this.events, `${name} left`);
  }

  close(): void {
    this.server.close();
  }
}

/** A process that runs the job as a window does, and says when it holds. */
function startWindow(folder: string, jobs: string, order: ScriptedOrder): ChildProcess {
  const outfile = path.join(folder, 'window.cjs');
  const contents = `
    import { Jobs } from './src/app/jobs/jobs';
    import { scriptedKind } from './test/support/scripted-job';
    const [folder, order] = process.argv.slice(2);
    let time = 0;
    // Each look at this clock is a second later: every progress is kept.
    const kind = scriptedKind(folder, { now: () => (time += 1000) });
    const job = new Jobs(() => undefined).start(kind, JSON.parse(order));
    job.onDidChange(() => job.progress?.done === 3 && process.stdout.write('held'));`;
  const options = { stdin: { contents, resolveDir: ROOT }, bundle: true, platform: 'node', outfile };
  const build = `require('esbuild').buildSync(${JSON.stringify(options)})`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', build], { cwd: ROOT, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return spawn(process.execPath, [outfile, jobs, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
