/** The environment of the trainer, with a scripted Python in place of the real one and of pip. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type EnvironmentPlace,
  installEnvironment,
  planEnvironment,
  removeEnvironment,
  trainerPython,
} from '../../../../src/app/training/environment';
import { UserError } from '../../../../src/core/user-error';
import { installInWords } from '../../../../src/core/words/tuning';
import { temporaryFolder } from '../../../support/temporary';

const LOCK =
  '# Here.\ntorch==2.13.0\ntransformers==5.23.0\npeft==0.21.0\ngguf==0.19.0\nnumpy==2.4.6\ntqdm==4.70.1\n';

/** Stands for python3: makes environments that stand for Python too, and notes what pip is asked. */
const SCRIPT = `#!/bin/sh
home="$(cat "$(dirname "$0")/home" 2>/dev/null || dirname "$0")"
case "$1 $2" in
  "-c import sys"*) cat "$home/version" ;;
  "-c "*) cat "$home/packages" 2>/dev/null || exit 1 ;;
  "-m venv")
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && echo "$home" > "$3/bin/home" ;;
  "-m pip")
    echo "$@" >> "$home/pip"
    if [ -e "$home/slow" ]; then sleep 60; fi
    if [ -e "$home/refuses" ]; then echo "Collecting torch"; echo "ERROR: Could not find a version that satisfies torch==2.13.0"; echo "[notice] A new release of pip"; exit 1; fi ;;
esac
`;

describe('the environment of the trainer', function () {
  const folder = temporaryFolder();
  const at = (...names: string[]): string => path.join(folder(), ...names);
  const place = (): EnvironmentPlace => ({ program: at('program'), cache: at('cache') });
  beforeEach(async function () {
    if (process.platform === 'win32') this.skip();
    await mkdir(at('program', 'lock'), { recursive: true });
    await writeFile(at('program', 'lock', `${process.platform}-${process.arch}.txt`), LOCK);
    await writeFile(at('python'), SCRIPT);
    await chmod(at('python'), 0o755);
    await writeFile(at('version'), '3.11\n');
  });

  const said: string[] = [];
  const install = (pipArguments: readonly string[] = [], signal?: AbortSignal): Promise<string> =>
    installEnvironment(place(), {
      python: at('python'),
      pipArguments,
      signal,
      onProgress: (words) => said.push(words),
    });
  const pipCalls = async (): Promise<string[]> =>
    (await readFile(at('pip'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const found = (python = '', pipArguments: readonly string[] = []): Promise<string | undefined> =>
    trainerPython(place(), { python, pipArguments });
  const message = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => assert.fail('it was not refused'),
      (reason: unknown) => reason,
    );
    return error instanceof UserError ? error.message : assert.fail(String(error));
  };

  it('says before it is made what it holds and where', async () => {
    const words = installInWords(await planEnvironment(place()));
    assert.match(
      words,
      /torch 2\.13\.0, transformers 5\.23\.0, peft 0\.21\.0, gguf 0\.19\.0 and 2 packages/u,
    );
    assert.ok(words.includes(at('cache', 'environment')));
    assert.match(words, /1 to 6 GB .* are free there/u);
    assert.equal(await found(), undefined);
  });

  it('is made once from the lock, with further arguments of the person', async () => {
    const python = await install(['--extra-index-url', 'address']);
    assert.equal(python, at('cache', 'environment', 'bin', 'python'));
    const [call] = await pipCalls();
    assert.match(call ?? '', /-m pip install --no-input -r .*\.txt --extra-index-url address$/u);
    assert.equal(await install(['--extra-index-url', 'address']), python);
    assert.equal((await pipCalls()).length, 1);
    assert.equal(await found('', ['--extra-index-url', 'address']), python);
    // Other arguments may give another build: it is made again.
    assert.equal(await found(), undefined);
    await install();
    assert.equal((await pipCalls()).length, 2);
    // Another lock, too.
    await writeFile(at('program', 'lock', `${process.platform}-${process.arch}.txt`), `${LOCK}more==1\n`);
    assert.equal(await found(), undefined);
  });

  it('is made once where two ask at the same time', async () => {
    const [one, two] = await Promise.all([install(), install()]);
    assert.equal(one, two);
    assert.equal((await pipCalls()).length, 1);
  });

  it('is deleted as a whole', async () => {
    await install();
    await removeEnvironment(place());
    assert.equal(await found(), undefined);
    assert.ok(!(await readdir(at('cache'))).includes('environment'));
    // Nothing is there: nothing to do.
    await removeEnvironment(place());
  });

  it('gives the reason of pip, and where the whole log is, and is no environment then', async () => {
    await writeFile(at('refuses'), '');
    const words = await message(install());
    assert.match(
      words,
      /could not be made: ERROR: Could not find a version that satisfies torch==2\.13\.0\./u,
    );
    assert.ok(words.includes(at('cache', 'environment.log')));
    assert.equal(await found(), undefined);
  });

  it('can be given up, and begins anew then', async () => {
    await writeFile(at('slow'), '');
    const controller = new AbortController();
    const making = install([], controller.signal);
    while ((await pipCalls()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(new UserError('cancelled', 'Cancelled.'));
    await assert.rejects(making, { code: 'cancelled' });
    assert.equal(await found(), undefined);
  });

  it('needs a Python that is new enough', async () => {
    await writeFile(at('version'), '3.8\n');
    assert.match(await message(install()), /needs Python 3\.10 or newer\. .*python is 3\.8/u);
    const missing = installEnvironment(place(), {
      ...{ python: at('none'), pipArguments: [], onProgress: () => undefined },
    });
    assert.match(await message(missing), /There is no .*none here/u);
  });

  it('is not needed where a Python that was named has the packages', async () => {
    await writeFile(at('packages'), '["2.13.0+cpu", "5.23.0", "0.21.0", "0.19.0", "2.4.6"]');
    assert.equal(await found(at('python')), at('python'));
    // Another version may compute something else.
    await writeFile(at('packages'), '["2.12.0", "5.23.0", "0.21.0", "0.19.0", "2.4.6"]');
    assert.equal(await found(at('python')), undefined);
    await writeFile(at('packages'), 'no module');
    assert.equal(await found(at('python')), undefined);
    assert.match(await message(found(at('none'))), /none is no Python that runs/u);
  });

  it('is said to be missing for a platform without a lock', async () => {
    const elsewhere = { program: at('nowhere'), cache: at('cache') };
    assert.match(await message(planEnvironment(elsewhere)), /cannot be tuned on this platform/u);
  });
});
