import assert from 'node:assert/strict';
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { partAt } from '../../../../src/store/tables/work-place';
import { scoringKind } from '../../../../src/app/jobs/scoring';
import { UserError } from '../../../../src/core/user-error';
import { inspectTable } from '../../../../src/store/tables/inspect';
import { jobFiles } from '../../../../src/store/job-files';
import { whileAlone } from '../../../../src/store/tables/scored-file';
import { type ScoredRows, writeScored } from '../../../../src/store/tables/write-scored';
import { scriptedOptions, scriptedRows } from '../../../support/scripted-score';
import { temporaryFolder, temporaryJobs } from '../../../support/temporary';

describe('scoring a table as a job', () => {
  const folder = temporaryFolder();
  temporaryJobs();
  const at = (name: string): string => path.join(folder(), name);
  const state = (): string => jobFiles('score', at('out.csv')).state;
  const kind = scoringKind({
    run: () => Promise.reject(new Error('not run here')),
    folders: () => [folder()],
  });

  /** Leaves a run that was stopped after the first group of rows. */
  async function scoreInPart(out = at('out.csv')): Promise<void> {
    await writeFile(at('in.csv'), `id,text\n${'1,words\n'.repeat(40)}`);
    const source = await inspectTable(at('in.csv'));
    let request = 0;
    const score = (texts: readonly string[]): Promise<ScoredRows> =>
      request++ === 0 ? scriptedRows(texts) : Promise.reject(new UserError('cancelled', 'Cancelled.'));
    const options = { ...(await scriptedOptions(source)), score };
    await assert.rejects(writeScored(source, out, options), { code: 'cancelled' });
  }

  it('is found with its order, in its folder or in those of the surface', async () => {
    await scoreInPart();
    const expected = {
      order: {
        source: at('in.csv'),
        out: at('out.csv'),
        classifier: 'test',
        textColumn: 'text',
        shard: undefined,
        leaveRaw: false,
      },
      state: 'interrupted',
      words: '16 of 40 rows (40%)',
      isElsewhere: false,
    };
    assert.deepEqual(await kind.unfinished(folder()), [expected]);
    assert.deepEqual(await kind.unfinished(undefined), [expected]);
    await whileAlone(at('out.csv'), async () => {
      assert.deepEqual(await kind.unfinished(undefined), [{ ...expected, isElsewhere: true }]);
    });
    await kind.discard(expected.order);
    assert.deepEqual(await readdir(folder()), ['in.csv']);
    assert.deepEqual(await kind.unfinished(undefined), []);
  });

  it('is found by several windows that look at once, and none is taken for a run', async () => {
    await scoreInPart();
    const found = await Promise.all(Array.from({ length: 20 }, () => kind.unfinished(undefined)));
    assert.deepEqual(
      found.map(([left]) => left?.isElsewhere),
      found.map(() => false),
    );
    // The state of a run that was killed at its very end is swept away, unless a run works there.
    await rename(partAt('work', at('out.csv')), at('out.csv'));
    await kind.unfinished(undefined);
    assert.deepEqual((await readdir(folder())).sort(), ['in.csv', 'out.csv']);
  });

  it('passes over a state that cannot be read', async () => {
    await scoreInPart();
    await writeFile(state(), 'nonsense');
    assert.deepEqual(await kind.unfinished(undefined), []);
  });

  it('is not found in other folders, nor from what lies beside a table', async () => {
    await scoreInPart();
    await mkdir(at('other'));
    assert.deepEqual(await kind.unfinished(at('other')), []);
    // The same files in another repository are no job of this person.
    for (const name of ['in.csv', '.prompt-confidence']) await rename(at(name), at(`other/${name}`));
    await rename(state(), at('other/out.csv.part.json'));
    assert.deepEqual(await kind.unfinished(undefined), []);
  });

  it('is not found where its folder has become a link to another one', async () => {
    await mkdir(at('data'));
    const out = at('data/out.csv');
    await scoreInPart(out);
    assert.equal((await kind.unfinished(undefined)).length, 1);
    await rename(at('data'), at('moved'));
    await symlink('moved', at('data'));
    assert.deepEqual(await kind.unfinished(undefined), []);
  });
});
