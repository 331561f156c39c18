import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  truncate,
  utimes,
  writeFile,
  appendFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { partAt } from '../../../src/store/tables/work-place';
import { UserError } from '../../../src/core/user-error';
import { jobFiles } from '../../../src/store/job-files';
import { inspectTable } from '../../../src/store/tables/inspect';
import { AS_IS } from '../../../src/store/tables/csv-line';
import { mergeScored } from '../../../src/store/tables/merge-scored';
import type { ScoreRun, Shard } from '../../../src/store/tables/score-run';
import {
  discardUnfinishedTable,
  readUnfinishedTable,
  type Done,
} from '../../../src/store/tables/scored-file';
import { type ScoredRows, writeScored } from '../../../src/store/tables/write-scored';
import { scriptedOptions, scriptedRows, scriptedRun } from '../../support/scripted-score';
import { temporaryFolder, temporaryJobs } from '../../support/temporary';

interface Wanted {
  readonly shard?: Shard;
  readonly replace?: boolean;
  readonly changed?: Partial<ScoreRun>;
  readonly score?: (texts: readonly string[]) => Promise<ScoredRows>;
  readonly onProgress?: () => void;
}

async function scoreFile(file: string, out: string, wanted: Wanted = {}): Promise<Done> {
  const source = await inspectTable(file);
  const run: ScoreRun = {
    ...(await scriptedRun(source)),
    ...(wanted.shard === undefined ? {} : { shard: wanted.shard }),
    ...wanted.changed,
  };
  return writeScored(source, out, {
    ...(await scriptedOptions(source, run)),
    replace: wanted.replace ?? false,
    ...(wanted.score === undefined ? {} : { score: wanted.score }),
    ...(wanted.onProgress === undefined ? {} : { onProgress: wanted.onProgress }),
  });
}

/** Scores as `scripted`, and fails at the n-th request (from 0) as a server that is gone does. */
function failingAt(n: number): (texts: readonly string[]) => Promise<ScoredRows> {
  let request = 0;
  return (texts) =>
    request++ === n
      ? Promise.reject(new UserError('endpoint-cut', 'The server is gone.'))
      : scriptedRows(texts);
}

const ROWS = 100;
const TABLE = `id,text\n${Array.from({ length: ROWS }, (_, i) => `${i},${i % 17 === 3 ? 'bad' : `"row ""${i}"",\nwith a break"`}\n`).join('')}`;

