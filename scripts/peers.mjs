/**
 * What others wrote and the scoring path is measured and checked against: installs it into the cache's peers/ folder
 * (instant when it is there) and starts its servers.
 *
 *   node scripts/peers.mjs [llama-tools] [llama-cpp-python] [nginx] [transformers] [training]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { cacheHome } from './cache-home.mjs';
import { Unavailable, aptInstall, debianPackageInstalled, lock, run, say } from './setup.mjs';

const root = path.resolve(import.meta.dirname, '..');

/** Written last into a folder of the cache: its version. */
const COMPLETE = 'complete';

const LLAMA_CPP_PYTHON = ['llama-cpp-python[server]==0.3.36'];
/** The versions of scripts/fixtures/reference_probabilities.py, and what writes ONNX files and runs them. */
const TRANSFORMERS = [
  'torch==2.13.0',
  'transformers==5.23.0',
  'accelerate==1.15.0',
  'gguf==0.19.0',
  'tokenizers==0.23.3',
  'numpy==2.4.6',
  'onnx==1.23.2',
  'onnxruntime==1.30.0',
];

/** llama.cpp's own programs, built from the source that node-llama-cpp carries: ten to twenty minutes, once. */
export async function setUpLlamaTools() {
  const source = path.join(root, 'node_modules', 'node-llama-cpp', 'llama');
  const { tag } = JSON.parse(readFileSync(path.join(source, 'llama.cpp.info.json'), 'utf8'));
  const folder = await installed('peers/llama.cpp', tag, async (target) => {
    await compiler(['cmake', 'git']);
    const checkout = path.join(target, 'source');
    const build = path.join(target, 'build');
    await run(
      'git',
      ['clone', '--quiet', path.join(source, 'gitRelease.bundle'), checkout],
      {},
      'peers-git.log',
    );
    const options = [
      'CMAKE_BUILD_TYPE=Release',
      'BUILD_SHARED_LIBS=OFF',
      'LLAMA_BUILD_TESTS=OFF',
      'LLAMA_BUILD_EXAMPLES=OFF',
      'LLAMA_BUILD_APP=OFF',
      'LLAMA_BUILD_UI=OFF',
      'LLAMA_USE_PREBUILT_UI=OFF',
      'LLAMA_OPENSSL=OFF',
    ].map((option) => `-D${option}`);
    await run('cmake', ['-S', checkout, '-B', build, ...options], {}, 'peers-cmake.log');
    const programs = ['llama-server', 'llama-batched-bench'];
    const jobs = String(os.availableParallelism());
    const compile = ['--build', build, '--parallel', jobs, '--target', ...programs];
    await run('nice', ['cmake', ...compile], {}, 'peers-llama.cpp.log');
    for (const name of programs) copyFileSync(path.join(build, 'bin', name), path.join(target, name));
    rmSync(checkout, { recursive: true });
    rmSync(build, { recursive: true });
  });
  return {
    tag,
    server: path.join(folder, 'llama-server'),
    batchedBench: path.join(folder, 'llama-batched-bench'),
  };
}

/** The Python of an environment that holds llama-cpp-python's server, compiled here: four minutes, once. */
export function setUpLlamaCppPython() {
  return environment('llama-cpp-python', LLAMA_CPP_PYTHON, () => compiler([]));
}

/** nginx, which shares requests out among servers. */
export async function setUpNginx() {
  const find = () => ['/usr/sbin/nginx', '/opt/homebrew/bin/nginx', '/usr/local/bin/nginx'].find(existsSync);
  if (find() === undefined) await aptInstall(['nginx-light'], 'No nginx was found');
  const found = find();
  if (found === undefined) throw new Error('nginx was installed but is not where it was expected');
  return found;
}

/** The Python of an environment that holds transformers and torch for the CPU, and ONNX Runtime. */
export function setUpTransformers() {
  return environment('transformers', TRANSFORMERS);
}

/** What the trainer needs here, and what its code is checked with: exact versions, one a line. */
function trainingLocks() {
  const folder = path.join(root, 'training', 'lock');
  return [`${process.platform}-${process.arch}.txt`, 'dev.txt'].map((name) => {
    const file = path.join(folder, name);
    if (!existsSync(file))
      throw new Unavailable(`there is no lock of the trainer's packages for this platform`);
    return readFileSync(file, 'utf8');
  });
}

/** The Python of an environment that runs and checks the trainer: a gigabyte or more. */
export async function setUpTraining() {
  return environment('training', packagesOf(trainingLocks().join('\n')));
}

/** As `setUpTraining`, where it has been made before. */
export async function findTraining() {
  const version = packagesOf(trainingLocks().join('\n')).join(' ');
  if (!isInstalled('peers/training', version))
    throw new Unavailable('the environment of the trainer is not in the cache; npm run test:long makes it');
  return python(path.join(cacheHome(), 'peers', 'training'));
}

function packagesOf(lock) {
  return lock.split('\n').filter((line) => /^[\w.-]+==/.test(line));
}

async function environment(name, packages, prepare = () => {}) {
  const folder = await installed(`peers/${name}`, packages.join(' '), async (target) => {
    await prepare();
    if (debianPackageInstalled('python3') && !debianPackageInstalled('python3-venv'))
      await aptInstall(['python3-venv'], 'A Python environment has to be made');
    await run('python3', ['-m', 'venv', target], {}, 'peers-venv.log');
    const jobs = { CMAKE_BUILD_PARALLEL_LEVEL: String(os.availableParallelism()) };
    await run(
      'nice',
      [python(target), '-m', 'pip', 'install', ...packages],
      { env: { ...process.env, ...jobs } },
      `peers-${name}.log`,
    );
  });
  return python(folder);
}

