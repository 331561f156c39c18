import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type DownloadInfo, downloadModel, type DownloadOptions } from '../../../src/store/download';
import { ModelStore } from '../../../src/store/models';
import { deleteUnfinished, unfinishedDownloads } from '../../../src/store/unfinished';
import { encoderFolder } from '../../support/encoder';
import { failure } from '../../support/failure';
import { temporaryFolder } from '../../support/temporary';
import { send, type SendOptions, serve, type FileServer } from './file-server';

const SMALL = ['config.json', 'tokenizer_config.json', 'tokenizer.json'] as const;
const read = (name: string) => readFileSync(path.join(encoderFolder('single-label'), name));
const ONNX = read('model.onnx');
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const gitBlob = (content: Uint8Array) =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

/** The files of a repository by their paths, as Optimum writes them. */
function repository(more: Record<string, Buffer> = {}): Map<string, Buffer> {
  return new Map(
    Object.entries({
      'README.md': Buffer.from('# Topics'),
      ...Object.fromEntries(SMALL.map((name) => [name, read(name)])),
      'onnx/model.onnx': ONNX,
      'onnx/model_quantized.onnx': Buffer.from('another'),
      ...more,
    }),
  );
}

describe('downloadModel of a sequence classification model', () => {
  const folder = temporaryFolder();
  const models = () => path.join(folder(), 'models');
  const store = () => new ModelStore(models());
  const servers: FileServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  /** A hub with the one repository user/topics. */
  async function startHub(
    files = repository(),
    sending: (name: string) => SendOptions & { readonly content?: Buffer } = () => ({}),
  ): Promise<FileServer> {
    const server = await serve((request, response) => {
      const name = request.url?.replace('/user/topics/resolve/main/', '') ?? '';
      const content = files.get(name);
      if (request.url?.startsWith('/api/models/user/topics') === true) {
        const siblings = Array.from(files, ([rfilename, bytes]) =>
          rfilename.endsWith('.onnx')
            ? { rfilename, size: bytes.length, lfs: { sha256: sha256(bytes), size: bytes.length } }
            : { rfilename, size: bytes.length, blobId: gitBlob(bytes) },
        );
        response.end(JSON.stringify({ siblings, cardData: { license: 'apache-2.0' } }));
      } else if (content === undefined) {
        response.statusCode = 404;
        response.end();
      } else {
        const { content: other = content, ...options } = sending(name);
        send(request, response, other, options);
      }
    });
    servers.push(server);
    return server;
  }

  function download(hub: FileServer, options: Partial<DownloadOptions> = {}) {
    return downloadModel(store(), {
      ...{ source: 'hf:user/topics', hub: hub.url, confirm: () => true, retries: 1, backoffMs: 1 },
      ...options,
    });
  }

  /** Files that were asked for, without HEAD requests. */
  const fetched = ({ log }: FileServer): string[] =>
    log.flatMap((line) => (line.startsWith('GET /user/') ? (line.split('/').at(-1) ?? []) : []));

  it('asks with every file, its size and its hash, then brings them and lists the folder', async () => {
    const hub = await startHub();
    const asked: DownloadInfo[] = [];
    const { kind, entry } = await download(hub, {
      confirm: (info) => {
        assert.deepEqual(fetched(hub), []);
        return asked.push(info) > 0;
      },
    });
    assert.deepEqual(asked, [
      {
        ...{ source: 'hf:user/topics', file: 'topics', licence: 'apache-2.0' },
        ...{ licenceUrl: `${hub.url}/user/topics`, resumeFrom: 0 },
        files: [
          ...SMALL.map((name) => ({
            ...{ name, bytes: read(name).length, sha256: undefined },
            gitBlob: gitBlob(read(name)),
          })),
          { name: 'onnx/model.onnx', bytes: ONNX.length, sha256: sha256(ONNX), gitBlob: undefined },
        ],
      },
    ]);
    assert.equal(kind, 'folder');
    assert.deepEqual(await store().folders(), [entry]);
    assert.deepEqual(
      [entry.file, entry.source, entry.licence, entry.place, entry.missing],
      ['topics', 'hf:user/topics', 'apache-2.0', 'cache', false],
    );
    assert.deepEqual((await readdir(models())).sort(), ['index.json', 'topics']);
    const found = await store().resolveFolder({ file: 'topics', sha256: sha256(ONNX) });
    assert.equal(found.onnx, 'onnx/model.onnx');
    // A second time nothing is asked and nothing fetched.
    const before = fetched(hub).length;
    await download(hub, { confirm: () => assert.fail('asked') });
    assert.equal(fetched(hub).length, before);
    await store().remove(entry);
    assert.deepEqual(await readdir(models()), ['index.json']);
    assert.ok(!readFileSync(path.join(models(), 'index.json'), 'utf8').includes(sha256(ONNX)));
  });

  it('is no model before it is complete, and resumes with the file that was cut', async () => {
    let hold: SendOptions = { holdAfter: 20_000 };
    const hub = await startHub(repository(), (name) => (name.endsWith('.onnx') ? hold : {}));
    const small = SMALL.reduce((sum, name) => sum + read(name).length, 0);
    const cut = await failure(
      download(hub, {
        retries: 0,
        onProgress: ({ phase, done }) => {
          if (phase === 'downloading' && done === small + 20_000) hub.cut();
        },
      }),
      'download-interrupted',
    );
    assert.match(cut.message, /onnx\/model\.onnx was interrupted/u);
    assert.deepEqual(await store().folders(), []);
    const total = small + ONNX.length;
    assert.deepEqual(await unfinishedDownloads(models()), [
      { file: 'topics', source: 'hf:user/topics', have: small + 20_000, total },
    ]);
    hold = {};
    hub.log.length = 0;
    const resumed: number[] = [];
    await download(hub, { confirm: (info) => resumed.push(info.resumeFrom) > 0 });
    assert.deepEqual(resumed, [small + 20_000]);
    assert.deepEqual(fetched(hub), ['model.onnx']);
    assert.equal((await store().folders()).length, 1);
    assert.deepEqual(await unfinishedDownloads(models()), []);
  });

  it('takes nothing over from an unfinished download of other files', async () => {
    const other = path.join(models(), 'topics.part');
    await mkdir(other, { recursive: true });
    await writeFile(path.join(other, 'model.onnx'), ONNX);
    await writeFile(path.join(other, 'config.json'), '{}');
    const { entry } = await download(await startHub());
    assert.deepEqual((await readdir(entry.path)).sort(), [...SMALL, 'onnx'].sort());
    assert.deepEqual(readFileSync(path.join(entry.path, 'config.json')), read('config.json'));
  });

  it('can be deleted while it is unfinished', async () => {
    const hub = await startHub(repository(), (name) => (name.endsWith('.onnx') ? { cutAtOnce: true } : {}));
    await failure(download(hub, { retries: 0 }), 'download-interrupted');
    await deleteUnfinished(models(), 'topics');
    assert.deepEqual(await readdir(models()), []);
  });

  it('takes what Optimum wrote beside the ONNX file, and all files with its weights', async () => {
    const inner = Object.fromEntries(SMALL.map((name) => [`onnx/${name}`, read(name)]));
    const weights = {
      'onnx/model.onnx_data': Buffer.from('weights'),
      'onnx/model.onnx.data': Buffer.from('more'),
    };
    const hub = await startHub(repository({ ...inner, ...weights, 'config.json': Buffer.from('{}') }));
    const { entry } = await download(hub);
    assert.deepEqual(readFileSync(path.join(entry.path, 'config.json')), read('config.json'));
    assert.deepEqual((await readdir(path.join(entry.path, 'onnx'))).sort(), [
      ...['model.onnx', 'model.onnx.data', 'model.onnx_data'],
    ]);
  });

  it('refuses a damaged file, and keeps nothing of it', async () => {
    for (const damaged of ['tokenizer.json', 'onnx/model.onnx']) {
      const hub = await startHub(repository(), (name) =>
        name === damaged ? { content: Buffer.from(repository().get(name) ?? '').reverse() } : {},
      );
      const error = await failure(download(hub), 'download-corrupt');
      assert.match(error.message, /arrived damaged|not a usable model/u);
      assert.ok(!existsSync(path.join(models(), 'topics.part', damaged)));
      assert.ok(!existsSync(path.join(models(), 'topics.part', `${damaged}.part`)));
    }
  });

  it('says before the weights are fetched that a model cannot be used', async () => {
    const tokenizer = JSON.stringify({
      ...JSON.parse(read('tokenizer.json').toString()),
      model: { type: 'Unigram' },
    });
    const regression = JSON.stringify({
      ...JSON.parse(read('config.json').toString()),
      problem_type: 'regression',
    });
    for (const [name, content, words] of [
      ['tokenizer.json', tokenizer, /tokenizer is not supported/u],
      ['config.json', regression, /regression/u],
    ] as const) {
      const hub = await startHub(repository({ [name]: Buffer.from(content) }));
      const error = await failure(download(hub), 'download-corrupt');
      assert.match(error.message, words);
      assert.ok(!fetched(hub).includes('model.onnx'));
    }
    const pickled = await startHub(repository({ 'onnx/model.onnx': Buffer.from([0x80, 4, ...ONNX]) }));
    assert.match((await failure(download(pickled), 'download-corrupt')).message, /pickle/u);
  });

  it('takes files that begin with a byte order mark', async () => {
    const marked = (name: string) => Buffer.from(`\ufeff${read(name).toString()}`);
    const names = ['config.json', 'tokenizer.json'];
    const hub = await startHub(repository(Object.fromEntries(names.map((name) => [name, marked(name)]))));
    assert.ok(await download(hub));
  });

  it('names what a repository lacks, and asks which of several ONNX files is wanted', async () => {
    const without = repository();
    without.delete('tokenizer.json');
    assert.match(
      (await failure(download(await startHub(without)), 'source-not-found')).message,
      /lacks tokenizer\.json/u,
    );
    const several = repository({ 'onnx/model_fp16.onnx': ONNX });
    several.delete('onnx/model.onnx');
    const hub = await startHub(several);
    assert.match(
      (await failure(download(hub), 'source-ambiguous')).message,
      /hf:user\/topics\/onnx\/model_fp16\.onnx/u,
    );
    const { entry } = await download(hub, { source: 'hf:user/topics/onnx/model_fp16.onnx' });
    assert.equal(entry.source, 'hf:user/topics/onnx/model_fp16.onnx');
    const none = new Map([['config.json', read('config.json')]]);
    assert.match(
      (await failure(download(await startHub(none)), 'source-not-found')).message,
      /needed in ONNX/u,
    );
  });

  it('does not replace another folder of the same name', async () => {
    const mine = path.join(models(), 'topics');
    await mkdir(mine, { recursive: true });
    await writeFile(path.join(mine, 'config.json'), '{}');
    await failure(download(await startHub()), 'model-name-taken');
    assert.deepEqual(await readdir(mine), ['config.json']);
  });
});
