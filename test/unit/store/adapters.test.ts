import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { adapterOf } from '../../../src/app/classifier-adapter';
import { BUILTIN_CLASSIFIERS } from '../../../src/core/classifier/builtin';
import { parseAdapterCard } from '../../../src/core/model/adapter-card';
import { UserError } from '../../../src/core/user-error';
import { adapterFile, AdapterStore, cardFile } from '../../../src/store/adapters';
import { TINY_ADAPTER, writeAdapter } from '../../support/adapter';
import { fixture } from '../../support/paths';
import { temporaryFolder } from '../../support/temporary';
import { gguf } from './gguf-builder';

const BASE = fixture('tiny-chat.gguf');
const [BUILTIN = assert.fail()] = BUILTIN_CLASSIFIERS;
const CLASSIFIER = { ...BUILTIN, adapter: 'tuned' };

describe('adapters of a workspace', () => {
  const folder = temporaryFolder();
  const cache = (): string => path.join(folder(), 'cache');
  const file = (): string => adapterFile(folder(), 'tuned');
  let bytes: Buffer;
  beforeEach(async () => {
    bytes = await readFile(TINY_ADAPTER);
    await write(bytes);
  });
  const write = (content: Buffer) =>
    writeAdapter(folder(), 'tuned', { bytes: content, base: BASE, classifier: CLASSIFIER });
  const load = (store = new AdapterStore(cache())) => store.load(folder(), 'tuned');
  const refused = async (code: string, says: RegExp, work = load()): Promise<void> => {
    const error = await work.then(
      () => assert.fail('it was not refused'),
      (reason: unknown) => (reason instanceof UserError ? reason : assert.fail(String(reason))),
    );
    assert.equal(error.code, code);
    assert.match(error.message, says);
  };
  const edit = async (change: (card: Record<string, unknown>) => void): Promise<void> => {
    const card = JSON.parse(await readFile(cardFile(file()), 'utf8')) as Record<string, unknown>;
    change(card);
    await writeFile(cardFile(file()), JSON.stringify(card));
  };

  it('are copied into the cache under their hash', async () => {
    const { name, sha256, path: copy, card } = await load();
    assert.equal(name, 'tuned');
    assert.equal(copy, path.join(cache(), `${sha256}.gguf`));
    assert.equal(card.sha256, sha256);
    assert.deepEqual(await readFile(copy), bytes);
    assert.deepEqual(await readdir(cache()), [`${sha256}.gguf`]);
  });

  it('leave the cache some time after nothing has loaded them', async () => {
    await mkdir(cache(), { recursive: true });
    const days = (count: number): Date => new Date(Date.now() - count * 24 * 3600_000);
    const put = async (name: string, age: number): Promise<string> => {
      await writeFile(path.join(cache(), name), '');
      await utimes(path.join(cache(), name), days(age), days(age));
      return name;
    };
    const hash = (digit: string): string => digit.repeat(64);
    await put(`${hash('a')}.gguf`, 90);
    await put(`${hash('b')}.gguf.12.ab.tmp`, 2);
    const kept = [
      await put(`${hash('c')}.gguf`, 30),
      await put(`${hash('d')}.gguf.12.ab.tmp`, 0),
      // Nothing of ours.
      await put('notes.txt', 900),
    ];
    const { sha256, path: copy } = await load();
    assert.deepEqual((await readdir(cache())).sort(), [...kept, `${sha256}.gguf`].sort());
    // Whatever is loaded counts as used.
    await utimes(copy, days(50), days(50));
    await load();
    assert.ok((await stat(copy)).mtimeMs > days(1).getTime());
  });

  it('are another file of the cache after they were replaced under the same name, and the old one stays', async () => {
    const store = new AdapterStore(cache());
    const before = await load(store);
    const other = Buffer.from(bytes);
    other.writeFloatLE(0.25, other.length - 32);
    await write(other);
    const after = await load(store);
    assert.notEqual(after.path, before.path);
    assert.deepEqual(await readFile(before.path), bytes);
    assert.deepEqual(await readFile(after.path), other);
  });

  it('are refused without a card, and without the adapter', async () => {
    await rm(cardFile(file()));
    await refused('adapter-missing', /used only with its card/u);
    await rm(file());
    await refused('adapter-missing', /There is no adapter/u);
  });

  it('are refused after one byte was changed by hand, also where they were loaded before', async () => {
    const store = new AdapterStore(cache());
    await load(store);
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    await writeFile(file(), changed);
    await refused('adapter-differs', /is not the file that its card describes/u, load(store));
    assert.equal((await readdir(cache())).length, 1);
  });

  it('are refused where they have another length than their card says, and nothing is copied', async () => {
    await writeFile(file(), Buffer.concat([bytes, Buffer.alloc(8)]));
    await refused('adapter-differs', /is not the file/u);
    assert.deepEqual(await readdir(cache()).catch(() => []), []);
  });

  it('are restored in the cache where that copy is damaged', async () => {
    const { path: copy } = await load();
    await writeFile(copy, 'damaged');
    await load();
    assert.deepEqual(await readFile(copy), bytes);
  });

  it('are refused where the file is a model or nothing of the kind', async () => {
    await write(gguf());
    await refused('adapter-card', /holds a model, not an adapter/u);
    await write(Buffer.from('not a GGUF file, but with a card'));
    await refused('gguf-magic', /is not a GGUF/u);
  });

  it('are refused with a card that is damaged, newer or edited to something impossible', async () => {
    await edit((card) => (card.schema = 2));
    await refused('adapter-newer', /Update Prompt Confidence/u);
    await edit((card) => {
      card.schema = 1;
      card.sha256 = 'x';
    });
    await refused('adapter-card', /sha256: a SHA-256 is 64 hexadecimal digits/u);
    await writeFile(cardFile(file()), '{');
    await refused('adapter-card', /is not JSON/u);
  });

  it('have no names that lead elsewhere', async () => {
    for (const name of ['../tuned', 'a/b', '', '.', 'x'.repeat(100)])
      await refused('bad-name', /cannot name an adapter/u, new AdapterStore(cache()).load(folder(), name));
  });

  it('are not read from a folder or through a link to something else', async () => {
    await rm(file());
    await symlink('/dev/zero', file());
    await refused('not-a-file', /not a file/u);
  });
});