function python(folder) {
  return path.join(folder, 'bin', 'python');
}

/**
 * A folder of the cache, made by `build` where it is not there yet. The file that is written last names the version: a
 * build that was killed, or of another version, is thrown away.
 */
export async function installed(name, version, build) {
  if (process.platform === 'win32') throw new Unavailable(`${name} is set up on Linux and macOS only`);
  const folder = path.join(cacheHome(), name);
  const isThere = () => isInstalled(name, version);
  if (isThere()) return folder;
  mkdirSync(path.dirname(folder), { recursive: true });
  const unlock = await lock(`${folder}.lock`);
  try {
    if (isThere()) return folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    say(`building ${name} (${version}) in ${folder} (minutes, once)`);
    await build(folder);
    writeFileSync(path.join(folder, COMPLETE), version);
  } finally {
    unlock();
  }
  return folder;
}

/** Whether `installed` has made a folder of the cache. */
export function isInstalled(name, version) {
  const complete = path.join(cacheHome(), name, COMPLETE);
  return existsSync(complete) && readFileSync(complete, 'utf8') === version;
}

/**
 * llama-cpp-python's server, with the log-probabilities of every position kept: without that it refuses to give any.
 *
 * @param python of {@link setUpLlamaCppPython}
 * @returns {Promise<PeerServer>}
 */
export function serveLlamaCppPython(python, { model, threads, contextTokens = 1024, apiKey }) {
  return serve(python, (port) => [
    ...['-m', 'llama_cpp.server', '--host', '127.0.0.1', '--port', String(port), '--verbose', 'False'],
    ...['--model', model, '--model_alias', path.basename(model)],
    ...['--n_ctx', String(contextTokens), '--n_threads', String(threads)],
    ...['--n_threads_batch', String(threads), '--logits_all', 'True'],
    ...(apiKey === undefined ? [] : ['--api_key', apiKey]),
  ]);
}

/**
 * llama.cpp's own server.
 *
 * @param program of {@link setUpLlamaTools}
 * @returns {Promise<PeerServer>}
 */
export function serveLlamaServer(program, { model, threads, contextTokens = 1024, clients = 1, apiKey }) {
  return serve(program, (port) => [
    ...['--host', '127.0.0.1', '--port', String(port), '--flash-attn', 'on'],
    ...['--model', model, '--alias', path.basename(model)],
    ...['--threads', String(threads), '--parallel', String(clients)],
    // Without the whole cache of sliding-window layers it evaluates the shared prompt again for every text.
    ...['--ctx-size', String(contextTokens * clients), '--swa-full'],
    ...(apiKey === undefined ? [] : ['--api-key', apiKey]),
  ]);
}

/**
 * nginx in front of servers: each gets its share of the requests, as long as it answers.
 *
 * @param program of {@link setUpNginx}
 * @param {PeerServer[]} servers
 * @param folder for its files
 * @returns {Promise<PeerServer>}
 */
export function serveNginx(program, servers, folder) {
  return serve(program, (port) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${folder}/${kind};`,
    );
    const upstream = servers.map(({ url }) => `server ${new URL(url).host};`);
    const configuration = path.join(folder, 'nginx.conf');
    writeFileSync(
      configuration,
      [
        'daemon off; master_process off; error_log stderr;',
        `pid ${folder}/nginx.pid;`,
        'events {}',
        `http { access_log off; ${temporary.join(' ')}`,
        `upstream peers { ${upstream.join(' ')} }`,
        `server { listen 127.0.0.1:${port}; location / { proxy_pass http://peers; } } }`,
      ].join('\n'),
    );
    return ['-e', 'stderr', '-p', folder, '-c', configuration];
  });
}

/**
 * @typedef {object} PeerServer
 * @property {string} url without a path: http://127.0.0.1:<port>
 * @property {(signal?: string) => Promise<void>} close with SIGTERM, or another signal
 */

/** Starts a server on a free port and waits until it lists its model. */
async function serve(program, argumentsFor) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(program, argumentsFor(port), { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-4000)));
  const close = async (signal) => {
    child.kill(signal);
    await ended;
  };
  for (const deadline = Date.now() + 120_000; ; await delay(200)) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}:\n${said}`);
    // 401: the server runs, and needs a key.
    const answer = await fetch(`${url}/v1/models`).catch(() => undefined);
    if (answer?.ok || answer?.status === 401) return { url, close };
    if (Date.now() > deadline) {
      await close();
      throw new Error(`${program} did not answer within two minutes:\n${said}`);
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function compiler(more) {
  const missing = ['g++', 'make', ...more].filter((name) => !debianPackageInstalled(name));
  if (process.platform === 'linux' && missing.length > 0)
    await aptInstall(missing, 'llama.cpp has to be compiled');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const peers = {
    'llama-cpp-python': setUpLlamaCppPython,
    'llama-tools': setUpLlamaTools,
    nginx: setUpNginx,
    training: setUpTraining,
    transformers: setUpTransformers,
  };
  const chosen = process.argv.slice(2);
  for (const name of chosen.length > 0 ? chosen : Object.keys(peers)) {
    if (peers[name] === undefined)
      throw new Error(`unknown: ${name}; there are ${Object.keys(peers).join(', ')}`);
    await peers[name]();
    say(`${name} is there`);
  }
}
