/**
 * `npm run package`: one .vsix for this platform, from a staging folder that has only what ships.
 * Only node-llama-cpp, onnxruntime-node and their dependencies are packed as packages; everything else is in the bundles.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { checkIntegrity } from './integrity.mjs';

const root = path.resolve(import.meta.dirname, '..');
const staging = path.join(root, '.staging');
const ENGINE = 'node-llama-cpp';
const ENCODER = 'onnxruntime-node';
/** Where that library keeps its binaries, by platform and processor. */
const ENCODER_BINARIES = 'bin/napi-v6';

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
  // The trainer: its package and its locks, without its tests.
  ...['training/prompt_confidence_training', 'training/lock'],
];

/**
 * What the library builds and downloads with. The engine lets it do neither (`build: 'never'`), so none of that ships.
 * Those that it imports when it starts are replaced by a package with the same exports, which cannot do anything.
 */
const LEFT_OUT = {
  'cmake-js': null,
  'node-addon-api': null,
  'validate-npm-package-name': null,
  yargs: null,
  ignore: null,
  'simple-git': ['simpleGit'],
  ipull: ['downloadFile', 'downloadSequence', 'DownloadStatus'],
};

/** What the library of the encoder installs itself with: its binaries are in the package already. */
const INSTALLERS = ['adm-zip', 'global-agent'];

/** The files of llama.cpp that the library reads at run time: no sources, no build recipes. */
const LLAMA_SHIPPED = ['binariesGithubRelease.json', 'llama.cpp.info.json', 'package.json', 'grammars'];

/** Written by esbuild.mjs: where the packages lie whose code is in the bundles. */
const BUNDLED = 'dist/bundled.json';
const NOTICES = 'THIRD_PARTY_NOTICES.md';

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
    if (existsSync(path.join(root, name)))
      copy(name, (file) => !file.endsWith('.map') && `${name}/${file}` !== BUNDLED);
  }
  const shipped = productionTree([ENGINE, ...binaries.map((name) => `@${ENGINE}/${name}`), ENCODER]);
  const bundled = readJson(BUNDLED);
  checkIntegrity(target, [...shipped, ...bundled], lock);
  for (const location of shipped) copyPackage(location);
  leaveOut();
  writeFileSync(path.join(staging, NOTICES), notices([...new Set([...shipped, ...bundled])].sort()));
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
  process.stdout.write(`${vsix}: ${megabytes(statSync(path.join(root, vsix)).size)} MB\n`);
  const encoder = sizeOf(path.join(staging, 'node_modules', ENCODER));
  process.stdout.write(
    hasEncoder()
      ? `of that, unpacked: ${megabytes(encoder)} MB of ${ENCODER} for sequence classification models\n`
      : `${ENCODER} has no binary for ${target}: sequence classification models do not run there\n`,
  );
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

/** Bytes of all files of a folder. */
function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}

/** Whether the library of the encoder has a binary for this platform: it has none for darwin-x64. */
function hasEncoder() {
  return existsSync(
    path.join(root, 'node_modules', ENCODER, ENCODER_BINARIES, process.platform, process.arch),
  );
}

/** Also in the libraries' manifests, which vsce has npm check. */
function leaveOut() {
  changeManifest(ENGINE, ({ dependencies }) => {
    for (const [name, exports] of Object.entries(LEFT_OUT)) {
      if (exports === null) delete dependencies[name];
      else writeStub(name, exports);
    }
  });
  changeManifest(ENCODER, ({ dependencies }) => {
    for (const name of INSTALLERS) delete dependencies[name];
  });
}

function changeManifest(name, change) {
  const file = path.join(staging, 'node_modules', name, 'package.json');
  const library = JSON.parse(readFileSync(file, 'utf8'));
  change(library);
  writeFileSync(file, JSON.stringify(library, null, 2));
}

/** A package that has what the library imports, and fails where it is used. */
function writeStub(name, exports) {
  const folder = path.join(staging, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({
      name,
      version: lock[`node_modules/${name}`].version,
      type: 'module',
      exports: './index.js',
    }),
  );
  const words = `${name} is left out of Prompt Confidence, which builds and downloads nothing with it`;
  writeFileSync(
    path.join(folder, 'index.js'),
    [
      `const leftOut = new Proxy(() => undefined, {`,
      `  apply() { throw new Error(${JSON.stringify(words)}); },`,
      `  get() { throw new Error(${JSON.stringify(words)}); },`,
      `});`,
      ...exports.map((word) => `export const ${word} = leftOut;`),
      '',
    ].join('\n'),
  );
}

/** Everything of others that ships: name, version, licence, and the licence's text as the package has it. */
function notices(locations) {
  const parts = locations.map((location) => {
    const folder = path.join(root, location);
    const { name, version, license, repository } = readJson(`${location}/package.json`);
    const source = typeof repository === 'string' ? repository : repository?.url;
    const text = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
    return [
      `## ${name} ${version}`,
      [`Licence: ${license ?? 'not stated'}`, ...(source === undefined ? [] : [`Source: ${source}`])].join(
        '\n\n',
      ),
      ...text.map((lines) => `\`\`\`text\n${lines.replaceAll('```', "'''")}\n\`\`\``),
    ].join('\n\n');
  });
  return [
    '# Software of others in this package',
    'The build makes this list from package-lock.json and from what the bundles hold.',
    ...parts,
    '',
  ].join('\n\n');
}

/** The manifest without what only a checkout needs; its dependencies are those that are not bundled. */
function shippedManifest() {
  const { scripts: _scripts, devDependencies: _devDependencies, private: _private, ...shipped } = manifest;
  const dependencies = Object.fromEntries(
    [ENGINE, ENCODER].map((name) => [name, manifest.dependencies[name]]),
  );
  return { ...shipped, dependencies };
}

/**
 * Where packages and everything that they need lie, as the lock file (and so `npm ci`) has it.
 * They are copied, not installed again: the same pinned versions, without a network.
 */
function productionTree(names) {
  const found = new Set();
  const visit = (location) => {
    if (found.has(location)) return;
    found.add(location);
    for (const name of Object.keys(lock[location].dependencies ?? {}))
      if (!Object.hasOwn(LEFT_OUT, name) && !INSTALLERS.includes(name)) visit(resolve(name, location));
  };
  for (const name of names) visit(`node_modules/${name}`);
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
  if (location === `node_modules/${ENCODER}`) return shipsFromEncoder(file);
  if (location !== `node_modules/${ENGINE}`) return true;
  if (file.startsWith('templates/')) return false;
  const [folder, entry] = file.split('/');
  return folder !== 'llama' || entry === undefined || LLAMA_SHIPPED.includes(entry);
}

/** The binaries of this platform only: those of all take a quarter of a gigabyte. */
function shipsFromEncoder(file) {
  if (/^(script|lib)(\/|$)/.test(file)) return false;
  const own = `${ENCODER_BINARIES}/${process.platform}/${process.arch}`;
  return !file.startsWith(`${ENCODER_BINARIES}/`) || own.startsWith(file) || file.startsWith(`${own}/`);
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
