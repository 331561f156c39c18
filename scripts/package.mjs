/**
 * `npm run package`: one .vsix for this platform, from a staging folder that has only what ships.
 * Only node-llama-cpp and its dependencies are packed as packages; everything else is in the bundles.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const staging = path.join(root, '.staging');
const ENGINE = 'node-llama-cpp';

/**
 * The prebuilt binaries that ship, by VS Code's name of the platform. CUDA's are left out: half a gigabyte, and
 * Vulkan drives the same cards.
 */
const BINARIES = {
  'linux-x64': ['linux-x64', 'linux-x64-vulkan'],
  'linux-arm64': ['linux-arm64'],
  'darwin-x64': ['mac-x64'],
  'darwin-arm64': ['mac-arm64-metal'],
  'win32-x64': ['win-x64', 'win-x64-vulkan'],
  'win32-arm64': ['win-arm64'],
};

const SHIPPED = [
  // The texts of the manifest: vsce reads them beside it.
  ...['package.nls.json', 'LICENSE', '.vscodeignore'],
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'CODE_OF_CONDUCT.md', 'SECURITY.md'],
  // With docs, so that no link or picture of the readme leads nowhere.
  ...['dist', 'docs', 'media', 'schemas'],
];

/** The files of llama.cpp that the library reads at run time: no sources, no build recipes. */
const LLAMA_SHIPPED = ['binariesGithubRelease.json', 'llama.cpp.info.json', 'package.json', 'grammars'];

const target = `${process.platform}-${process.arch}`;
const manifest = readJson('package.json');
const lock = readJson('package-lock.json').packages;

main();

function main() {
  const binaries = BINARIES[target];
  if (binaries === undefined) throw new Error(`there are no engine binaries for ${target}`);
  run('esbuild.mjs', ['--minify'], root);

  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging);
  for (const name of SHIPPED) {
    if (existsSync(path.join(root, name))) copy(name, (file) => !file.endsWith('.map'));
  }
  for (const location of productionTree(binaries.map((name) => `@${ENGINE}/${name}`))) copyPackage(location);
  writeFileSync(path.join(staging, 'package.json'), JSON.stringify(shippedManifest(), null, 2));

  const vsix = `${manifest.name}-${target}-${manifest.version}.vsix`;
  // vsce leaves out all of node_modules with --no-dependencies; without it, it asks npm what the staged manifest needs.
  run(
    path.join(root, 'node_modules/@vscode/vsce/vsce'),
    [
      ...['package', '--target', target, '--out', path.join(root, vsix)],
      ...['--allow-missing-repository', '--no-rewrite-relative-links'],
    ],
    staging,
  );
  const megabytes = (statSync(path.join(root, vsix)).size / 1e6).toFixed(1);
  process.stdout.write(`${vsix}: ${megabytes} MB\n`);
}

/** The manifest without what only a checkout needs; its one dependency is the one that is not bundled. */
function shippedManifest() {
  const { scripts: _scripts, devDependencies: _devDependencies, private: _private, ...shipped } = manifest;
  return { ...shipped, dependencies: { [ENGINE]: manifest.dependencies[ENGINE] } };
}

/**
 * Where the engine library and everything that it needs lies, as the lock file (and so `npm ci`) has it.
 * It is copied, not installed again: the same pinned versions, without a network.
 */
function productionTree(binaries) {
  const found = new Set();
  const visit = (location) => {
    if (found.has(location)) return;
    found.add(location);
    for (const name of Object.keys(lock[location].dependencies ?? {})) visit(resolve(name, location));
  };
  visit(`node_modules/${ENGINE}`);
  for (const name of binaries) visit(`node_modules/${name}`);
  return [...found].sort();
}

/** Node's own rule: the nearest node_modules, from the package that asks upwards. */
function resolve(name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const location = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock[location] !== undefined) return location;
    if (folder === '') throw new Error(`${name}, needed by ${from}, is not in package-lock.json`);
  }
}

function copyPackage(location) {
  const installed = path.join(root, location, 'package.json');
  if (!existsSync(installed)) throw new Error(`${location} is not installed: run npm ci`);
  const { version } = JSON.parse(readFileSync(installed, 'utf8'));
  if (version !== lock[location].version) {
    throw new Error(`${location} is ${version}, but ${lock[location].version} is locked: run npm ci`);
  }
  copy(location, (file) => shipsFrom(location, file));
}

/** Whether a file of a package ships: no nested packages (visited by themselves), types, maps, prose, sources. */
function shipsFrom(location, file) {
  if (file === 'node_modules' || file.startsWith('node_modules/')) return false;
  if (/\.(map|[cm]?ts|tsbuildinfo)$/.test(file)) return false;
  if (/\.(md|markdown)$/i.test(file) && !/licen[cs]e|notice|copying/i.test(file)) return false;
  if (location !== `node_modules/${ENGINE}`) return true;
  if (file.startsWith('templates/')) return false;
  const [folder, entry] = file.split('/');
  return folder !== 'llama' || entry === undefined || LLAMA_SHIPPED.includes(entry);
}

/** Copies a file or folder of the checkout; `ships` gets each path in it, relative and with forward slashes. */
function copy(name, ships) {
  const source = path.join(root, name);
  cpSync(source, path.join(staging, name), {
    recursive: true,
    dereference: true,
    filter: (file) => file === source || ships(path.relative(source, file).split(path.sep).join('/')),
  });
}

function run(script, args, cwd) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${path.basename(script)} failed`);
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}
