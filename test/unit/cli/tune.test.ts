/** What `tune` refuses before anything is installed or prepared. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tune } from '../../../src/cli/tune';
import { tuningWork, workFiles } from '../../../src/app/training/tuning-run';
import { cacheFolder } from '../../../src/store/cache-home';
import { temporaryFolder, temporaryJobs } from '../../support/temporary';

describe('tune, before it begins', () => {
  const folder = temporaryFolder();
  temporaryJobs();
  const at = (name: string): string => path.join(folder(), name);
  const run = async (...argv: string[]): Promise<string> => {
    let err = '';
    const code = await tune(argv, {
      out: () => undefined,
      err: (text) => (err += text),
      now: () => new Date(0),
      version: '0.0.0',
    });
    assert.equal(code, 2);
    return err;
  };
  /** Without a trainer: what is not refused before ends there. */
  const tuned = (...argv: string[]): Promise<string> => run('--python', at('none'), ...argv);

  beforeEach(() => writeFile(at('labelled.csv'), 'text,label\nGood.,positive\nBad.,negative\n'));

  it('asks for --force where any of its files is there, but not to resume a run that has written them', async () => {
    await writeFile(at('lab.json'), 'mine');
    const asked = [at('labelled.csv'), '--out', at('lab.gguf')];
    assert.match(await tuned(...asked), /lab\.json already exists\. .*--force/u);
    await writeFile(at('lab-tuned.csv.meta.json'), 'mine');
    assert.match(await tuned(...asked), /lab\.json and 1 more file of this fine-tuning already exist\./u);
    assert.deepEqual((await readdir(folder())).sort(), [
      'lab-tuned.csv.meta.json',
      'lab.json',
      'labelled.csv',
    ]);
    assert.doesNotMatch(await tuned(...asked, '--force'), /exist/u);
    const { candidates } = workFiles(tuningWork(cacheFolder('training'), at('lab.gguf')));
    await mkdir(path.dirname(candidates), { recursive: true });
    await writeFile(candidates, '0');
    assert.match(await tuned(...asked, '--restart'), /already exist/u);
    assert.ok(existsSync(candidates));
    assert.doesNotMatch(await tuned(...asked), /exist/u);
  });

  it('never replaces an input, whatever its name here', async () => {
    await mkdir(at('q'));
    await symlink(at('q'), at('linked'));
    await writeFile(at('q/lab-base.csv'), 'text,label\n');
    for (const table of ['q/lab-base.csv', 'linked/lab-base.csv'])
      assert.match(
        await tuned(at(table), '--out', at('q/lab.gguf'), '--force'),
        /The fine-tuning reads .*lab-base\.csv, and would replace it/u,
      );
  });

  it('refuses a folder that is not there, but for the adapters of a workspace that is', async () => {
    assert.match(
      await tuned(at('labelled.csv'), '--out', at('mistyped/lab.gguf')),
      /There is no folder .*mistyped\. Create it, or choose another name\./u,
    );
    const ofWorkspace = (name: string): string => at(`${name}.prompt-confidence/adapters/lab.gguf`);
    assert.match(
      await tuned(at('labelled.csv'), '--out', ofWorkspace('none/')),
      /There is no folder .*none/u,
    );
    assert.doesNotMatch(await tuned(at('labelled.csv'), '--out', ofWorkspace('')), /no folder/u);
  });

  it('does not start over for an estimate, and names a folder of the base that is missing', async () => {
    const asked = [at('labelled.csv'), '--out', at('lab.gguf')];
    assert.match(await tuned(...asked, '--estimate', '--restart'), /--restart discards .*Use one of them\./u);
    const missing = await tuned(...asked, '--base', at('nowhere'));
    assert.match(missing, /^There is no folder .*nowhere\. Name the Hugging Face folder/u);
  });
});
