import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs, { mkdir, open, readFile, readdir, stat, writeFile, type FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { mock } from 'node:test';
import { downloadModel, type DownloadInfo, type DownloadOptions } from '../../../src/store/download';
import { type ModelEntry, ModelStore } from '../../../src/store/models';
import { send, serve, type FileServer, type Handler, type SendOptions } from './file-server';
import { gguf, ggufOfSize } from './gguf-builder';
import { failure } from '../../support/failure';
import { temporaryFolder } from '../../support/temporary';

const MODEL = ggufOfSize(300_000);
const hashOf = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

interface HubOptions extends SendOptions {
  readonly content?: Uint8Array;
  /** As published; default: the content's. */
  readonly sha256?: string | null;
  readonly licence?: object;
  /** Answers instead of the file, when it returns true. */
  readonly instead?: (...of: Parameters<Handler>) => boolean;
}

/**
 * Cuts the connection the first time that so many bytes are on the disk: a cut that came earlier would take
 * along what the client has received but not yet written.
 */
function cutAt(server: FileServer, ...sizes: number[]): NonNullable<DownloadOptions['onProgress']> {
  const left = new Set(sizes);
  return ({ done }) => {
    if (left.delete(done)) server.cut();
  };
}

/** A hub with the one repository user/repo, which holds m.gguf. */
function hubHandler(options: () => HubOptions): Handler {
  return (request, response) => {
    const { content = MODEL, licence = { cardData: { license: 'gemma' } }, instead, ...rest } = options();
    const sha256 = options().sha256 === undefined ? hashOf(content) : options().sha256;
    if (request.url?.startsWith('/api/models/user/repo') === true) {
      const lfs = sha256 === null ? undefined : { sha256, size: content.length };
      const siblings = [{ rfilename: 'README.md' }, { rfilename: 'm.gguf', size: content.length, lfs }];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ siblings, tags: ['gguf'], ...licence }));
    } else if (request.url === '/user/repo/resolve/main/m.gguf') {
      if (instead?.(request, response) !== true) send(request, response, content, rest);
    } else {
      response.statusCode = 404;
      response.end();
    }
  };
}

