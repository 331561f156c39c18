import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { partAt } from '../../../src/store/tables/work-place';
import { calibrationCommands } from '../../../src/cli/calibration';
import type { Command, Io } from '../../../src/cli/command';
import { merge } from '../../../src/cli/merge';
import { score } from '../../../src/cli/score';
import { jobFiles } from '../../../src/store/job-files';
import { inspectTable } from '../../../src/store/tables/inspect';
import { discardUnfinishedTable } from '../../../src/store/tables/scored-file';
import { writeScored } from '../../../src/store/tables/write-scored';
import { CAN_BE_HOSTILE, HOSTILE, OUTSIDE, outsideFile, placeHostile } from '../../support/hostile-places';
import { scriptedOptions, scriptedRun } from '../../support/scripted-score';
import { sharedFolder, temporaryFolder, temporaryJobs } from '../../support/temporary';
import { confidenceTable, labelTable } from './tables';

/** For what hangs. */
const ENDS_MS = 5_000;
const COMMANDS: Readonly<Record<string, Command>> = { ...calibrationCommands, merge, score };
const ENDPOINT = '--endpoint http://127.0.0.1:9 --endpoint-model m --api chat';

/** Commands with the names that each of them writes. */
const WRITING: readonly (readonly [command: string, writes: readonly string[]])[] = [
  ['calibrate table.csv --method temperature --out out', ['out']],
  ['apply calibrator.json table.csv --out out', ['out', 'out.meta.json']],
  ['merge shard1.csv shard2.csv --out out', ['out', 'out.meta.json']],
  [`score texts.csv --out out ${ENDPOINT}`, ['out', '.prompt-confidence/work/out.part', 'out.meta.json']],
];

/** Commands with the names that each of them reads. */
const READING: readonly (readonly [command: string, reads: readonly string[]])[] = [
  ['evaluate table.csv --costs costs.json', ['table.csv', 'table.csv.meta.json', 'costs.json']],
  ['evaluate table.csv --calibrator calibrator.json', ['calibrator.json']],
  ['gate table.csv --baseline baseline.json', ['baseline.json']],
  ['gate table.csv --baseline other.csv', ['other.csv']],
  ['apply calibrator.json table.csv --out out', ['calibrator.json', 'table.csv']],
  ['merge shard1.csv shard2.csv --out out', ['shard1.csv', 'shard2.csv.meta.json']],
  [
    `score texts.csv --out out --classifier .prompt-confidence/classifiers/own.json ${ENDPOINT}`,
    ['texts.csv', '.prompt-confidence/classifiers/own.json', '.prompt-confidence/calibrators/own.json'],
  ],
  [`score texts.csv --out out --classifier own ${ENDPOINT}`, ['.prompt-confidence/classifiers/own.json']],
];

