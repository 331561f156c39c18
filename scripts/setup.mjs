/**
 * Gets the machine ready for the tests that need more than Node: a browser, and a VS Code server with an
 * extension host (lib/vscode of code-server). Instant when everything is there.
 *
 *   node scripts/setup.mjs
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { cacheHome } from './cache-home.mjs';

const CODE_SERVER = '4.139.1';
/** The server's native modules are built for exactly this major version. */
const NODE = '24.21.0';

const CHROMIUM_PACKAGES = ['chromium', 'fonts-liberation', 'fonts-dejavu-core'];
/** What the server's native modules are compiled with. */
const BUILD_PACKAGES = ['g++', 'make', 'python3', 'pkg-config', 'libkrb5-dev', 'libsecret-1-dev'];

/** Something that this machine lacks and that we cannot install: its tests are skipped, not failed. */
export class Unavailable extends Error {}

/** Where the pieces are, whether or not they are there yet. */
export function vscodeServer() {
  const folder = path.join(cacheHome(), 'vscode-test', CODE_SERVER);
  return {
    folder,
    node: path.join(
      folder,
      'node_modules',
      'node',
      'bin',
      process.platform === 'win32' ? 'node.exe' : 'node',
    ),
    main: path.join(folder, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js'),
  };
}

/** The first browser found: PROMPT_CONFIDENCE_CHROMIUM, Debian's chromium, or an installed Chrome. */
export function findChromium() {
  const candidates = [
    process.env.PROMPT_CONFIDENCE_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  return candidates.find((file) => file && existsSync(file));
}

export async function setUpChromium() {
  if (findChromium() === undefined) await aptInstall(CHROMIUM_PACKAGES, 'No Chromium or Chrome was found');
  const found = findChromium();
  if (found === undefined) throw new Error('chromium was installed but is not where it was expected');
  return found;
}

/** A Vulkan driver that computes on the CPU: GPU offload can be tested where there is no GPU. */
export async function setUpSoftwareGpu() {
  const folder = '/usr/share/vulkan/icd.d';
  const find = () => existsSync(folder) && readdirSync(folder).find((name) => name.startsWith('lvp_icd'));
  if (!find()) await aptInstall(['mesa-vulkan-drivers', 'libvulkan1'], 'No software Vulkan driver was found');
  const found = find();
  if (!found) throw new Error('the Vulkan driver was installed but is not where it was expected');
  return path.join(folder, found);
}

/** Installs the server into the cache once; a run that is killed half-way leaves only a temporary folder. */
export async function setUpVSCodeServer() {
  const server = vscodeServer();
  if (existsSync(server.main)) return server;
  mkdirSync(path.dirname(server.folder), { recursive: true });
  const unlock = await lock(`${server.folder}.lock`);
  try {
    if (!existsSync(server.main)) await installVSCodeServer(server);
  } finally {
    unlock();
  }
  return server;
}

async function installVSCodeServer({ folder }) {
  if (process.platform === 'win32') throw new Unavailable('code-server does not install on Windows');
  const missing = BUILD_PACKAGES.filter((name) => !debianPackageInstalled(name));
  if (process.platform === 'linux' && missing.length > 0) {
    await aptInstall(missing, 'The VS Code server of the tests has to be compiled');
  }

  const parent = path.dirname(folder);
  for (const name of readdirSync(parent)) {
    // Left by a run that was killed.
    const [, holder] = /\.tmp-(\d+)$/.exec(name) ?? [];
    if (holder !== undefined && !alive(Number(holder))) {
      rmSync(path.join(parent, name), { recursive: true, force: true });
    }
  }
  const temporary = `${folder}.tmp-${process.pid}`;
  mkdirSync(temporary);
  // A package.json of its own, so that npm installs here and not in some folder above.
  writeFileSync(path.join(temporary, 'package.json'), '{ "name": "vscode-test", "private": true }\n');
  say(`installing code-server ${CODE_SERVER} into ${folder} (some minutes, once)`);
  await npmInstall(temporary, `node@${NODE}`);
  await npmInstall(temporary, `code-server@${CODE_SERVER}`);
  assertFilled(path.join(temporary, 'node_modules', 'code-server', 'lib', 'vscode'));
  rmSync(folder, { recursive: true, force: true });
  renameSync(temporary, folder);
}

/**
 * What `npm test` tells its scripts about itself. An npm started below would believe it: that it runs under the
 * outer Node, which code-server's install script then refuses, or in this project's folder.
 */
const OF_OUTER_NPM =
  /^(NODE|INIT_CWD|npm_(package|lifecycle)_.*|npm_.*execpath|npm_config_(user_agent|npm_version|node_gyp|.*prefix))$/;

/** The project's .npmrc turns install scripts off; these two packages are nothing without theirs. */
function npmInstall(folder, spec) {
  const nodeBin = path.join(folder, 'node_modules', 'node', 'bin');
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_OUTER_NPM.test(name)));
  env.PATH = `${nodeBin}${path.delimiter}${env.PATH}`;
  return run(
    'npm',
    ['install', '--ignore-scripts=false', '--no-audit', '--no-fund', '--save-exact', spec],
    { cwd: folder, env },
    `npm-${spec.split('@')[0]}.log`,
  );
}

/** npm can succeed without having run code-server's install script: then the server has no modules. */
function assertFilled(vscode) {
  for (const needed of ['out/server-main.js', 'node_modules/node-pty', 'node_modules/@vscode/spdlog/build']) {
    if (!existsSync(path.join(vscode, needed))) {
      throw new Error(`code-server's install script did not run: ${needed} is missing in ${vscode}`);
    }
  }
}

export function debianPackageInstalled(name) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' });
  return query.status === 0 && query.stdout.includes('install ok installed');
}

export async function aptInstall(packages, why) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync('/usr/bin/apt-get')) {
    throw new Unavailable(`${why}. Please install: ${packages.join(' ')}.`);
  }
  say(`apt-get install ${packages.join(' ')}`);
  // Runlevel 1: what is a service (nginx) is not started.
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };
  await run('apt-get', ['update'], options, 'apt-update.log');
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options, 'apt-install.log');
}

/** Runs quietly: the output goes into a log file, whose end is shown only when the command fails. */
export async function run(command, args, options, logName) {
  const folder = path.join(cacheHome(), 'logs');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, logName);
  const log = createWriteStream(file);
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.on('error', reject);
    child.on('close', resolve);
  });
  await new Promise((resolve) => log.end(resolve));
  if (code === 0) return;
  const tail = readFileSync(file, 'utf8').split('\n').slice(-40).join('\n');
  throw new Error(`${command} ${args.join(' ')} failed (${code}); all of it in ${file}, its end:\n${tail}`);
}

/** A lock file with the holder's process id; one whose holder is gone is taken over. */
export async function lock(file) {
  for (let told = false; ;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!lockHeld(file)) {
      // Two processes may both get here; then both install, each in a folder of its own, and that is all.
      rmSync(file, { force: true });
      continue;
    }
    if (!told) say(`waiting for another set-up to finish (${file})`);
    told = true;
    await delay(1000);
  }
}

function lockHeld(file) {
  try {
    return alive(Number(readFileSync(file, 'utf8')));
  } catch {
    return false;
  }
}

function alive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

export function say(line) {
  process.stdout.write(`set-up: ${line}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  say(`browser ${await setUpChromium()}`);
  say(`VS Code server ${(await setUpVSCodeServer()).folder}`);
}