describe('scoring a table', () => {
  const inFolder = temporaryFolder();
  const jobs = temporaryJobs();
  const state = (): string => jobFiles('score', out).state;
  let folder: string;
  let table: string;
  let out: string;
  let whole: string;
  let meta: string;
  beforeEach(async () => {
    folder = inFolder();
    table = path.join(folder, 'in.csv');
    out = path.join(folder, 'out.csv');
    await writeFile(table, TABLE);
    const reference = path.join(folder, 'reference.csv');
    await scoreFile(table, reference);
    whole = await readFile(reference, 'utf8');
    meta = await readFile(`${reference}.meta.json`, 'utf8');
  });

  async function assertWhole(): Promise<void> {
    assert.equal(await readFile(out, 'utf8'), whole);
    assert.equal(await readFile(`${out}.meta.json`, 'utf8'), meta);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => /\.(part|lock|tmp|json)/.test(name.replace('.meta.json', ''))),
      [],
    );
    assert.deepEqual(await readdir(jobs()), []);
  }

  it('keeps every column and the order, and says why a row has no score', async () => {
    const done = await scoreFile(table, out);
    await assertWhole();
    assert.equal(done.rows, ROWS);
    assert.equal(done.failed, 6);
    assert.equal(done.lowMass, ROWS - 6);
    assert.deepEqual(done.firstFailed[0], { line: 8, reason: '"bad" is bad' });
    assert.match(meta, /"seconds": \{\n\s*"token": 0\.1\n/);
    assert.match(
      whole,
      /^id,text,logprob:a,logprob:b,label_mass,predicted,confidence,score_warnings,score_error\n0,"row ""0"",\nwith a break",-21,-1,0\.3678794[0-9]*,b,0\.9999999[0-9]*,low-mass,\n/,
    );
    assert.match(whole, /\n3,bad,,,,,,,"""bad"" is bad"\n/);
  });

  it('says what is wrong with a text without asking for its score, and leaves surplus cells', async () => {
    await writeFile(table, 'id,text\n1,,\n2\n3,good,more\n');
    const done = await scoreFile(table, out);
    assert.equal(done.failed, 2);
    assert.match(
      await readFile(out, 'utf8'),
      /\n2,,,,,,,,There is no text[^\n]*\n3,good,-4,-1,[^\n]*,,more\n$/,
    );
  });

  it('is the same after any request failed, at any place, once or twice', async () => {
    for (const first of [0, 1, 2])
      for (const second of [0, 1, 5]) {
        await rm(out, { force: true });
        await assert.rejects(scoreFile(table, out, { score: failingAt(first) }), {
          code: 'endpoint-cut',
          message: /^The server is gone\. \d+ of 100 rows are kept\. /,
        });
        await scoreFile(table, out, { score: failingAt(second) }).catch(() => undefined);
        if ((await readUnfinishedTable(out)) !== undefined) await scoreFile(table, out);
        await assertWhole();
      }
  });

  it('asks for no row again that a checkpoint holds', async () => {
    await assert.rejects(scoreFile(table, out, { score: failingAt(2) }));
    const kept = (await readUnfinishedTable(out))?.done.rows ?? 0;
    assert.ok(kept > 0);
    const asked: string[] = [];
    await scoreFile(table, out, {
      score: (texts) => {
        asked.push(...texts);
        return scriptedRows(texts);
      },
    });
    assert.equal(asked.length, ROWS - kept);
    await assertWhole();
  });

  it('cuts a torn line off, whatever a kill left behind the checkpoint', async () => {
    for (const torn of ['x', '57,"row ""5', '\n\n', whole.slice(0, 4000)]) {
      await rm(out, { force: true });
      await assert.rejects(scoreFile(table, out, { score: failingAt(2) }));
      await appendFile(partAt('work', out), torn);
      await scoreFile(table, out);
      await assertWhole();
    }
  });

  it('ends well after a kill between any two steps of its end', async () => {
    // Everything is scored and checkpointed, but the name was taken meanwhile.
    const taking = async (texts: readonly string[]): Promise<ScoredRows> => {
      await writeFile(out, 'old');
      return scriptedRows(texts);
    };
    await assert.rejects(scoreFile(table, out, { score: taking }), { code: 'file-exists' });
    const unfinished = [partAt('work', out), state()];
    const saved = await Promise.all(unfinished.map((file) => readFile(file)));
    const none = (): Promise<never> => Promise.reject(new Error('no row is left to score'));
    for (const there of [
      ['old', 'old meta'],
      [undefined, 'old meta'],
      [undefined, meta],
    ]) {
      await mkdir(path.dirname(partAt('work', out)), { recursive: true });
      for (const [i, file] of unfinished.entries()) await writeFile(file, saved[i] ?? '');
      for (const [i, end] of ['', '.meta.json'].entries()) {
        const content = there[i];
        await (content === undefined ? rm(out + end, { force: true }) : writeFile(out + end, content));
      }
      await scoreFile(table, out, { replace: true, score: none });
      await assertWhole();
    }
  });

  it('is done, and swept, after a kill between the name of the table and the end of its state', async () => {
    let kept = '';
    await scoreFile(table, out, {
      score: async (texts) => {
        kept = await readFile(state(), 'utf8');
        return scriptedRows(texts);
      },
    });
    const none = (): Promise<never> => Promise.reject(new Error('no row is left to score'));
    const end = { rows: ROWS, failed: 6 };
    const begun = JSON.parse(kept) as { done: object };
    const ended = JSON.stringify({
      ...begun,
      done: { ...begun.done, ...end },
      bytes: Buffer.byteLength(whole),
      sha256: createHash('sha256').update(whole).digest('hex'),
    });
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const killed = async (): Promise<void> => {
      await writeFile(state(), ended);
      await writeFile(
        jobFiles('score', out).lock,
        JSON.stringify({ pid: dead, host: hostname(), token: 'of the dead' }),
      );
    };
    await killed();
    assert.equal(await readUnfinishedTable(out), undefined);
    const { rows, failed } = await scoreFile(table, out, { score: none });
    assert.deepEqual({ rows, failed }, end);
    await assertWhole();
    // Other conditions are another run, and a table that was changed since is somebody's own.
    await killed();
    const changed = { promptSha256: '2'.repeat(64) };
    await assert.rejects(scoreFile(table, out, { score: none, changed }), { code: 'file-exists' });
    await assertWhole();
    await killed();
    await appendFile(out, 'mine');
    await assert.rejects(scoreFile(table, out, { score: none }), { code: 'file-exists' });
    await scoreFile(table, out, { replace: true });
    await assertWhole();
  });

  it('begins anew where a kill came before the first checkpoint', async () => {
    let first = '';
    await scoreFile(table, out, {
      score: async (texts) => {
        first ||= await readFile(state(), 'utf8');
        return scriptedRows(texts);
      },
    });
    const none = { bytes: 0, sha256: createHash('sha256').digest('hex') };
    const placePart = async (content: string): Promise<void> => {
      await mkdir(path.dirname(partAt('work', out)), { recursive: true });
      await writeFile(partAt('work', out), content);
    };
    const begun = JSON.stringify({ ...(JSON.parse(first) as object), ...none });
    for (const part of [undefined, '', 'id,te']) {
      await rm(out);
      await writeFile(state(), begun);
      if (part !== undefined) await placePart(part);
      assert.equal((await readUnfinishedTable(out))?.done.rows, 0);
      await scoreFile(table, out);
      await assertWhole();
    }
    await rm(out);
    await writeFile(state(), begun);
    await placePart('mine');
    await assert.rejects(scoreFile(table, out), { code: 'part-changed' });
    assert.equal(await readFile(partAt('work', out), 'utf8'), 'mine');
  });

  it('keeps its part in a folder that is there only while it is needed', async () => {
    await assert.rejects(scoreFile(table, out, { score: failingAt(2) }));
    const folder = path.dirname(out);
    assert.ok(!(await readdir(folder)).some((name) => name.endsWith('.part')));
    assert.deepEqual(await readdir(path.join(folder, '.prompt-confidence', 'work')), ['out.csv.part']);
    await discardUnfinishedTable(out);
    assert.ok(!(await readdir(folder)).includes('.prompt-confidence'));
    await assert.rejects(scoreFile(table, out, { score: failingAt(2) }));
    await mkdir(path.join(folder, '.prompt-confidence', 'classifiers'));
    await scoreFile(table, out);
    await assertWhole();
    assert.deepEqual(await readdir(path.join(folder, '.prompt-confidence')), ['classifiers']);
  });

  it('resumes a run that an older version began, whose part lies beside the table', async () => {
    await assert.rejects(scoreFile(table, out, { score: failingAt(2) }));
    await rename(partAt('work', out), partAt('beside', out));
    const { place, done, ...rest } = JSON.parse(await readFile(state(), 'utf8')) as Record<string, unknown>;
    assert.equal(place, 'work');
    const { lowMass, ...older } = done as Record<string, unknown>;
    assert.equal(typeof lowMass, 'number');
    await writeFile(state(), JSON.stringify({ ...rest, done: older }));
    const report = await scoreFile(table, out);
    assert.equal(report.rows, ROWS);
    // What was not counted from the beginning is not told.
    assert.equal(report.lowMass, undefined);
    await assertWhole();
    assert.ok(!(await readdir(path.dirname(out))).includes('out.csv.part'));
  });

  it('refuses to go on under other conditions, with the fields that changed', async () => {
    await assert.rejects(scoreFile(table, out, { score: failingAt(2) }));
    const part = await readFile(partAt('work', out), 'utf8');
    const changes: [Partial<ScoreRun>, RegExp][] = [
      [{ labels: ['b', 'a'] }, /the labels or their order \(labels was \["a","b"\], is now \["b","a"\]\)/],
      [
        { promptSha256: '2'.repeat(64) },
        /the prompt \(promptSha256 was 111111111111…, is now 222222222222…\)/,
      ],
      [
        { model: { kind: 'file', name: 'scripted', sha256: '3'.repeat(64) } },
        /the model \(model\.sha256 was 000000000000…, is now 333333333333…\)/,
      ],
      [{ shard: { index: 1, of: 2 } }, /shard was absent, is now \{"index":1,"of":2\}/],
    ];
    for (const [changed, field] of changes)
      await assert.rejects(scoreFile(table, out, { changed }), { code: 'run-changed', message: field });
    await writeFile(table, `${TABLE}100,one more\n`);
    await assert.rejects(scoreFile(table, out), {
      code: 'run-changed',
      message: /the table to score \(source\.sha256 was .*source\.rows was 100, is now 101\)/,
    });
    assert.equal(await readFile(partAt('work', out), 'utf8'), part);
    await discardUnfinishedTable(out);
    assert.equal((await scoreFile(table, out)).rows, ROWS + 1);
  });

  it('goes on where only the jitter was measured anew, and keeps the larger', async () => {
    await assert.rejects(scoreFile(table, out, { changed: { jitter: 0.02 }, score: failingAt(2) }));
    await scoreFile(table, out, { changed: { jitter: 0.01 } });
    assert.match(await readFile(`${out}.meta.json`, 'utf8'), /"jitter": 0.02/);
  });

  it('refuses a part that somebody edited or cut', async () => {
    await assert.rejects(scoreFile(table, out, { score: failingAt(2) }));
    const part = await readFile(partAt('work', out), 'utf8');
    await writeFile(partAt('work', out), part.replace('row', 'now'));
    await assert.rejects(scoreFile(table, out), { code: 'part-changed', message: /Start over/ });
    await truncate(partAt('work', out), 10);
    await assert.rejects(scoreFile(table, out), { code: 'part-changed' });
    await writeFile(state(), '{}');
    await assert.rejects(scoreFile(table, out), { code: 'part-unreadable', message: /Start over/ });
  });

  it('refuses a state that counts other rows than the part has', async () => {
    await assert.rejects(scoreFile(table, out, { score: failingAt(2) }));
    const part = await readFile(partAt('work', out), 'utf8');
    const kept = await readFile(state(), 'utf8');
    const { done, ...rest } = JSON.parse(kept) as { done: Done };
    for (const rows of [0, done.rows - 1, done.rows + 1, ROWS, 10 * ROWS]) {
      const changed = JSON.stringify({ ...rest, done: { ...done, rows } });
      await writeFile(state(), changed);
      await assert.rejects(scoreFile(table, out), { code: 'part-changed' });
      assert.equal(await readFile(state(), 'utf8'), changed);
      assert.equal(await readFile(partAt('work', out), 'utf8'), part);
    }
    await writeFile(state(), kept);
    await scoreFile(table, out);
    await assertWhole();
  });

  it('stops where the table changes while it is scored', async () => {
    await assert.rejects(
      scoreFile(table, out, {
        score: async (texts) => {
          await utimes(table, new Date(), new Date(Date.now() + 5000));
          return scriptedRows(texts);
        },
      }),
      { code: 'table-changed', message: /in\.csv changed while it was scored/ },
    );
  });

  it('lets one run at a time write a file', async () => {
    let second: Promise<Done> | undefined;
    await scoreFile(table, out, {
      score: async (texts) => {
        second ??= scoreFile(table, out);
        await assert.rejects(second, { code: 'score-running', message: /Another run is writing out\.csv/ });
        return scriptedRows(texts);
      },
    });
    await assertWhole();
  });

  it('asks again after a crash of the engine, but not for ever', async () => {
    let crashes = 0;
    const crash = (): Promise<never> => {
      crashes++;
      return Promise.reject(new UserError('engine-crashed', 'The engine crashed.'));
    };
    await assert.rejects(scoreFile(table, out, { score: crash }), { code: 'engine-crashed' });
    assert.equal(crashes, 3);
    crashes = 0;
    await scoreFile(table, out, {
      score: (texts) => (crashes < 2 ? crash() : scriptedRows(texts)),
    });
    await assertWhole();
  });

  it('replaces a file only where that is allowed', async () => {
    await writeFile(out, 'old');
    await assert.rejects(scoreFile(table, out), { code: 'file-exists' });
    assert.equal(await readFile(out, 'utf8'), 'old');
    await scoreFile(table, out, { replace: true });
    await assertWhole();
  });

  it('keeps the old file where the new one cannot be finished', async () => {
    await writeFile(out, 'old');
    const meta = `${out}.meta.json`;
    const work = scoreFile(table, out, {
      replace: true,
      onProgress: () => void mkdirSync(meta, { recursive: true }),
    });
    await assert.rejects(work, {
      code: 'not-a-file',
      message: /meta\.json is a folder, so it was not replaced\. .* rows are kept\. Run it again/,
    });
    assert.equal(await readFile(out, 'utf8'), 'old');
    await rmdir(meta);
    await scoreFile(table, out, { replace: true });
    await assertWhole();
  });

  it('gives shards that merge to the bytes of the whole, in any order', async () => {
    const cell = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('', ' ', 'bad', '"', ',', 'a\nb', 'a\r\nb', '\t', "'", 'é€'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
        async (rows, of, order) => {
          const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
          await writeFile(
            table,
            `id,text,note\n${rows.map(([a, b], i) => `${i},${quoted(a)},${quoted(b)}\n`).join('')}`,
          );
          await scoreFile(table, out, { replace: true });
          const shards = Array.from({ length: of }, (_, k) => path.join(folder, `shard${k}.csv`));
          for (const [k, shard] of shards.entries())
            await scoreFile(table, shard, { shard: { index: k + 1, of }, replace: true });
          const merged = path.join(folder, 'merged.csv');
          const shuffled = shards
            .map((shard, k) => ({ shard, at: order[k] ?? 0 }))
            .sort((a, b) => a.at - b.at);
          assert.equal(
            await mergeScored(
              shuffled.map(({ shard }) => shard),
              merged,
              AS_IS,
            ),
            rows.length,
          );
          for (const end of ['', '.meta.json'])
            assert.equal(await readFile(merged + end, 'utf8'), await readFile(out + end, 'utf8'));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('makes cells safe for a spreadsheet, in one run and in shards', async () => {
    await writeFile(table, 'id,text,=note\n-1.5e-3,"=1+1",-\n+2,@cmd,"\t=a"\n3, -x,\'=kept\n');
    const changed: Partial<ScoreRun> = { spreadsheetSafe: true };
    await scoreFile(table, out, { changed });
    const written = await readFile(out, 'utf8');
    const lines = written.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => line.split(',').slice(0, 3)),
      [
        ['id', 'text', "'=note"],
        ['-1.5e-3', "'=1+1", '-'],
        ['+2', "'@cmd", "'\t=a"],
        ['3', "' -x", "'=kept"],
      ],
    );
    assert.match(await readFile(`${out}.meta.json`, 'utf8'), /"spreadsheetSafe": true/);
    // What our own columns hold are numbers: they read back as they were.
    assert.ok(
      lines.slice(1).every(
        (line) =>
          !line
            .split(',')
            .slice(3, 6)
            .some((cell) => cell.startsWith("'")),
      ),
    );
    const shards = [1, 2].map((index) => path.join(folder, `s${index}.csv`));
    for (const [k, shard] of shards.entries())
      await scoreFile(table, shard, { shard: { index: k + 1, of: 2 } });
    const merged = path.join(folder, 'merged.csv');
    await mergeScored(shards, merged, { spreadsheetSafe: true });
    assert.equal(await readFile(merged, 'utf8'), written);
    assert.equal(await readFile(`${merged}.meta.json`, 'utf8'), await readFile(`${out}.meta.json`, 'utf8'));
  });

  it('does not resume with other cells than it began with', async () => {
    await assert.rejects(scoreFile(table, out, { score: failingAt(2) }));
    await assert.rejects(scoreFile(table, out, { changed: { spreadsheetSafe: true } }), {
      code: 'run-changed',
      message: /safe for a spreadsheet/,
    });
  });

  it('refuses shards that do not make one whole', async () => {
    const shard = async (index: number, of: number, changed: Partial<ScoreRun> = {}): Promise<string> => {
      const file = path.join(folder, `${index}-of-${of}.csv`);
      await scoreFile(table, file, { shard: { index, of }, replace: true, changed });
      return file;
    };
    const [a, b, c] = [await shard(1, 3), await shard(2, 3), await shard(3, 3)];
    const half = await shard(1, 2);
    const refused = (files: string[], code: string, message: RegExp): Promise<void> =>
      assert.rejects(mergeScored(files, out, AS_IS), { code, message });
    await refused([a, c], 'shard-missing', /Shard 2 of 3 is missing/);
    await refused(
      [a, b, half, c],
      'shards-differ',
      /1-of-2\.csv is one of 2 shards, but the other files are shards of 3/,
    );
    await scoreFile(table, path.join(folder, 'whole.csv'));
    await refused([a, path.join(folder, 'whole.csv')], 'not-a-shard', /whole\.csv is not a shard/);
    await copyFile(c, path.join(folder, 'copy.csv'));
    await copyFile(`${c}.meta.json`, path.join(folder, 'copy.csv.meta.json'));
    await refused([a, b, c, path.join(folder, 'copy.csv')], 'shard-twice', /are both shard 3 of 3/);
    await writeFile(c, (await readFile(c, 'utf8')).split('\n').slice(0, -9).join('\n'));
    await refused([a, b, c], 'shard-damaged', /3-of-3\.csv changed after it was scored/);
    await shard(3, 3, { promptSha256: '9'.repeat(64) });
    await refused([a, b, c], 'shards-differ', /the prompt \(promptSha256/);
    await rm(`${c}.meta.json`);
    await refused([a, b, c], 'no-run', /has no 3-of-3\.csv\.meta\.json/);
    assert.ok(!(await readdir(folder)).includes('out.csv'));
  });
});