describe('a hostile repository', function () {
  this.timeout(ENDS_MS);
  const home = process.cwd();
  let outside: string;
  // Before the folder is removed.
  afterEach(() => {
    process.chdir(home);
    assert.equal(readFileSync(outside, 'utf8'), OUTSIDE);
    assert.deepEqual(readdirSync(path.dirname(outside)).sort(), ['outside.txt', 'repository']);
  });
  const made = sharedFolder();
  const folder = temporaryFolder();
  temporaryJobs();
  const at = (name: string): string => path.join(folder(), 'repository', name);

  before(async function () {
    if (!CAN_BE_HOSTILE) this.skip();
    this.timeout(60_000);
    await makeRepository(made());
  });
  beforeEach(() => {
    cpSync(made(), at('.'), { recursive: true });
    outside = outsideFile(folder());
    process.chdir(at('.'));
  });

  for (const [command, writes] of WRITING)
    for (const name of writes)
      for (const kind of HOSTILE)
        it(`with ${kind} as ${name}: ${command.split(' ')[0] ?? ''} writes nothing`, async () => {
          mkdirSync(path.dirname(at(name)), { recursive: true });
          placeHostile(kind, at(name), outside);
          const before = snapshot(at('.'));
          const { code, err } = await run(`${command} --force`);
          assert.equal(code, 2, err);
          assert.match(err, /so it was not replaced\. Move it away/);
          assert.deepEqual(snapshot(at('.')), before);
        });

  for (const [command, reads] of READING)
    for (const name of reads)
      for (const kind of ['a dangling link', 'a folder', 'a pipe', 'endless zeros'] as const)
        it(`with ${kind} as ${name}: ${command.split(' ')[0] ?? ''} ends`, async () => {
          rmSync(at(name), { force: true });
          placeHostile(kind, at(name), outside);
          const { code, out, err } = await run(
            `${command} --force`.replace(/^(evaluate|gate)(.*) --force/u, '$1$2'),
          );
          // Without a meta file a table is read all the same.
          const isAbsent = kind === 'a dangling link' && name === 'table.csv.meta.json';
          assert.equal(code, isAbsent ? 0 : 2, out + err);
          if (!isAbsent) assert.match(err, /\S/);
        });

  it('takes no dangling link for a free name', async () => {
    symlinkSync(`${outside}.nowhere`, at('out'));
    const { code, err } = await run('calibrate table.csv --method temperature --out out');
    assert.equal(code, 2);
    assert.match(err, /is a link to .*outside\.txt\.nowhere|already exists/);
  });

  it('leads no output outside by a folder, and says where the folder leads', async () => {
    mkdirSync(path.join(folder(), 'repository.elsewhere'));
    const elsewhere = path.join(folder(), 'repository.elsewhere');
    symlinkSync(elsewhere, at('results'));
    for (const [command] of WRITING) {
      const { code, err } = await run(`${command.replace('--out out', '--out results/out')} --force`);
      assert.equal(code, 2, command);
      assert.match(
        err,
        /results leads to .*repository\.elsewhere, outside of .*To write there, open or name that folder itself/,
      );
    }
    assert.deepEqual(readdirSync(elsewhere), []);
    // A person who names that place is obeyed.
    const { code, err } = await run(`calibrate table.csv --method temperature --out ${elsewhere}/out`);
    assert.equal(code, 0, err);
    rmSync(elsewhere, { recursive: true });
  });

  it('leads no output outside by a way back from a folder that is elsewhere', async () => {
    const elsewhere = path.join(folder(), 'repository.elsewhere');
    mkdirSync(path.join(elsewhere, 'deep'), { recursive: true });
    symlinkSync(path.join(elsewhere, 'deep'), at('results'));
    for (const [command] of WRITING) {
      const { code, out, err } = await run(command.replace('--out out', '--out results/../out'));
      // Of the endpoint there is none.
      const isScore = command.startsWith('score');
      assert.equal(code, isScore ? 2 : 0, err);
      assert.doesNotMatch(out, /results/);
      rmSync(at('out'), { force: true });
      rmSync(at('out.meta.json'), { force: true });
    }
    assert.deepEqual(readdirSync(elsewhere), ['deep']);
    rmSync(elsewhere, { recursive: true });
  });

  it('has no other name for an input through which it is replaced', async () => {
    symlinkSync('table.csv', at('alias.csv'));
    const before = snapshot(at('.'));
    for (const command of [
      'apply calibrator.json alias.csv --out table.csv',
      'calibrate table.csv --method prior-content-free --neutral other.csv --out other.csv',
      `score texts.csv --calibrator calibrator.json --out calibrator.json ${ENDPOINT}`,
      `score texts.csv --classifier .prompt-confidence/classifiers/own.json --out .prompt-confidence/classifiers/own.json ${ENDPOINT}`,
    ]) {
      const { code, err } = await run(`${command} --force`);
      assert.equal(code, 2, command);
      assert.match(err, /is an input of this command/, command);
    }
    assert.deepEqual(snapshot(at('.')), before);
  });

  it('has no file that is replaced because it has the name of another part of the output', async () => {
    for (const name of ['out.meta.json', '.prompt-confidence/work/out.part']) {
      cpSync(at('calibrator.json'), at(name));
      const before = snapshot(at('.'));
      for (const command of [
        `apply ${name} table.csv --out out`,
        `score texts.csv --calibrator ${name} --out out ${ENDPOINT}`,
      ]) {
        const { code, err } = await run(`${command} --force`);
        assert.equal(code, 2, command);
        assert.match(err, /is an input of this command/, command);
      }
      assert.deepEqual(snapshot(at('.')), before);
      rmSync(at(name));
    }
    cpSync(at('calibrator.json'), at('out.meta.json'));
    const before = snapshot(at('.'));
    for (const [command, writes] of WRITING) {
      if (!writes.includes('out.meta.json')) continue;
      const { code, err } = await run(command);
      assert.equal(code, 2, command);
      assert.match(
        err,
        /out\.meta\.json already exists, and was not written beside a scored table.*--force/,
        command,
      );
    }
    assert.deepEqual(snapshot(at('.')), before);
    const again = 'apply calibrator.json table.csv --out out';
    assert.equal((await run(`${again} --force`)).code, 0);
    rmSync(at('out'));
    // A meta that a table left is ours.
    assert.equal((await run(again)).code, 0);
  });

  it('has no folder for a table: that is said before a server is asked', async () => {
    for (const [command, writes] of WRITING) {
      if (!writes.includes('out.meta.json')) continue;
      for (const [where, message] of [
        ['nowhere/out', /There is no folder nowhere\. Create it/],
        ['table.csv/out', /table\.csv is no folder/],
      ] as const) {
        const { code, err } = await run(command.replace('--out out', `--out ${where}`));
        assert.equal(code, 2, command);
        assert.match(err, message, command);
      }
    }
  });

  it('has names that the system refuses: a sentence says why', async () => {
    symlinkSync('loop.csv', at('loop.csv'));
    const long = `${'x'.repeat(300)}.csv`;
    for (const [command, message] of [
      ['evaluate loop.csv', /loop\.csv cannot be used: it is a link that leads in a circle/],
      [`evaluate ${long}`, /cannot be used: its name is too long/],
      [`calibrate table.csv --method temperature --out ${long}`, /cannot be used: its name is too long/],
      ['apply table.csv/calibrator.json table.csv --out out', /table\.csv\/calibrator\.json/],
      ['evaluate table.csv --calibrator loop.csv', /loop\.csv/],
      ['gate table.csv --baseline loop.csv', /loop\.csv/],
      [`score texts.csv --out out --classifier ./${long.replace('csv', 'json')} ${ENDPOINT}`, /too long/],
    ] as const) {
      const { code, err } = await run(command);
      assert.equal(code, 2, command);
      assert.match(err, message, command);
      assert.doesNotMatch(err, /ELOOP|ENOTDIR|ENAMETOOLONG|syscall/, command);
    }
  });

  it('is not where a result could go by its own name', async () => {
    for (const [command] of WRITING) {
      const { code, err } = await run(`${command.replace('--out out', '--out .')} --force`);
      assert.equal(code, 2, command);
      assert.match(err, /is a folder, so it was not replaced/, command);
    }
  });

  /** A checkpoint of half the rows, by this person. */
  async function interrupted(): Promise<void> {
    const source = await inspectTable(at('texts.csv'));
    const options = await scriptedOptions(source);
    let request = 0;
    const stopping = {
      ...options,
      score: (texts: readonly string[], signal: AbortSignal) =>
        request++ === 0 ? options.score(texts, signal) : Promise.reject(new Error('stopped')),
    };
    await assert.rejects(writeScored(source, at('out'), stopping), /stopped/);
  }
  async function resume(): Promise<void> {
    const source = await inspectTable(at('texts.csv'));
    await writeScored(source, at('out'), await scriptedOptions(source));
  }

  it('has its part resumed only by whoever began it: a forged state beside it is not read', async () => {
    await interrupted();
    const { state } = jobFiles('score', at('out'));
    renameSync(state, at('out.part.json'));
    const before = snapshot(at('.'));
    await assert.rejects(resume(), { code: 'part-unknown', message: /Delete it or move it away/ });
    const restarted = await run(`score texts.csv --out out --restart ${ENDPOINT}`);
    assert.equal(restarted.code, 2);
    assert.deepEqual(snapshot(at('.')), before);
  });

  for (const kind of HOSTILE)
    it(`with ${kind} as the part of a run: it is not resumed, and no byte is changed`, async () => {
      await interrupted();
      rmSync(partAt('work', at('out')));
      placeHostile(kind, partAt('work', at('out')), outside);
      const before = snapshot(at('.'));
      await assert.rejects(resume(), { code: 'not-a-file' });
      assert.deepEqual(snapshot(at('.')), before);
    });

  for (const folder of ['.prompt-confidence/work', '.prompt-confidence'])
    it(`with a link as ${folder}, which is to hold parts: nothing is written where it leads`, async () => {
      const elsewhere = path.join(at('.'), 'elsewhere');
      mkdirSync(path.join(elsewhere, 'work'), { recursive: true });
      const before = snapshot(elsewhere);
      rmSync(at(folder), { recursive: true, force: true });
      symlinkSync(elsewhere, at(folder));
      await interrupted();
      assert.deepEqual(snapshot(elsewhere), before);
      assert.ok(readdirSync(at('.')).includes('out.part'));
      await resume();
      assert.deepEqual(snapshot(elsewhere), before);
      assert.ok(!readdirSync(at('.')).includes('out.part'));
    });

  it('with a link in place of the folder that holds the part of a run: it is neither resumed nor deleted', async () => {
    await interrupted();
    renameSync(at('.prompt-confidence/work'), at('theirs'));
    symlinkSync(at('theirs'), at('.prompt-confidence/work'));
    const before = snapshot(at('theirs'));
    await assert.rejects(resume(), { code: 'part-changed' });
    await discardUnfinishedTable(at('out'));
    assert.deepEqual(snapshot(at('theirs')), before);
    await resume();
    assert.deepEqual(snapshot(at('theirs')), before);
  });

  it('with a part that has a second name, or whose header changed: it is not resumed', async () => {
    await interrupted();
    const { state } = jobFiles('score', at('out'));
    const kept = JSON.parse(readFileSync(state, 'utf8')) as { bytes: number; sha256: string };
    const part = readFileSync(partAt('work', at('out')), 'utf8');
    renameSync(partAt('work', at('out')), at('theirs'));
    linkSync(at('theirs'), partAt('work', at('out')));
    await assert.rejects(resume(), { code: 'part-changed' });
    assert.equal(readFileSync(at('theirs'), 'utf8'), part);
    rmSync(at('theirs'));
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    for (const [text, bytes] of [
      [part.replace('id,', 'ID,'), kept.bytes],
      [part, 3],
      [part.slice(0, 9), kept.bytes],
    ] as const) {
      writeFileSync(partAt('work', at('out')), text);
      writeFileSync(state, JSON.stringify({ ...kept, bytes, sha256: sha256(text.slice(0, bytes)) }));
      await assert.rejects(resume(), { code: 'part-changed' });
      assert.equal(readFileSync(partAt('work', at('out')), 'utf8'), text);
    }
  });
});

