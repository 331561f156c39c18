import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { UserError } from '../../../src/core/user-error';
import { checkOutputs, writeFileAtomic } from '../../../src/store/atomic';
import { exists } from '../../../src/store/exists';
import { checkInside, isInside } from '../../../src/store/inside';
import { isHeld, withLock, withLockOrRefuse } from '../../../src/store/lock';
import { readSmall, SMALL_FILE } from '../../../src/store/read-regular';
import { FakeClock } from '../../support/fake-clock';
import { CAN_BE_HOSTILE, HOSTILE, OUTSIDE, outsideFile, placeHostile } from '../../support/hostile-places';
import { temporaryFolder } from '../../support/temporary';

/** For what hangs. */
const ENDS_MS = 5_000;

describe('a name that a repository has taken', function () {
  this.timeout(ENDS_MS);
  let outside: string;
  // Before the folder is removed.
  afterEach(() => {
    assert.equal(readFileSync(outside, 'utf8'), OUTSIDE);
    assert.ok(!existsSync(`${outside}.nowhere`));
  });
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder(), name);
  before(function () {
    if (!CAN_BE_HOSTILE) this.skip();
  });
  beforeEach(() => {
    mkdirSync(at('repository'));
    outside = outsideFile(folder());
  });

  for (const kind of HOSTILE) {
    it(`by ${kind} is not written, and nothing is left beside it`, async () => {
      const file = at('repository/file.json');
      placeHostile(kind, file, outside);
      const before = readdirSync(at('repository'));
      await assert.rejects(writeFileAtomic(file, 'new'), { code: 'not-a-file' });
      await assert.rejects(checkOutputs(at('repository/free'), file), { code: 'not-a-file' });
      assert.deepEqual(readdirSync(at('repository')), before);
      assert.ok(await exists(file), 'the name is taken, wherever it leads');
    });

    it(`by ${kind} is read only where it is a file`, async () => {
      const file = at('repository/file.json');
      placeHostile(kind, file, outside);
      const reading = readSmall(file);
      if (kind === 'a link outside') assert.equal((await reading)?.toString(), OUTSIDE);
      else if (kind === 'a dangling link') assert.equal(await reading, undefined);
      else if (kind === 'a link to itself') await assert.rejects(reading, { code: 'ELOOP' });
      else await assert.rejects(reading, { code: 'not-a-file' });
    });

    it(`by ${kind} is no lock, and nobody waits for it`, async () => {
      const file = at('repository/file.lock');
      placeHostile(kind, file, outside);
      const never = (): Promise<never> => Promise.reject(new Error('somebody entered'));
      await assert.rejects(withLock(file, never), { code: 'not-a-file' });
      await assert.rejects(withLockOrRefuse(file, never, new Error('busy')), { code: 'not-a-file' });
      assert.equal(await isHeld(file), false);
    });
  }

  it('says where a link leads', async () => {
    symlinkSync(outside, at('repository/out.csv'));
    await assert.rejects(
      checkOutputs(at('repository/out.csv')),
      (error: UserError) =>
        error.message.includes(`a link to ${outside}`) && error.message.includes('Move it'),
    );
  });
});

describe('a path in a folder', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder(), name);
  before(function () {
    if (!CAN_BE_HOSTILE) this.skip();
  });
  beforeEach(() => {
    mkdirSync(at('repository/data'), { recursive: true });
    mkdirSync(at('elsewhere'));
  });

  it('may lead through links that stay inside, and through folders that are not there yet', async () => {
    symlinkSync('data', at('repository/inner'));
    for (const name of [
      'out.csv',
      'data/out.csv',
      'inner/out.csv',
      'new/folder/out.csv',
      'inner/new/out.csv',
    ])
      await checkInside(at('repository'), at(`repository/${name}`));
    // The folder itself may be reached through a link.
    symlinkSync('repository', at('shortcut'));
    await checkInside(at('shortcut'), at('shortcut/data/out.csv'));
  });

  it('may not lead outside by a link, at any depth, nor to nowhere', async () => {
    symlinkSync(at('elsewhere'), at('repository/.prompt-confidence'));
    symlinkSync('../../elsewhere', at('repository/data/deep'));
    symlinkSync(at('nowhere'), at('repository/dangling'));
    symlinkSync('loop', at('repository/loop'));
    for (const name of [
      '.prompt-confidence/calibrators/a.json',
      'data/deep/out.csv',
      'dangling/a',
      'loop/a/b',
    ])
      await assert.rejects(checkInside(at('repository'), at(`repository/${name}`)), {
        code: 'leads-elsewhere',
      });
    await assert.rejects(
      checkInside(at('repository'), at('repository/data/deep/out.csv')),
      (error: UserError) => error.message.includes(`leads to ${at('elsewhere')}`),
    );
  });

  it('is not asked about where a person named another place', async () => {
    await checkInside(at('repository'), at('elsewhere/out.csv'));
  });

  it('is told from one beside it', () => {
    assert.ok(isInside('/a/b', '/a/b'));
    assert.ok(isInside('/a/b', '/a/b/..c'));
    assert.ok(!isInside('/a/b', '/a/bc'));
    assert.ok(!isInside('/a/b', '/a/b/../c'));
    assert.ok(!isInside('/a/b', '/a'));
  });
});

describe('a small file', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder(), name);

  it('is read up to a mebibyte', async () => {
    writeFileSync(at('full'), 'x'.repeat(SMALL_FILE));
    assert.equal((await readSmall(at('full')))?.length, SMALL_FILE);
    await appendFile(at('full'), 'x');
    await assert.rejects(readSmall(at('full')), { code: 'too-large', message: /larger than 1 MiB/ });
    assert.equal(await readSmall(at('none')), undefined);
    writeFileSync(at('empty'), '');
    assert.equal((await readSmall(at('empty')))?.length, 0);
  });
});

describe('a lock in any state', () => {
  const folder = temporaryFolder();

  it('lets in or refuses, and sleeps in every turn', async function () {
    this.timeout(60_000);
    const state = fc.record({
      content: fc.oneof(
        fc.string({ maxLength: 40 }),
        fc.json(),
        fc
          .record({
            pid: fc.constantFrom(process.pid, 1, 2 ** 30, -1, 0),
            host: fc.constantFrom(os.hostname(), 'elsewhere'),
            token: fc.string(),
          })
          .map((holder) => JSON.stringify(holder)),
      ),
      isAborted: fc.boolean(),
    });
    let at = 0;
    await fc.assert(
      fc.asyncProperty(state, async ({ content, isAborted }) => {
        const file = path.join(folder(), `${at++}.lock`);
        writeFileSync(file, content);
        const clock = new FakeClock();
        const signal = isAborted ? AbortSignal.abort(new Error('told to end')) : undefined;
        const entered = await withLock(file, () => Promise.resolve('in'), { clock, signal }).catch(
          (error: unknown) => (error as Error).message,
        );
        assert.ok(entered === (isAborted ? 'told to end' : 'in'), entered);
        // A minute of patience, in turns of 100 ms.
        assert.ok(clock.sleeps.length <= 602, String(clock.sleeps.length));
        assert.ok(isAborted || clock.sleeps.length >= 1, 'every turn ends with a sleep');
      }),
      { numRuns: 80 },
    );
  });
});