describe('downloadModel', () => {
  const folder = temporaryFolder();
  const models = () => path.join(folder(), 'models');
  const inModels = (name: string) => path.join(models(), name);
  const servers: FileServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function start(handler: Handler): Promise<FileServer> {
    const server = await serve(handler);
    servers.push(server);
    return server;
  }

  /** A hub whose behaviour a test changes by changing the object. */
  async function startHub(behaviour: { now: HubOptions } = { now: {} }): Promise<FileServer> {
    return start(hubHandler(() => behaviour.now));
  }

  async function download(hub: FileServer, options: Partial<DownloadOptions> = {}): Promise<ModelEntry> {
    const found = await downloadModel(new ModelStore(models()), {
      source: 'hf:user/repo',
      hub: hub.url,
      confirm: () => true,
      retries: 2,
      backoffMs: 1,
      ...options,
    });
    return found.kind === 'file' ? found.entry : assert.fail('a folder');
  }

  async function assertWhole(content: Uint8Array = MODEL): Promise<void> {
    assert.equal(hashOf(await readFile(inModels('m.gguf'))), hashOf(content));
    assert.deepEqual((await readdir(models())).sort(), ['index.json', 'm.gguf']);
  }

  /** Leaves the first 100,000 bytes of the model as an unfinished download. */
  async function leavePart(hub: FileServer, behaviour: { now: HubOptions }): Promise<void> {
    const whole = behaviour.now;
    behaviour.now = { ...whole, holdAfter: 100_000 };
    const onProgress = cutAt(hub, 100_000);
    await failure(download(hub, { retries: 0, onProgress }), 'download-interrupted');
    behaviour.now = whole;
    assert.equal((await stat(inModels('m.gguf.part'))).size, 100_000);
    hub.ranges.length = 0;
  }

  it('asks with size, hash and licence before the first byte, then brings the verified file', async () => {
    const hub = await startHub();
    const asked: DownloadInfo[] = [];
    const phases = new Set<string>();
    const entry = await download(hub, {
      confirm: (info) => {
        assert.deepEqual(hub.ranges, []);
        asked.push(info);
        return true;
      },
      onProgress: (progress) => phases.add(progress.phase),
    });
    assert.deepEqual(asked, [
      {
        source: 'hf:user/repo/m.gguf',
        file: 'm.gguf',
        files: [{ name: 'm.gguf', bytes: MODEL.length, sha256: hashOf(MODEL), gitBlob: undefined }],
        licence: 'gemma',
        licenceUrl: `${hub.url}/user/repo`,
        resumeFrom: 0,
      },
    ]);
    assert.deepEqual([...phases], ['downloading', 'verifying']);
    assert.equal(entry.sha256, hashOf(MODEL));
    assert.equal(entry.source, 'hf:user/repo/m.gguf');
    assert.equal(entry.licence, 'gemma');
    await assertWhole();
  });

  it('fetches nothing when the answer is no', async () => {
    const hub = await startHub();
    await failure(download(hub, { confirm: () => false }), 'download-declined');
    assert.deepEqual(hub.ranges, []);
    assert.deepEqual(await readdir(folder()), []);
  });

  it('does not fetch what is there already, nor ask about it', async () => {
    const hub = await startHub();
    await download(hub);
    const again = await download(hub, { confirm: () => assert.fail('asked') });
    assert.equal(again.file, 'm.gguf');
    assert.equal(hub.ranges.length, 1);
  });

  it('names the licence of a model with its own terms', async () => {
    const cardData = { license: 'other', license_name: 'qwen-research', license_link: 'LICENSE' };
    const hub = await startHub({ now: { licence: { cardData } } });
    const asked: DownloadInfo[] = [];
    await download(hub, { confirm: (info) => asked.push(info) > 0 });
    assert.equal(asked[0]?.licence, 'qwen-research');
    assert.equal(asked[0].licenceUrl, `${hub.url}/user/repo/blob/main/LICENSE`);
  });

  it('takes no link of an author that leads elsewhere than to a page', async () => {
    const behaviour: { now: HubOptions } = { now: {} };
    const hub = await startHub(behaviour);
    const urlFor = async (license_link: string): Promise<string | undefined> => {
      behaviour.now = { licence: { cardData: { license: 'other', license_link } } };
      const asked: DownloadInfo[] = [];
      const confirm = (info: DownloadInfo) => asked.push(info) < 0;
      await failure(download(hub, { confirm }), 'download-declined');
      return asked[0]?.licenceUrl;
    };
    assert.equal(await urlFor('https://example.com/terms'), 'https://example.com/terms');
    for (const link of [
      'file:///etc/passwd',
      'command:workbench.action.terminal.new',
      'vscode:extension/a.b',
      'vscode-insiders://a.b/c',
      'http://example.com/',
      'javascript:alert(1)',
      'data:text/html,a',
      '\\\\host\\share',
      '//example.com/terms',
      'ssh://a@b',
      'https:',
    ])
      assert.equal(await urlFor(link), `${hub.url}/user/repo`, link);
  });

  it('shows the words of an author on one line', async () => {
    const license = `mit\nSHA-256: ${'0'.repeat(64)}\u202e${'x'.repeat(1000)}`;
    const hub = await startHub({ now: { licence: { cardData: { license } } } });
    const asked: DownloadInfo[] = [];
    await download(hub, { confirm: (info) => asked.push(info) > 0 });
    assert.match(asked[0]?.licence ?? '', /^mit SHA-256: 0{64} x+$/);
    assert.equal(asked[0]?.licence?.length, 100);
  });

  it('reads no endless answer of the hub, and says where one is none', async () => {
    let sent = 0;
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => void sendForEver(response, '{ "siblings": [', () => sent++),
      (response) => response.end('<!doctype html>'),
      (response) => response.end('{ "siblings": 3 }'),
      (response) => response.end('['.repeat(1_000_000)),
    ];
    const hub = await start((_, response) => answers.shift()?.(response));
    const messages: string[] = [];
    while (answers.length > 0) messages.push((await failure(download(hub), 'download-answer')).message);
    assert.match(messages[0] ?? '', /larger than 8 MB/);
    for (const message of messages.slice(1)) assert.match(message, /cannot be read/);
    assert.ok(sent < 64, `${sent} MB were sent`);
  });

  it('takes the licence from the tags, and says where none is known', async () => {
    const behaviour: { now: HubOptions } = { now: { licence: { tags: ['license:mit'] } } };
    const hub = await startHub(behaviour);
    const licences: (string | undefined)[] = [];
    const confirm = (info: DownloadInfo) => licences.push(info.licence) < 0;
    await failure(download(hub, { confirm }), 'download-declined');
    behaviour.now = { licence: {} };
    await failure(download(hub, { confirm }), 'download-declined');
    assert.deepEqual(licences, ['mit', undefined]);
  });

  it('takes size and hash from the headers of the redirect where the list has none', async () => {
    const other = await start((request, response) => send(request, response, MODEL));
    const hub = await startHub({
      now: {
        sha256: null,
        instead: (_, response) => {
          response.writeHead(302, {
            location: `${other.url}/store/abc.gguf`,
            'x-linked-etag': `"${hashOf(MODEL)}"`,
            'x-linked-size': MODEL.length,
          });
          response.end();
          return true;
        },
      },
    });
    const asked: DownloadInfo[] = [];
    await download(hub, { confirm: (info) => asked.push(info) > 0 });
    assert.equal(asked[0]?.files[0]?.sha256, hashOf(MODEL));
    assert.deepEqual(other.log, ['GET /store/abc.gguf']);
    await assertWhole();
  });

  it('sends no key or token, also where the environment has one', async () => {
    const seen: (string | undefined)[] = [];
    const other = await start((request, response) => {
      seen.push(request.headers.authorization);
      send(request, response, MODEL);
    });
    const hub = await startHub({
      now: {
        instead: (request, response) => {
          seen.push(request.headers.authorization);
          response.writeHead(302, { location: `${other.url}/x.gguf`, 'x-linked-etag': '"x"' });
          response.end();
          return true;
        },
      },
    });
    const environment = process.env;
    process.env = { ...environment, HF_TOKEN: 'secret', PROMPT_CONFIDENCE_API_KEY: 'secret' };
    try {
      await download(hub);
    } finally {
      process.env = environment;
    }
    assert.deepEqual(seen, [undefined, undefined, undefined]);
  });

  it('goes on by itself after a cut', async () => {
    const holds = [100_000, 50_000];
    const hub = await start((request, response) => {
      const isFile = request.method === 'GET' && request.url?.includes('/resolve/') === true;
      const holdAfter = isFile ? holds.shift() : undefined;
      hubHandler(() => (holdAfter === undefined ? {} : { holdAfter }))(request, response);
    });
    await download(hub, { onProgress: cutAt(hub, 100_000, 150_000) });
    assert.deepEqual(hub.ranges, ['', 'bytes=100000-', 'bytes=150000-']);
    await assertWhole();
  });

  it('gives up after some cuts that brought nothing, keeps what came, and resumes when run again', async () => {
    const behaviour: { now: HubOptions } = { now: { etag: '"1"' } };
    const hub = await startHub(behaviour);
    await leavePart(hub, behaviour);
    behaviour.now = { etag: '"1"', cutAtOnce: true };
    const error = await failure(download(hub), 'download-interrupted');
    assert.match(error.message, /\d+ kB of \d+ kB are kept\. Start it again to resume/);
    assert.equal(hub.ranges.length, 3);

    behaviour.now = { etag: '"1"' };
    hub.ranges.length = 0;
    const asked: number[] = [];
    await download(hub, { confirm: (info) => asked.push(info.resumeFrom) > 0 });
    assert.deepEqual(asked, [100_000]);
    assert.deepEqual(hub.ranges, ['bytes=100000-']);
    await assertWhole();
  });

  it('starts over where the server knows no ranges', async () => {
    const behaviour: { now: HubOptions } = { now: { acceptsRanges: false } };
    const hub = await startHub(behaviour);
    await leavePart(hub, behaviour);
    await download(hub);
    assert.deepEqual(hub.ranges, ['bytes=100000-']);
    await assertWhole();
  });

  it('starts over when the file on the server changed', async () => {
    for (const ignoresIfRange of [false, true]) {
      const behaviour: { now: HubOptions } = { now: { etag: '"old"' } };
      const hub = await startHub(behaviour);
      await leavePart(hub, behaviour);
      behaviour.now = { etag: '"new"', ignoresIfRange };
      await download(hub);
      assert.deepEqual(hub.ranges, ignoresIfRange ? ['bytes=100000-', ''] : ['bytes=100000-']);
      await assertWhole();
      await new ModelStore(models()).remove({ path: inModels('m.gguf') });
    }
  });

  it('does not continue a part when the hub now offers another file', async () => {
    const behaviour: { now: HubOptions } = { now: {} };
    const hub = await startHub(behaviour);
    await leavePart(hub, behaviour);
    const content = ggufOfSize(400_000);
    behaviour.now = { content };
    await download(hub);
    assert.deepEqual(hub.ranges, ['']);
    await assertWhole(content);
  });

  it('removes a file whose hash is not the published one', async () => {
    const hub = await startHub({ now: { sha256: 'ab'.repeat(32) } });
    const error = await failure(download(hub), 'download-corrupt');
    assert.match(error.message, /the published one is abab/);
    assert.deepEqual(await readdir(models()), []);
  });

  it('removes a file that is no model', async () => {
    const hub = await startHub({ now: { content: Buffer.from('<html>sign in</html>') } });
    assert.match((await failure(download(hub), 'download-corrupt')).message, /web page/);
    assert.deepEqual(await readdir(models()), []);
  });

  it('stops a server that sends more or less than it announced', async () => {
    for (const content of [Buffer.concat([MODEL, MODEL]), MODEL.subarray(0, 1000)]) {
      for (const tellsLength of [true, false]) {
        const lying = await startHub({
          now: {
            instead: (request, response) => {
              send(request, response, content, { tellsLength });
              return true;
            },
          },
        });
        const isShortened = content.length < MODEL.length && !tellsLength;
        await failure(download(lying), isShortened ? 'download-interrupted' : 'download-size');
      }
    }
    await download(await startHub());
    await assertWhole();
  });

  it('gives up on redirects in a circle, and on one that leaves https', async () => {
    const circle = await startHub({
      now: {
        instead: (request, response) => {
          response.writeHead(302, { location: request.url });
          response.end();
          return true;
        },
      },
    });
    await failure(download(circle), 'redirect-loop');
    const leaving = await startHub({
      now: {
        instead: (_, response) => {
          response.writeHead(302, { location: 'http://model.example/m.gguf' });
          response.end();
          return true;
        },
      },
    });
    assert.match((await failure(download(leaving), 'redirect-insecure')).message, /not https/);
  });

  it('says what is missing, gated or private', async () => {
    const hub = await startHub();
    const missing = await failure(download(hub, { source: 'hf:nobody/nothing' }), 'download-not-found');
    assert.match(missing.message, /hf:nobody\/nothing/);
    await failure(download(hub, { source: 'hf:user/repo/other.gguf' }), 'source-not-found');

    const gated = await startHub({
      now: {
        instead: (_, response) => {
          response.writeHead(401, { 'x-error-code': 'GatedRepo' });
          response.end();
          return true;
        },
      },
    });
    const error = await failure(download(gated), 'download-denied');
    assert.match(error.message, /have accepted its licence/);
    assert.ok(error.message.includes(`${gated.url}/user/repo`));
    assert.match(error.message, /download the file with your browser, and choose it/);
  });

  it('tries a busy server again, and says in the end that it could not be reached', async () => {
    const hub = await start((_, response) => {
      response.statusCode = 503;
      response.end();
    });
    await failure(download(hub), 'download-unreachable');
    assert.equal(hub.log.length, 3);
  });

  it('keeps the part when cancelled', async () => {
    const behaviour: { now: HubOptions } = { now: { holdAfter: 100_000 } };
    const hub = await startHub(behaviour);
    const stop = new AbortController();
    const cancelled = download(hub, {
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 100_000) stop.abort();
      },
    });
    await failure(cancelled, 'download-cancelled');
    assert.equal((await stat(inModels('m.gguf.part'))).size, 100_000);
    behaviour.now = {};
    await download(hub);
    assert.deepEqual(hub.ranges, ['', 'bytes=100000-']);
    await assertWhole();
  });

  it('cuts a connection that stands still, and goes on', async () => {
    const holds: SendOptions[] = [{ holdAfter: 100_000 }];
    const hub = await start((request, response) => {
      const isFile = request.method === 'GET' && request.url?.includes('/resolve/') === true;
      const options = isFile ? holds.shift() : undefined;
      hubHandler(() => options ?? {})(request, response);
    });
    await download(hub, { idleMs: 1000 });
    assert.deepEqual(hub.ranges, ['', 'bytes=100000-']);
    await assertWhole();
  });

  it('brings a file once when two ask for it at the same time', async () => {
    const hub = await startHub();
    const [first, second] = await Promise.all([download(hub), download(hub)]);
    assert.deepEqual(first, second);
    assert.equal(hub.ranges.length, 1);
    await assertWhole();
  });

  it('does not overwrite another model of the same name', async () => {
    const hub = await startHub();
    await mkdir(models(), { recursive: true });
    await writeFile(inModels('m.gguf'), gguf());
    await failure(download(hub), 'model-name-taken');
    assert.deepEqual(await readFile(inModels('m.gguf')), gguf());
  });

  it('registers a file of this machine without asking or copying', async () => {
    const mine = path.join(folder(), 'mine.gguf');
    await writeFile(mine, gguf());
    const { entry } = await downloadModel(new ModelStore(models()), {
      source: mine,
      confirm: () => assert.fail('asked'),
    });
    assert.equal(entry.path, mine);
    assert.equal(entry.place, 'elsewhere');
  });

  describe('from a plain address', () => {
    it('says that nothing vouches for the content', async () => {
      const server = await start((request, response) => send(request, response, MODEL));
      const asked: DownloadInfo[] = [];
      const entry = await download(server, {
        hub: 'https://hub.example',
        source: `${server.url}/files/m.gguf?key=secret`,
        confirm: (info) => asked.push(info) > 0,
      });
      assert.deepEqual(asked, [
        {
          source: `${server.url}/files/m.gguf`,
          file: 'm.gguf',
          files: [{ name: 'm.gguf', bytes: MODEL.length, sha256: undefined, gitBlob: undefined }],
          licence: undefined,
          licenceUrl: undefined,
          resumeFrom: 0,
        },
      ]);
      assert.equal(entry.sha256, hashOf(MODEL));
      await assertWhole();
    });

    it('does not join two halves that nothing shows to be of one file', async () => {
      let options: SendOptions = { holdAfter: 100_000 };
      const server = await start((request, response) => send(request, response, MODEL, options));
      const plain = { hub: 'https://hub.example', source: `${server.url}/m.gguf` };
      const onProgress = cutAt(server, 100_000);
      await failure(download(server, { ...plain, retries: 0, onProgress }), 'download-interrupted');
      options = {};
      await download(server, plain);
      assert.deepEqual(server.ranges, ['', '']);
      await assertWhole();
    });

    it('stops at the first bytes of what is no model', async () => {
      let sent = 0;
      const server = await start(
        (_, response) => void sendForEver(response, '<!doctype html>', () => sent++),
      );
      const source = `${server.url}/m.gguf`;
      const error = await failure(
        download(server, { hub: 'https://hub.example', source }),
        'download-corrupt',
      );
      assert.match(error.message, /is a web page/);
      assert.ok(sent < 64, `${sent} MB were sent`);
      assert.deepEqual(await readdir(models()), []);
    });

    it('works where HEAD is refused and no length is told', async () => {
      const server = await start((request, response) => {
        if (request.method === 'HEAD') response.statusCode = 405;
        send(request, response, MODEL, { tellsLength: false });
      });
      await download(server, { hub: 'https://hub.example', source: `${server.url}/m.gguf` });
      await assertWhole();
    });
  });

  describe('on a full disk', () => {
    it('says before the first byte that the space will not do', async () => {
      const hub = await start((request, response) => {
        if (request.url?.startsWith('/api/') === true) {
          const siblings = [{ rfilename: 'm.gguf', lfs: { sha256: hashOf(MODEL), size: 2 ** 60 } }];
          response.end(JSON.stringify({ siblings }));
        } else {
          response.writeHead(200, { 'content-length': 2 ** 60 });
          if (request.method === 'HEAD') response.end();
          else response.write('GGUF');
        }
      });
      const error = await failure(download(hub), 'disk-full');
      assert.match(error.message, /needs [\d.]+ TB, but only .* is free/);
      assert.equal((await stat(inModels('m.gguf.part'))).size, 0);
    });

    it('stops a file without end while there is still space', async () => {
      let sent = 0;
      const server = await start((_, response) => void sendForEver(response, 'GGUF', () => sent++));
      const source = `${server.url}/m.gguf`;
      let looks = 0;
      const statfsMock = mock.method(fs, 'statfs', () =>
        Promise.resolve({ bsize: 1, blocks: 2 ** 40, bavail: looks++ === 0 ? 2 ** 31 : 2 ** 30 - 1 }),
      );
      syncBuiltinESMExports();
      try {
        const error = await failure(
          download(server, { hub: 'https://hub.example', source, retries: 0 }),
          'disk-full',
        );
        assert.match(error.message, /needs more, but only 1\.1 GB is free/);
      } finally {
        statfsMock.mock.restore();
        syncBuiltinESMExports();
      }
      assert.ok(sent < 200, `${sent} MB were sent`);
    });

    it('keeps what fitted, and resumes when there is space', async () => {
      const disk = await smallDisk(models());
      try {
        // Of unknown length, so that the space cannot be checked beforehand.
        const big = ggufOfSize(3_000_000);
        const server = await start((request, response) => {
          send(request, response, big, { tellsLength: false, etag: '"1"' });
        });
        const plain = { hub: 'https://hub.example', source: `${server.url}/m.gguf` };
        const error = await failure(download(server, plain), 'disk-full');
        assert.match(error.message, /that arrived are kept/);
        const { size } = await stat(inModels('m.gguf.part'));
        assert.ok(size > 0 && size < big.length);
        await disk.grow();
        await download(server, plain);
        assert.deepEqual(server.ranges, ['', `bytes=${size}-`]);
        await assertWhole(big);
      } finally {
        await disk.remove();
      }
    });
  });
});

