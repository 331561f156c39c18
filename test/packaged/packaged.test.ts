/** The .vsix as a user gets it: unpacked somewhere else and run from there. The stage before has built it. */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encoderFolder, encoderReference } from '../support/encoder';
import { ROOT } from '../support/paths';
import { sharedFolder } from '../support/temporary';

describe('the packaged extension', () => {
  const folder = sharedFolder();
  let extension: string;

  before(() => {
    extension = path.join(folder(), 'extension');
    const vsix = path.join(ROOT, packageName());
    assert.ok(existsSync(vsix), `${vsix} was not built`);
    const unpacked = spawnSync('python3', ['-m', 'zipfile', '-e', vsix, folder()], { encoding: 'utf8' });
    assert.equal(unpacked.status, 0, unpacked.stderr);
  });

  it('has the files that its manifest names, and nothing of the checkout', () => {
    const manifest = readManifest(extension);
    for (const file of [manifest.main, ...Object.values(manifest.bin)]) {
      assert.ok(existsSync(path.join(extension, file)), `${file} is missing`);
    }
    assert.deepEqual(
      readdirSync(extension).filter((name) => ['src', 'test', 'scripts', 'webview', 'sample'].includes(name)),
      [],
    );
  });

  it('has every file that its readme, or what that links to, links to', () => {
    // As vsce names it.
    const pages = ['readme.md'];
    for (const page of pages) {
      const links = readFileSync(path.join(extension, page), 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/gu);
      for (const [, link = ''] of links) {
        if (/^https?:/u.test(link)) continue;
        const file = path.join(path.dirname(page), link);
        assert.ok(existsSync(path.join(extension, file)), `${page} links to ${link}`);
        if (file.endsWith('.md') && !pages.includes(file)) pages.push(file);
      }
    }
    assert.ok(pages.length > 3);
  });

  it('leaves out sources, types and other platforms', () => {
    const files = readdirSync(path.join(extension, 'node_modules'), { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      files.filter((file) => /\.(map|[cm]?ts|bundle)$/.test(file)),
      [],
    );
    const binaries = readdirSync(path.join(extension, 'node_modules', '@node-llama-cpp'));
    const others = binaries.filter((name) => !name.includes(process.arch) || name.includes('cuda'));
    assert.deepEqual(others, []);
  });

  it('carries nothing that the library would build or download with', () => {
    const modules = path.join(extension, 'node_modules');
    for (const name of ['cmake-js', 'node-addon-api', 'yargs', 'validate-npm-package-name', 'axios', 'tar'])
      assert.ok(!existsSync(path.join(modules, name)), name);
    // The library imports these when it starts: what ships has their names and does nothing.
    for (const name of ['simple-git', 'ipull']) {
      assert.deepEqual(readdirSync(path.join(modules, name)).sort(), ['index.js', 'package.json']);
      assert.match(readFileSync(path.join(modules, name, 'index.js'), 'utf8'), /is left out/u);
    }
  });

  it('lists everything of others that ships, with its licence', () => {
    const notices = readFileSync(path.join(extension, 'THIRD_PARTY_NOTICES.md'), 'utf8');
    const listed = [...notices.matchAll(/^## (.+) \S+$/gmu)].map(([, name]) => name);
    const stubs = ['simple-git', 'ipull'];
    const shipped = packagesIn(path.join(extension, 'node_modules')).filter((name) => !stubs.includes(name));
    assert.ok(shipped.length > 20);
    // zod and lit are in the bundles.
    for (const name of [...shipped, 'zod', 'lit']) assert.ok(listed.includes(name), name);
    assert.deepEqual(notices.match(/^Licence: not stated$/gmu), null);
  });

  it('loads the model library without building or downloading anything', () => {
    // A file: the library starts a probe with the same Node options, and cannot with --eval among them.
    const script = path.join(extension, 'dist', 'load-library.mjs');
    writeFileSync(
      script,
      `import { getLlama } from 'node-llama-cpp';
      const llama = await getLlama({
        gpu: false, build: 'never', skipDownload: true, progressLogs: false, maxThreads: 2,
      });
      console.log(llama.buildType);
      await llama.dispose();`,
    );
    const result = runNode([script]);
    assert.equal(result.status, 0, result.stderr);
    assert.equal(result.stdout.trim(), 'prebuilt');
  });

  it('classifies a text from the command line', () => {
    const result = runNode([
      path.join(extension, 'dist', 'cli.mjs'),
      'classify',
      'I love this movie!',
      '--json',
    ]);
    assert.equal(result.status, 0, result.stderr);
    const { results } = JSON.parse(result.stdout) as { results: { label?: unknown; confidence?: unknown }[] };
    const [answer] = results;
    assert.equal(answer?.label, 'positive');
    assert.ok(typeof answer.confidence === 'number' && answer.confidence > 0.5);
  });

  it('classifies a text with a sequence classification model', () => {
    const [reference] = encoderReference('single-label').logits;
    assert.ok(reference);
    const result = runNode([
      ...[path.join(extension, 'dist', 'cli.mjs'), 'classify', reference.text],
      ...['--model', encoderFolder('single-label'), '--json'],
    ]);
    assert.equal(result.status, 0, result.stderr);
    const { results } = JSON.parse(result.stdout) as {
      results: { labels: { output: { logit: number } }[] }[];
    };
    const logits = results[0]?.labels.map(({ output }) => output.logit) ?? [];
    assert.equal(logits.length, 12);
    logits.forEach((logit, k) => assert.ok(Math.abs(logit - (reference.logits[k] ?? NaN)) < 1e-4));
  });

  /** Elsewhere than the checkout, and without its modules. */
  function runNode(args: readonly string[]): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, args, { cwd: folder(), encoding: 'utf8', timeout: 180_000 });
  }
});

function packageName(): string {
  const { name, version } = readManifest(ROOT);
  return `${name}-${process.platform}-${process.arch}-${version}.vsix`;
}

interface Manifest {
  name: string;
  version: string;
  main: string;
  bin: Record<string, string>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** The names of all packages in a node_modules folder, nested ones included. */
function packagesIn(modules: string): string[] {
  const manifests = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?:^|node_modules\/)(?:@[^/]+\/)?[^/@]+\/package\.json$/u.test(file.replaceAll('\\', '/')),
  );
  const names = manifests.map(
    (file) => (JSON.parse(readFileSync(path.join(modules, file), 'utf8')) as { name: string }).name,
  );
  return [...new Set(names)];
}