describe('the adapter that a classifier names', () => {
  const folder = temporaryFolder();
  const parts = () => ({
    adapters: new AdapterStore(path.join(folder(), 'cache')),
    workspaceOf: () => Promise.resolve(folder()),
  });
  const HASH = 'a'.repeat(64);
  const refused = async (code: string, says: RegExp, work: Promise<unknown>): Promise<void> => {
    const error = await work.then(
      () => assert.fail('it was not refused'),
      (reason: unknown) => (reason instanceof UserError ? reason : assert.fail(String(reason))),
    );
    assert.equal(error.code, code);
    assert.match(error.message, says);
  };

  it('is none where it names none: the hash of the model is not computed', async () => {
    const base = { file: 'x.gguf', sha256: () => assert.fail() };
    assert.equal(await adapterOf(parts(), BUILTIN, base), undefined);
  });

  it('is refused on another base and for another prompt, and loaded for its own', async () => {
    const bytes = await readFile(TINY_ADAPTER);
    const card = await writeAdapter(folder(), 'tuned', { bytes, base: BASE, classifier: CLASSIFIER });
    const own = { file: 'tiny-chat.gguf', sha256: () => Promise.resolve(card.base.sha256) };
    assert.equal((await adapterOf(parts(), CLASSIFIER, own))?.sha256, card.sha256);
    await refused(
      'adapter-mismatch',
      /The classifier sentiment names the adapter "tuned"\. It was tuned for tiny-chat\.gguf .*; here the model is x\.gguf/u,
      adapterOf(parts(), CLASSIFIER, { file: 'x.gguf', sha256: () => Promise.resolve(HASH) }),
    );
    const other = { ...CLASSIFIER, asks: { ...CLASSIFIER.asks, instruction: 'Another.' } };
    await refused('adapter-mismatch', /tuned for another prompt/u, adapterOf(parts(), other, own));
    const file = cardFile(adapterFile(folder(), 'tuned'));
    await writeFile(file, JSON.stringify({ ...card, labels: ['good', 'bad'] }));
    await refused(
      'adapter-mismatch',
      /tuned for the labels "good", "bad"; the classifier has/u,
      adapterOf(parts(), CLASSIFIER, own),
    );
  });

  it('is refused where its workspace may not be used', async () => {
    const untrusted = {
      ...parts(),
      workspaceOf: () => Promise.reject(new UserError('not-trusted', 'Only in a workspace that you trust.')),
    };
    const base = { file: 'x.gguf', sha256: () => Promise.resolve(HASH) };
    await refused('not-trusted', /you trust/u, adapterOf(untrusted, CLASSIFIER, base));
  });
});

describe('the card of an adapter', () => {
  it('is refused where anything in it is unknown', () => {
    assert.throws(() => parseAdapterCard('{"schema":1,"extra":true}', 'x.json'), { code: 'adapter-card' });
    assert.throws(() => parseAdapterCard('[]', 'x.json'), { code: 'adapter-card' });
  });
});