/** Answers a GET with this beginning and then a megabyte after the other, until the client has had enough. */
async function sendForEver(response: ServerResponse, start: string, onMegabyte: () => void): Promise<void> {
  if (response.req.method === 'HEAD') {
    response.end();
    return;
  }
  response.write(start);
  const megabyte = Buffer.alloc(1 << 20, ' ');
  const closed = once(response, 'close');
  while (!response.destroyed) {
    onMegabyte();
    response.write(megabyte);
    await Promise.race([once(response, 'drain'), closed]);
  }
}

interface Disk {
  readonly grow: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** A disk of one megabyte at `folder`: a real one where this user may mount, else writes that fail like one. */
async function smallDisk(folder: string): Promise<Disk> {
  await mkdir(folder, { recursive: true });
  const run = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
  if (process.platform === 'linux' && run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder)) {
    const must = (...command: [string, ...string[]]) => {
      assert.ok(run(...command));
      return Promise.resolve();
    };
    return {
      grow: () => must('mount', '-o', 'remount,size=8m', folder),
      remove: () => must('umount', folder),
    };
  }
  const probe = await open(path.join(folder, 'probe'), 'w');
  const prototype = Object.getPrototypeOf(probe) as { appendFile: FileHandle['appendFile'] };
  await probe.close();
  const original = prototype.appendFile;
  let left = 1_000_000;
  prototype.appendFile = function (this: FileHandle, data, ...rest) {
    left -= data.length;
    if (left < 0) return Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    return original.call(this, data, ...rest);
  };
  const grow = () => {
    prototype.appendFile = original;
    return Promise.resolve();
  };
  return { grow, remove: grow };
}
