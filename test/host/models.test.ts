import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { chooseModel } from '../../src/features/models/choose-model';
import { downloadAndOffer, downloadModelByList } from '../../src/features/models/download-model';
import { deleteModel, forgetModel } from '../../src/features/models/manage-models';
import { LoadedModels } from '../../src/store/loaded-models';
import { ModelStore } from '../../src/store/models';
import { editorEngineModels } from '../../src/editor/sources';
import { SecondCopyGuard } from '../../src/editor/second-copy';
import type { Services } from '../../src/editor/services';
import { readSettings } from '../../src/editor/settings';
import { TEST_MODEL } from '../support/paths';
import { send, serve, type FileServer } from '../unit/store/file-server';
import { ggufOfSize } from '../unit/store/gguf-builder';
import { temporaryFolder } from '../support/temporary';
import { internals, setMachineSetting, useOneThread } from './internals';
import { ScriptedDialogs } from './scripted-dialogs';

const MODEL = ggufOfSize(400_000);
const SHA256 = createHash('sha256').update(MODEL).digest('hex');
const SOURCE = 'hf:user/repo/m.gguf';

describe('models in the editor', () => {
  const folder = temporaryFolder();
  let services: Services;
  let server: FileServer | undefined;

  /** The extension's own services with a model folder of this test's and a scripted person. */
  function scripted(...answers: (string | undefined)[]): Services & { readonly dialogs: ScriptedDialogs } {
    const models = new ModelStore(path.join(folder(), 'models'));
    return { ...services, models, dialogs: new ScriptedDialogs(answers) };
  }

  /** A hub with one repository; `holdAfter` as in file-server.ts. */
  async function hub(holdAfter?: () => number | undefined): Promise<{ hub: string }> {
    server = await serve((request, response) => {
      if (request.url?.startsWith('/api/models/user/repo') === true) {
        const lfs = { sha256: SHA256, size: MODEL.length };
        const siblings = [{ rfilename: 'm.gguf', size: MODEL.length, lfs }];
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ siblings, cardData: { license: 'mit' } }));
      } else if (request.url === '/user/repo/resolve/main/m.gguf') {
        const bytes = holdAfter?.();
        send(request, response, MODEL, {
          etag: '"1"',
          ...(bytes === undefined || request.method === 'HEAD' ? {} : { holdAfter: bytes }),
        });
      } else {
        response.statusCode = 404;
        response.end();
      }
    });
    return { hub: server.url };
  }

  before(async () => {
    ({ services } = await internals());
    await useOneThread();
  });
  afterEach(async () => {
    await setMachineSetting('model', undefined);
    await server?.close();
    server = undefined;
  });

  it('have their commands', async () => {
    const commands = await vscode.commands.getCommands(true);
    for (const name of ['chooseModel', 'downloadModel', 'manageModels'])
      assert.ok(commands.includes(`promptConfidence.${name}`), name);
  });

  it('are downloaded after licence, size and hash were shown, and can be used at once', async () => {
    const place = await hub();
    const person = scripted(
      `Open the Model's Page (${new URL(place.hub).host})`,
      'Download',
      'Use This Model',
    );
    await downloadAndOffer(SOURCE, person, place);

    const [question] = person.dialogs.saying('confirm');
    assert.match(question ?? '', /Licence: mit\nSize: 400 kB\nSHA-256: [\da-f]{64}/);
    assert.deepEqual(person.dialogs.saying('link'), [`link ${place.hub}/user/repo`]);
    assert.equal(person.dialogs.saying('confirm').length, 2);
    assert.match(person.dialogs.saying('progress').join('\n'), /100% · 400 kB of 400 kB/);
    assert.match(person.dialogs.saying('progress').at(-1) ?? '', /checking the download, 100%/);
    const [entry] = await person.models.list();
    assert.equal(entry?.sha256, SHA256);
    assert.equal(readSettings().model, 'm.gguf');
  });

  it('are not downloaded when the person says no', async () => {
    const person = scripted(undefined);
    await downloadAndOffer(SOURCE, person, await hub());
    assert.deepEqual(person.dialogs.saying('error'), []);
    assert.deepEqual(server?.ranges, []);
  });

  it('are known to be here already', async () => {
    const place = await hub();
    await downloadAndOffer(SOURCE, scripted('Download', undefined), place);
    const person = scripted(undefined);
    await downloadAndOffer(SOURCE, person, place);
    assert.deepEqual(person.dialogs.saying('confirm'), []);
    assert.deepEqual(person.dialogs.saying('info'), [
      'info m.gguf is already on this machine. [Use This Model]',
    ]);
  });

  it('go on where a cancelled download stopped', async () => {
    let hold: number | undefined = 150_000;
    const place = await hub(() => hold);
    const cancelling = scripted('Download', undefined);
    cancelling.dialogs.onProgress = (message, cancel) => {
      if (message.includes('of 400 kB') && !message.startsWith('0%')) cancel();
    };
    await downloadAndOffer(SOURCE, cancelling, place);
    assert.match(cancelling.dialogs.said.at(-1) ?? '', /^info The download was cancelled.+\[Resume\]$/);

    hold = undefined;
    const person = scripted('m.gguf', 'Download', undefined);
    await downloadModelByList(person, place);
    assert.match(person.dialogs.saying('choose')[0] ?? '', /Unfinished \| m\.gguf/);
    assert.match(person.dialogs.saying('confirm')[0] ?? '', /Resume downloading .+ already downloaded/s);
    assert.match(server?.ranges.at(-1) ?? '', /^bytes=\d+-$/);
    assert.equal((await person.models.list())[0]?.sha256, SHA256);
  });

  it('say what went wrong, with a way to try again', async () => {
    const person = scripted('Retry', undefined);
    await downloadAndOffer('hf:user/none/m.gguf', person, await hub());
    const errors = person.dialogs.saying('error');
    assert.equal(errors.length, 2);
    assert.match(errors[0] ?? '', /\[Retry, Choose a File…, Show Log\]$/);
  });

  it('come from an address that is checked as it is typed', async () => {
    const person = scripted('hf: address', 'no address', 'ftp://host/a.gguf', undefined);
    await downloadModelByList(person, await hub());
    assert.equal(person.dialogs.saying('refused').length, 2);
    assert.match(person.dialogs.saying('refused')[0] ?? '', /Start with hf: or https/);
  });

  it('may be files of the person, which stay where they are', async () => {
    const own = path.join(folder(), 'own.gguf');
    await writeFile(own, MODEL);
    const person = scripted('Choose a .gguf file', own);
    await chooseModel(person);
    assert.equal(readSettings().model, 'own.gguf');
    const [entry] = await person.models.list();
    assert.equal(entry?.place, 'elsewhere');

    const forgetting = scripted('Forget');
    await forgetModel(entry, forgetting);
    assert.deepEqual(await forgetting.models.list(), []);
    assert.equal((await stat(own)).size, MODEL.length);
    assert.equal(readSettings().model, '');
  });

  it('are told apart by their path where they have one name', async () => {
    const models = path.join(folder(), 'models');
    await mkdir(models);
    await writeFile(path.join(models, 'own.gguf'), MODEL);
    const own = path.join(folder(), 'own.gguf');
    await writeFile(own, MODEL);
    await chooseModel(scripted('Choose a .gguf file', own));
    assert.equal(readSettings().model, own);
    const person = scripted();
    const engineModels = editorEngineModels(person.models, person.engineModels.engine, services.classifiers);
    assert.equal((await engineModels.modelFor(undefined)).path, own);
  });

  it('are refused in words where the file is none', async () => {
    const text = path.join(folder(), 'text.gguf');
    await writeFile(text, 'not a model');
    const person = scripted('Choose a .gguf file', text, undefined);
    await chooseModel(person);
    assert.match(person.dialogs.saying('error')[0] ?? '', /is not a GGUF model, despite its name/);
    assert.equal(readSettings().model, '');
  });

  it('are deleted after a question that says what that frees; the engine is stopped first', async () => {
    const models = path.join(folder(), 'models');
    await mkdir(models);
    await copyFile(TEST_MODEL, path.join(models, 'real.gguf'));
    const person = scripted('Delete', undefined);
    const engineModels = editorEngineModels(
      person.models,
      services.engineModels.engine,
      services.classifiers,
    );
    await setMachineSetting('model', 'real.gguf');
    await engineModels.load(undefined);
    assert.equal(engineModels.engine.state.kind, 'ready');

    const [entry] = await person.models.list();
    assert.ok(entry);
    await deleteModel(entry, person);
    assert.match(
      person.dialogs.saying('confirm')[0] ?? '',
      /Delete real\.gguf\? \[Delete\]\nThis frees 2\d\d MB\./,
    );
    assert.equal(engineModels.engine.state.kind, 'stopped');
    assert.deepEqual(
      (await readdir(models)).filter((name) => name.endsWith('.gguf')),
      [],
    );
    assert.equal(readSettings().model, '');
  });

  it('are not loaded a second time against the will of the person', async () => {
    const { engine } = services.engineModels;
    await engine.stop();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      const elsewhere = new LoadedModels(path.join(folder(), 'engines'), 1);
      await elsewhere.register(other.pid ?? 0, TEST_MODEL);
      const dialogs = new ScriptedDialogs([undefined, 'Load Anyway']);
      const guard = new SecondCopyGuard(engine, new LoadedModels(elsewhere.folder), dialogs, {
        thresholdBytes: 1e8,
        onError: (error) => assert.fail(String(error)),
      });
      const engineModels = editorEngineModels(services.models, engine, services.classifiers, (model) =>
        guard.beforeLoad(model),
      );
      await setMachineSetting('model', path.basename(TEST_MODEL));

      await assert.rejects(engineModels.load(undefined), { code: 'cancelled' });
      assert.equal(engine.state.kind, 'stopped');
      assert.match(
        dialogs.said[0] ?? '',
        /Another window has loaded gemma.+ \[Load Anyway\]\nLoading it here takes/,
      );

      await engineModels.load(undefined);
      await guard.settled();
      assert.deepEqual(
        (await elsewhere.list()).map((entry) => entry.pid).sort(),
        [other.pid, engine.pid].sort(),
      );
      await engine.stop();
      await guard.dispose();
      assert.equal((await elsewhere.list()).length, 1);
    } finally {
      other.kill('SIGKILL');
    }
  });
});
