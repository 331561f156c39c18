import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from '../../../src/store/lock';
import { ModelStore } from '../../../src/store/models';
import { RECOMMENDED_MODELS } from '../../../src/store/recommended';
import { localFileName, parseAddress } from '../../../src/store/model-address';
import { gguf } from './gguf-builder';
import { ROOT } from '../../support/paths';
import { temporaryFolder } from '../../support/temporary';

const hashOf = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

describe('ModelStore', () => {
  const folder = temporaryFolder();
  const models = () => path.join(folder(), 'models');
  const store = () => new ModelStore(models(), () => new Date('2026-01-02T03:04:05Z'));

  async function put(relative: string, content: Uint8Array = gguf()): Promise<string> {
    const file = path.join(folder(), relative);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    return file;
  }

  it('is empty, and writes nothing, before there is a folder', async () => {
    assert.deepEqual(await store().list(), []);
    assert.deepEqual(await readdir(folder()), []);
  });

  it('lists the files of models/ without reading them, and nothing that is unfinished', async () => {
    await put('models/b.gguf');
    await put('models/a.gguf');
    await put('models/c.gguf.part');
    await put('models/notes.txt');
    const [first, ...rest] = await store().list();
    assert.deepEqual(first, {
      file: 'a.gguf',
      path: path.join(models(), 'a.gguf'),
      bytes: gguf().length,
      sha256: undefined,
      source: undefined,
      licence: undefined,
      addedAt: undefined,
      place: 'cache',
      missing: false,
    });
    assert.deepEqual(
      rest.map((entry) => entry.file),
      ['b.gguf'],
    );
  });

  it('registers a file elsewhere by path, and forgets it without touching it', async () => {
    const file = await put('elsewhere/mine.gguf');
    const entry = await store().addLocal(file);
    assert.equal(entry.place, 'elsewhere');
    assert.equal(entry.licence, 'mit');
    assert.equal(entry.addedAt, '2026-01-02T03:04:05.000Z');
    assert.deepEqual(await readdir(models()), ['index.json']);
    assert.deepEqual(await store().list(), [entry]);
    await store().remove(entry);
    assert.deepEqual(await store().list(), []);
    assert.ok((await stat(file)).isFile());
  });

  it('describes a file by its path without listing it', async () => {
    const file = await put('elsewhere/mine.gguf');
    const before = await store().list();
    assert.equal((await store().fileAt(file)).path, file);
    await store().prefer({ path: file }, 'lastUsed');
    assert.deepEqual(await store().list(), before);
    assert.equal(await store().preferred(), undefined);
    const adapter = await put(
      'elsewhere/adapter.gguf',
      gguf({ metadata: { 'general.architecture': 'tiny', 'general.type': 'adapter' } }),
    );
    await assert.rejects(store().fileAt(adapter), { code: 'model-not-a-model' });
  });

  it('prefers the model that was chosen, then the one used last, of those that are there', async () => {
    await put('models/a.gguf');
    await put('models/b.gguf');
    const elsewhere = await store().addLocal(await put('elsewhere/mine.gguf'));
    const preferred = async () => {
      const found = await store().preferred();
      return found && [found.entry.file, found.why];
    };
    assert.equal(await preferred(), undefined);
    await store().prefer({ path: path.join(models(), 'b.gguf') }, 'lastUsed');
    assert.deepEqual(await preferred(), ['b.gguf', 'lastUsed']);
    await store().prefer(elsewhere, 'chosen');
    assert.deepEqual(await preferred(), ['mine.gguf', 'chosen']);
    await rm(elsewhere.path);
    assert.deepEqual(await preferred(), ['b.gguf', 'lastUsed']);
    await store().remove(elsewhere);
    await put('elsewhere/mine.gguf');
    assert.deepEqual(await preferred(), ['b.gguf', 'lastUsed']);
  });

  it('keeps a registered file that is away at the moment, marked as missing', async () => {
    const file = await put('drive/mine.gguf');
    await store().addLocal(file);
    await rm(path.dirname(file), { recursive: true });
    const [entry] = await store().list();
    assert.equal(entry?.missing, true);
    assert.equal(await store().find({ file: 'mine.gguf' }), undefined);
  });

  it('refuses to register what is no model', async () => {
    await assert.rejects(store().addLocal(await put('x.gguf', Buffer.from('text'))), { code: 'gguf-magic' });
    const adapter = gguf({ metadata: { 'general.architecture': 'tiny', 'general.type': 'adapter' } });
    await assert.rejects(store().addLocal(await put('y.gguf', adapter)), { code: 'model-not-a-model' });
    assert.deepEqual(await store().list(), []);
  });

  it('deletes a model of the cache from the disk', async () => {
    const file = await put('models/a.gguf');
    await store().sha256(file);
    const [entry] = await store().list();
    assert.ok(entry);
    await store().remove(entry);
    assert.deepEqual(await readdir(models()), ['index.json']);
    assert.deepEqual(JSON.parse(await readFile(path.join(models(), 'index.json'), 'utf8')), {
      version: 1,
      models: {},
      hashes: {},
    });
  });

  it('treats a file in models/ as one of the cache, however it is addressed', async function () {
    if (process.platform === 'win32') this.skip();
    await put('models/a.gguf');
    await symlink(models(), path.join(folder(), 'link'));
    const entry = await store().addLocal(path.join(folder(), 'link', 'a.gguf'));
    assert.equal(entry.place, 'cache');
    assert.equal((await store().list()).length, 1);
  });

  it('hashes a file once, and again when its size or time changes', async () => {
    const file = await put('models/a.gguf');
    let reads = 0;
    const onProgress = () => reads++;
    assert.equal(await store().sha256(file, { onProgress }), hashOf(gguf()));
    assert.equal(await store().sha256(file, { onProgress }), hashOf(gguf()));
    assert.equal(reads, 1);
    assert.equal((await store().list())[0]?.sha256, hashOf(gguf()));

    await appendFile(file, 'x');
    assert.equal((await store().list())[0]?.sha256, undefined);
    assert.equal(await store().sha256(file, { onProgress }), hashOf(await readFile(file)));
    await utimes(file, 1, 1);
    await store().sha256(file, { onProgress });
    assert.equal(reads, 3);

    // Another file of the same size, with the time that its archive gave it.
    const other = gguf({ metadata: { 'general.architecture': 'other' } });
    await writeFile(file, other);
    await utimes(file, 1, 1);
    const hash = await store().sha256(file, { onProgress });
    await writeFile(file, Buffer.from(other).reverse());
    await utimes(file, 1, 1);
    assert.equal((await store().list())[0]?.sha256, undefined);
    assert.notEqual(await store().sha256(file, { onProgress }), hash);
  });

  it('finds the model that a classifier names by file name and hash', async () => {
    const right = gguf({ metadata: { 'general.architecture': 'right' } });
    await put('models/m.gguf', gguf());
    const elsewhere = await put('elsewhere/m.gguf', right);
    await store().addLocal(elsewhere);
    const found = await store().find({ file: 'm.gguf', sha256: hashOf(right).toUpperCase() });
    assert.equal(found?.path, elsewhere);
    assert.equal(found.sha256, hashOf(right));
    const renamed = await store().find({ file: 'other-name.gguf', sha256: hashOf(right) });
    assert.equal(renamed?.path, elsewhere);
  });

  it('says whether a model is missing or merely another file of the same name', async () => {
    await put('models/m.gguf');
    const sha256 = '0'.repeat(64);
    await assert.rejects(store().resolve({ file: 'none.gguf', sha256 }), { code: 'model-missing' });
    await assert.rejects(store().resolve({ file: 'm.gguf', sha256 }), { code: 'model-differs' });
    assert.equal((await store().resolve({ file: 'm.gguf' })).file, 'm.gguf');
  });

  it('loses no entry when many are added at once', async () => {
    const files = await Promise.all(Array.from({ length: 8 }, (_, index) => put(`elsewhere/${index}.gguf`)));
    await Promise.all(files.map((file) => store().addLocal(file)));
    assert.equal((await store().list()).length, 8);
  });

  it('refuses an index that is damaged or from a newer version, and says what to do', async () => {
    await put('models/index.json', Buffer.from('{"version":1,'));
    await assert.rejects(store().list(), { code: 'model-index-broken' });
    await put('models/index.json', Buffer.from('{"version":1,"models":[]}'));
    await assert.rejects(store().list(), { code: 'model-index-broken' });
    await put('models/index.json', Buffer.from('{"version":2,"models":{}}'));
    await assert.rejects(store().list(), { code: 'model-index-newer' });
  });

  it('shares its index and its lock with scripts/fetch-model.mjs', async () => {
    const script = pathToFileURL(path.join(ROOT, 'scripts', 'fetch-model.mjs')).href;
    const { fetchModel, TEST_MODEL } = (await import(script)) as {
      fetchModel: (options: object) => Promise<string>;
      TEST_MODEL: { source: string; licence: string };
    };
    const content = gguf();
    const model = { ...TEST_MODEL, file: 'm.gguf', bytes: content.length, sha256: hashOf(content) };
    const lines: string[] = [];
    await mkdir(models(), { recursive: true });
    // The script finds no model, waits for our lock, and then finds what we brought meanwhile.
    let fetched: Promise<string> | undefined;
    await withLock(path.join(models(), 'm.gguf.lock'), async () => {
      const waiting = new Promise<void>((resolve) => {
        const log = (line: string) => {
          lines.push(line);
          resolve();
        };
        fetched = fetchModel({ folder: models(), model, log });
      });
      await waiting;
      await put('models/m.gguf', content);
    });
    assert.equal(await fetched, path.join(models(), 'm.gguf'));
    assert.deepEqual(lines, ['Another process is fetching the model; waiting.']);
    const [entry] = await store().list();
    assert.equal(entry?.sha256, hashOf(content));
    assert.equal(entry.source, TEST_MODEL.source);
    assert.equal(entry.licence, 'gemma');
    assert.deepEqual((await readdir(models())).sort(), ['index.json', 'm.gguf']);
  });
});

describe('the recommended models', () => {
  it('have addresses that the downloader takes, each a different file', () => {
    for (const { repository, file, licence, why } of RECOMMENDED_MODELS) {
      const source = parseAddress(`hf:${repository}/${file}`);
      assert.ok(source.kind === 'hub' && source.file === file);
      assert.equal(localFileName(file), file);
      assert.ok(licence.length > 0 && why.length > 0);
    }
    assert.equal(new Set(RECOMMENDED_MODELS.map((model) => model.file)).size, RECOMMENDED_MODELS.length);
  });
});