async function run(words: string): Promise<{ code: number; out: string; err: string }> {
  const [name = '', ...argv] = words.split(' ');
  let [out, err] = ['', ''];
  const io: Io = {
    out: (text) => (out += text),
    err: (text) => (err += text),
    now: () => new Date('2026-01-02T03:04:05Z'),
    version: '0.0.0',
  };
  const code = (await COMMANDS[name]?.(argv, io)) ?? assert.fail(name);
  return { code, out, err };
}

/** Names, and the content of files. */
function snapshot(folder: string): unknown {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => [
      path.join(entry.parentPath, entry.name),
      entry.isFile() ? readFileSync(path.join(entry.parentPath, entry.name), 'utf8') : '',
    ])
    .sort();
}

async function makeRepository(folder: string): Promise<void> {
  const at = (name: string): string => path.join(folder, name);
  writeFileSync(at('table.csv'), labelTable(60));
  writeFileSync(at('other.csv'), labelTable(60));
  writeFileSync(at('confidence.csv'), confidenceTable(50));
  writeFileSync(
    at('texts.csv'),
    `id,text\n${Array.from({ length: 40 }, (_, i) => `${i},text ${i}\n`).join('')}`,
  );
  writeFileSync(at('costs.json'), '{"wrong": 5, "review": 1}');
  for (const name of ['classifiers', 'calibrators'])
    mkdirSync(at(`.prompt-confidence/${name}`), { recursive: true });
  const labels = [{ name: 'pos' }, { name: 'neg' }];
  writeFileSync(
    at('.prompt-confidence/classifiers/own.json'),
    JSON.stringify({ version: 1, name: 'own', template: '{{text}}:', labels, calibrator: 'own' }),
  );
  const made = await run(`calibrate ${at('table.csv')} --method temperature --out ${at('calibrator.json')}`);
  assert.equal(made.code, 0, made.err);
  cpSync(at('calibrator.json'), at('.prompt-confidence/calibrators/own.json'));
  const evaluated = await run(`evaluate ${at('table.csv')} --json`);
  writeFileSync(at('baseline.json'), evaluated.out);
  const source = await inspectTable(at('texts.csv'));
  for (const index of [1, 2])
    await writeScored(
      source,
      at(`shard${index}.csv`),
      await scriptedOptions(source, { ...(await scriptedRun(source)), shard: { index, of: 2 } }),
    );
}
